"""The ledger's own kinds as facts, so that clients compose, show and sign them like any other; their rules stand in ledger/."""

from dataclasses import dataclass

from contracts.facts import Role, fact
from contracts.fields import About, Digest, HolderId, Json, Line, Multikey, OrganisationId, Public, RoleName, StatementHash, Subject, Text


@fact("log.founded", about=None, by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class LogFounded:
    """A log begins: its founder, its keys, who may say what, and the network's settings."""

    log: About[Subject]
    holder: Public[HolderId]
    roles: Public[tuple[RoleName, ...]]
    possession: Public[Line]
    log_key: Public[Line]
    receipt_key: Public[Line]
    rights: Public[Json]
    own_roles: Public[tuple[RoleName, ...]]
    validity: Public[Json]
    recovery_wait: Public[int]
    settings: Public[Json]


@fact("log.heartbeat", about=None, by=(Role.SERVICE,))
@dataclass(frozen=True, slots=True)
class LogHeartbeat:
    """The log is alive, though nobody may have had anything to say today."""

    log: About[Subject]


@fact("log.sealed", about=None, by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class LogSealed:
    """The log ends here; a successor, if any, takes new statements."""

    log: About[Subject]
    reason: Public[Line]
    successor: Public[Line | None]


@fact("log.key_rotated", about=None, by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class LogKeyRotated:
    """Checkpoints are signed by another key from here on: the old and the new one say so in a note that both sign."""

    log: About[Subject]
    note: Public[Text]


@fact("clock.corrected", about=None, by=(Role.FACILITATOR, Role.SERVICE))
@dataclass(frozen=True, slots=True)
class ClockCorrected:
    """The log's clock was wrong and has been set."""

    log: About[Subject]
    reason: Public[Line]
    before: Public[Line]
    after: Public[Line]


@fact("rules.adopted", about=None, by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class RulesAdopted:
    """From here on statements are accepted by this version of the rules, and roles have these rights."""

    log: About[Subject]
    version: Public[Line]
    hash: Public[Digest]
    rights: Public[Json | None]


@fact("key.enrolled", about="key", by=(Role.SIGNATORY, Role.FACILITATOR))
@dataclass(frozen=True, slots=True)
class KeyEnrolled:
    """A key may sign for an organisation, in these roles and within these limits."""

    subject: About[Multikey]
    organisation: Public[OrganisationId]
    key: Public[Multikey]
    holder: Public[HolderId]
    roles: Public[tuple[RoleName, ...]]
    limits: Public[Json]
    not_after: Public[Line | None]
    possession: Public[Line]


@fact("key.rotated", about="key", by=tuple(Role))
@dataclass(frozen=True, slots=True)
class KeyRotated:
    """A new key takes the place of an old one, with its holder, roles and limits."""

    subject: About[Multikey]
    old: Public[Multikey]
    new: Public[Multikey]
    possession: Public[Line]


@fact("key.revoked", about="key", by=tuple(Role))
@dataclass(frozen=True, slots=True)
class KeyRevoked:
    """A key signs no more; what it signed since the named entry is questioned."""

    subject: About[Multikey]
    key: Public[Multikey]
    reason: Public[Line]
    compromised_since: Public[int | None]


@fact("role.granted", about="organisation", by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class RoleGranted:
    """An organisation may enrol keys with a role that the network gives."""

    subject: About[OrganisationId]
    organisation: Public[OrganisationId]
    role: Public[RoleName]


@fact("role.withdrawn", about="organisation", by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class RoleWithdrawn:
    """An organisation's keys lose a role that the network gave."""

    subject: About[OrganisationId]
    organisation: Public[OrganisationId]
    role: Public[RoleName]


@fact("contents.erased", about="statement", by=tuple(Role))
@dataclass(frozen=True, slots=True)
class ContentsErased:
    """Values and salts of contents are dropped for good; every proof keeps holding."""

    subject: About[StatementHash]
    statement: Public[StatementHash]
    fields: Public[tuple[int, ...]]
    reason: Public[Line]
