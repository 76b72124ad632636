"""Authority is read from the log: which key may sign which kind, folded from the ledger's own kinds in the order of the log.

Writer and verifier share this one state machine, so that who could sign what, at which index, is checked offline and needs no domain.
Statements are examined and folded by ledger/own_kinds.py; FORMAT.md has them in words, section "Keys".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ledger.canonical import JSON, encode_canonical
from ledger.errors import Finding
from ledger.instant import count_seconds
from ledger.keys import Sign
from ledger.statement import Statement

POSSESSION_PREFIX = b"symbiosis-ledger/possession/v1\n"
MAX_VALIDITY = 30 * 86_400  #: seconds from issued_at to expires_at, unless the founding names less for a kind
MAX_AHEAD = 300  #: seconds that an author's clock may run before the log's


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What the log says of one key."""

    key: str  #: Multikey text
    organisation: str
    holder: str  #: random pseudonym of the person
    roles: frozenset[str]
    limits: Mapping[str, JSON]  #: by role, such as {"signatory": {"amount": 25000000}} in minor units
    enrolled_at: int  #: index
    not_after: str | None = None  #: instant, judged by received_at
    revoked_at: int | None = None  #: index; acts on every later entry
    compromised_since: int | None = None  #: index from which entries of this key are questioned; undoes nothing


@dataclass(slots=True)
class Authority:
    """The folded state: keys, roles of organisations, rights of roles; begins empty, before entry 0."""

    log: str = ""
    operator: str = ""  #: organisation that founded the log
    log_keys: tuple[tuple[int, str], ...] = ()  #: (index of the entry that brought it, verifier key of checkpoints), oldest first
    receipt_key: str = ""  #: verifier key of acknowledgements and refusals
    keys: dict[str, KeyRecord] = field(default_factory=dict)
    roles: dict[str, frozenset[str]] = field(default_factory=dict)  #: roles that the network gave, by organisation
    rights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: kinds that a role may say, "agreement.*" for all of a family
    own_roles: frozenset[str] = frozenset()  #: roles that an organisation gives its own keys
    validity: Mapping[str, int] = field(default_factory=dict)  #: seconds by kind
    recovery_wait: int = 0  #: seconds between a resolution and the recovery that it allows
    resolutions: dict[str, tuple[str, str]] = field(default_factory=dict)  #: statement hash → (about, received_at)
    sealed: bool = False

    def copy(self) -> "Authority":
        """Copy, so that a batch that fails leaves the state as it was."""
        return replace(self, keys=dict(self.keys), roles=dict(self.roles), resolutions=dict(self.resolutions))

    def log_key_at(self, size: int) -> str:
        """Give the verifier key that signs a checkpoint of this size: the newest one brought by the entries that it covers."""
        return next((text for index, text in reversed(self.log_keys) if index < size), self.log_keys[0][1] if self.log_keys else "")

    def count_keys(self, organisation: str) -> int:
        """Count the keys ever enrolled for an organisation."""
        return sum(1 for record in self.keys.values() if record.organisation == organisation)

    def allowed_roles(self, organisation: str) -> frozenset[str]:
        """Give the roles that keys of an organisation may carry now."""
        return self.own_roles | self.roles.get(organisation, frozenset())

    def examine_header(self, statement: Statement, received_at: str) -> list[Finding]:
        """Judge log, times and sealing."""
        findings = []
        if statement.log != self.log:
            findings.append(Finding("statement.log", "other-log", f"this is the log {self.log}: sign the statement for it"))
        if self.sealed:
            findings.append(Finding("statement.log", "log-sealed", "the log is sealed: its successor takes new statements"))
        allowed = self.validity.get(statement.kind, self.validity.get("*", MAX_VALIDITY))
        if statement.expires_at < received_at:
            findings.append(Finding("statement.expires_at", "expired", "its time has ended: sign it anew"))
        if count_seconds(statement.expires_at) - count_seconds(statement.issued_at) > allowed:
            message = f"at most {allowed} seconds after issued_at are allowed for this kind"
            findings.append(Finding("statement.expires_at", "too-long", message))
        if statement.issued_at > received_at and count_seconds(statement.issued_at) - count_seconds(received_at) > MAX_AHEAD:
            findings.append(Finding("statement.issued_at", "future", "it lies in the future: set the clock and sign anew"))
        return findings

    def examine_key(self, statement: Statement, received_at: str) -> list[Finding]:
        """Judge whether the key may say this kind for this author now."""
        record = self.keys.get(statement.key)
        if record is None:
            return [Finding("statement.key", "unknown-key", "this key is not enrolled on the log: enrol it first")]
        if record.organisation != statement.author:
            return [Finding("statement.author", "other-author", f"this key speaks for {record.organisation} only")]
        if record.revoked_at is not None:
            return [Finding("statement.key", "revoked-key", f"this key was revoked by entry {record.revoked_at}: sign with another")]
        if record.not_after is not None and record.not_after < received_at:
            return [Finding("statement.key", "expired-key", f"this key was valid until {record.not_after}: sign with another")]
        if not self.may_say(record, statement.kind):
            roles = ", ".join(sorted(record.roles)) or "none"
            wanted = ", ".join(sorted(role for role, kinds in self.rights.items() if covers_kind(kinds, statement.kind))) or "no role"
            message = f"a key with the roles {roles} may not say this: a key with {wanted} may"
            return [Finding("statement.kind", "wrong-role", message)]
        return []

    def may_say(self, record: KeyRecord, kind: str) -> bool:
        """Tell whether a key's roles, as far as its organisation still holds them, cover a kind."""
        family = f"{kind.partition('.')[0]}.*"
        given = self.roles.get(record.organisation, ())
        for role in record.roles:  # effective_roles, without two sets for each statement
            if role in self.own_roles or role in given:
                kinds = self.rights.get(role, ())
                if kind in kinds or family in kinds:
                    return True
        return False

    def effective_roles(self, record: KeyRecord) -> frozenset[str]:
        """Give the roles of a key as far as its organisation still holds them."""
        return record.roles & self.allowed_roles(record.organisation)


def possession_message(log: str, organisation: str, key: str, holder: str, roles: list[str]) -> bytes:
    """Give the bytes that a new key signs to prove that its holder has it; roles sorted."""
    proof: dict[str, JSON] = {"log": log, "organisation": organisation, "key": key, "holder": holder, "roles": sorted(roles)}
    return POSSESSION_PREFIX + encode_canonical(proof)


def prove_possession(log: str, organisation: str, key: str, holder: str, roles: list[str], sign: Sign) -> str:
    """Sign the proof of possession of a new key; 128 hex digits."""
    return sign(possession_message(log, organisation, key, holder, roles)).hex()


def covers_kind(kinds: tuple[str, ...], kind: str) -> bool:
    """Tell whether kinds, or families such as agreement.*, cover a kind."""
    return kind in kinds or f"{kind.partition('.')[0]}.*" in kinds
