"""The ledger's own kinds as facts, so that clients compose, show and sign them like any other; their rules stand in ledger/."""

from dataclasses import dataclass

from contracts.facts import Role, fact, public, subject
from contracts.fields import Digest, HolderId, Json, Line, Multikey, OrganisationId, RoleName, StatementHash, Subject


@fact("log.founded", about=None, by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class LogFounded:
    """A log begins: its founder, its keys, who may say what, and the network's settings."""

    log: Subject = subject()
    holder: HolderId = public()
    roles: tuple[RoleName, ...] = public()
    possession: Line = public()
    log_key: Line = public()
    receipt_key: Line = public()
    rights: Json = public()
    own_roles: tuple[RoleName, ...] = public()
    validity: Json = public()
    recovery_wait: int = public()
    settings: Json = public()


@fact("log.heartbeat", about=None, by=(Role.SERVICE,))
@dataclass(frozen=True, slots=True)
class LogHeartbeat:
    """The log is alive, though nobody may have had anything to say today."""

    log: Subject = subject()


@fact("log.sealed", about=None, by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class LogSealed:
    """The log ends here; a successor, if any, takes new statements."""

    log: Subject = subject()
    reason: Line = public()
    successor: Line | None = public()


@fact("clock.corrected", about=None, by=(Role.FACILITATOR, Role.SERVICE))
@dataclass(frozen=True, slots=True)
class ClockCorrected:
    """The log's clock was wrong and has been set."""

    log: Subject = subject()
    reason: Line = public()
    before: Line = public()
    after: Line = public()


@fact("rules.adopted", about=None, by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class RulesAdopted:
    """From here on statements are accepted by this version of the rules, and roles have these rights."""

    log: Subject = subject()
    version: Line = public()
    hash: Digest = public()
    rights: Json | None = public()


@fact("key.enrolled", about="key", by=(Role.SIGNATORY, Role.FACILITATOR))
@dataclass(frozen=True, slots=True)
class KeyEnrolled:
    """A key may sign for an organisation, in these roles and within these limits."""

    subject: Multikey = subject()
    organisation: OrganisationId = public()
    key: Multikey = public()
    holder: HolderId = public()
    roles: tuple[RoleName, ...] = public()
    limits: Json = public()
    not_after: Line | None = public()
    possession: Line = public()


@fact("key.rotated", about="key", by=tuple(Role))
@dataclass(frozen=True, slots=True)
class KeyRotated:
    """A new key takes the place of an old one, with its holder, roles and limits."""

    subject: Multikey = subject()
    old: Multikey = public()
    new: Multikey = public()
    possession: Line = public()


@fact("key.revoked", about="key", by=tuple(Role))
@dataclass(frozen=True, slots=True)
class KeyRevoked:
    """A key signs no more; what it signed since the named entry is questioned."""

    subject: Multikey = subject()
    key: Multikey = public()
    reason: Line = public()
    compromised_since: int | None = public()


@fact("role.granted", about="organisation", by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class RoleGranted:
    """An organisation may enrol keys with a role that the network gives."""

    subject: OrganisationId = subject()
    organisation: OrganisationId = public()
    role: RoleName = public()


@fact("role.withdrawn", about="organisation", by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class RoleWithdrawn:
    """An organisation's keys lose a role that the network gave."""

    subject: OrganisationId = subject()
    organisation: OrganisationId = public()
    role: RoleName = public()


@fact("contents.erased", about="statement", by=tuple(Role))
@dataclass(frozen=True, slots=True)
class ContentsErased:
    """Values and salts of contents are dropped for good; every proof keeps holding."""

    subject: StatementHash = subject()
    statement: StatementHash = public()
    fields: tuple[int, ...] = public()
    reason: Line = public()
