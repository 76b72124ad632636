"""Rules of membership, grants and reading: who belongs to the network, and who may read what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.errors import Finding
from contracts.money import CURRENCY_EXPONENTS
from contracts.parties.facts import GrantGiven, GrantScope, OrganisationAdmitted, OrganisationKind
from ledger.canonical import JSON

ALLOCATION_RULES = ("equal", "proportional", "shapley", "nucleolus")
PREDECESSOR = "predecessor"  #: the sealed log that this one goes on from; its form is the ledger's business
SETTINGS = ("name", "currency", "time_zone", "allocation_rule")  #: of a network, all wanted at its founding
MEMBERS = "members"  #: readers: every active member
BOARD = "board"  #: readers: every organisation that holds the board role


class MemberState(StrEnum):
    """Where an organisation stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


#: answers by which a member defends itself: while it is suspended, silence still counts against it
_DEFENCE = frozenset(
    {
        "agreement.declined",
        "delivery.received",
        "delivery.disputed",
        "delivery.resolved",
        "delivery.correction_proposed",
        "delivery.correction_approved",
    }
)
#: what members who are not active may still say: shut their keys, leave, finish what they owe, and defend themselves; nothing new
MAY_STILL_SAY: Mapping[MemberState, frozenset[str]] = {
    MemberState.SUSPENDED: frozenset({"key.revoked", "key.rotated", "organisation.left", "contents.erased"}) | _DEFENCE,
    MemberState.LEFT: frozenset({"key.revoked", "contents.erased", "payment.confirmed"}),
}


@dataclass(frozen=True, slots=True)
class Network:
    """One symbiosis network, as its log's founding says."""

    log_id: int
    log: str  #: name of the log
    operator: str  #: organisation that founded it
    name: str
    currency: str  #: ISO 4217; all money is whole minor units of it
    time_zone: str  #: IANA name; periods and days are counted in it
    allocation_rule: str  #: unless the rulebook says otherwise
    founded_at: str  #: instant

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which days and periods are counted."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A member of the network; what was erased is None."""

    organisation: str
    name: str | None
    legal_id: str | None
    country: str | None
    kind: str | None
    sites: Sequence[Mapping[str, str]]  #: site, name, place
    state: MemberState
    admitted_entry: int  #: index of the admission that counts
    entry: int  #: index that changed it last


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the log, as folded; authority itself is read from the log."""

    key: str  #: Multikey text
    organisation: str
    holder: str
    roles: tuple[str, ...]
    limits: Mapping[str, JSON]
    not_after: str | None  #: instant
    enrolled_entry: int
    revoked_entry: int | None
    compromised_since: int | None  #: index


@dataclass(frozen=True, slots=True)
class Grant:
    """A right to read what others keep to themselves."""

    grant: str
    organisation: str  #: who may read
    scope: GrantScope
    agreement: str | None
    sealed: bool
    valid_until: date  #: last day, in the network's time zone
    given_entry: int
    withdrawn_entry: int | None

    def holds_on(self, day: date) -> bool:
        """Tell whether it may be used on a day."""
        return self.withdrawn_entry is None and day <= self.valid_until

    def covers(self, agreements: Iterable[str]) -> bool:
        """Tell whether it opens an entry that belongs to these agreements."""
        return self.scope is GrantScope.NETWORK or self.agreement in set(agreements)


@dataclass(frozen=True, slots=True)
class Viewer:
    """The organisation that wants to read, today."""

    organisation: str
    active: bool  #: a member whose state is active
    board: bool  #: holds the board role
    auditor: bool  #: holds the auditor role
    grants: tuple[Grant, ...]
    today: date  #: in the network's time zone


@dataclass(frozen=True, slots=True)
class Reading:
    """May contents be read, and by which right."""

    allowed: bool
    grant: str | None = None  #: used because nothing else opened it: the reading is to be recorded


def judge_settings(settings: Mapping[str, JSON]) -> list[Finding]:
    """Judge the settings of a founding."""
    at = "statement.public.settings"
    findings = [Finding(f"{at}.{name}", "missing", f"the network's {name} is missing") for name in SETTINGS if name not in settings]
    known = {*SETTINGS, PREDECESSOR}
    findings += [Finding(f"{at}.{name}", "unknown-setting", "is not a setting") for name in settings if name not in known]
    name, zone = settings.get("name", "-"), settings.get("time_zone", "UTC")
    if not isinstance(name, str) or not name.strip():
        findings.append(Finding(f"{at}.name", "malformed", "the network's name is wanted"))
    if not _is_one_of(settings.get("currency", "EUR"), CURRENCY_EXPONENTS):
        findings.append(Finding(f"{at}.currency", "unknown-currency", "a listed ISO 4217 code such as EUR is wanted"))
    if not _is_zone(zone):
        findings.append(Finding(f"{at}.time_zone", "unknown-time-zone", "an IANA time zone such as Europe/Copenhagen is wanted"))
    if not _is_one_of(settings.get("allocation_rule", "shapley"), ALLOCATION_RULES):
        findings.append(Finding(f"{at}.allocation_rule", "unknown-rule", f"one of {', '.join(ALLOCATION_RULES)} is wanted"))
    return findings


def _is_one_of(value: JSON, known: Collection[str]) -> bool:
    return isinstance(value, str) and value in known


def _is_zone(name: JSON) -> bool:
    if not isinstance(name, str):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def judge_author(kind: str, author: str, state: MemberState | None, operator: str) -> list[Finding]:
    """Judge whether an author may speak: an active member, or the operator, who was there before any admission."""
    if state is MemberState.ACTIVE or (state is None and author == operator):
        return []
    if state is None:
        return [Finding("statement.author", "not-a-member", f"{author} is not a member: the facilitator admits it first")]
    if kind in MAY_STILL_SAY[state]:
        return []
    words = "is suspended" if state is MemberState.SUSPENDED else "has left the network"
    return [Finding("statement.author", f"member-{state.value}", f"{author} {words} and may not say this")]


def judge_subject(organisation: str, found: Organisation | None, operator: str) -> list[Finding]:
    """Judge whom a key is enrolled, or a role granted, for: a member that has not left, or the operator."""
    if (found is None and organisation == operator) or (found is not None and found.state is not MemberState.LEFT):
        return []
    return [Finding("statement.public.organisation", "not-a-member", f"{organisation} is not a member: the facilitator admits it first")]


def judge_admission(fact: OrganisationAdmitted, found: Organisation | None, namesakes: Sequence[str], operator: str) -> list[Finding]:
    """Judge an admission; `namesakes` are the other members with the same legal id."""
    findings = []
    if found is not None and found.state is not MemberState.LEFT:
        findings.append(Finding("organisation", "already-member", f"{fact.organisation} is a member already"))
    if namesakes:
        message = f"{namesakes[0]} has this number in the register: one legal person is one member"
        findings.append(Finding("legal_id", "legal-id-taken", message))
    if (fact.kind is OrganisationKind.OPERATOR) != (fact.organisation == operator):
        findings.append(Finding("kind", "not-the-operator", f"{operator} founded the log: it, and nobody else, is the operator"))
    seen: set[str] = set()
    for number, site in enumerate(fact.sites):
        if site.site in seen:
            findings.append(Finding(f"sites.{number}.site", "duplicate", f"{site.site} stands twice"))
        seen.add(site.site)
    return findings


def judge_step(organisation: str, found: Organisation | None, wanted: Sequence[MemberState], operator: str) -> list[Finding]:
    """Judge a change of a member's state: known, not the operator, and in a state from which the step leads on."""
    if found is None:
        return [Finding("organisation", "unknown-organisation", f"{organisation} is not known in this network")]
    findings = []
    if organisation == operator:
        findings.append(Finding("organisation", "is-operator", "a network without its operator could admit nobody"))
    if found.state not in wanted:
        words = " or ".join(state.value for state in wanted)
        findings.append(Finding("organisation", "wrong-state", f"{organisation} is {found.state.value}: only who is {words} can be"))
    return findings


def judge_leaving(organisation: str, author: str, author_roles: frozenset[str]) -> list[Finding]:
    """Judge who declares that a member left: itself or the facilitator."""
    if author == organisation or "facilitator" in author_roles:
        return []
    return [Finding("statement.author", "other-organisation", f"{organisation} leaves by its own word or the facilitator's")]


def judge_grant(
    fact: GrantGiven, found: Grant | None, reader: Organisation | None, reader_roles: frozenset[str], today: date, *, known_agreement: bool
) -> list[Finding]:
    """Judge a grant: new, to an active member, for a known agreement; sealed inputs only to an auditor."""
    findings = []
    if found is not None:
        findings.append(Finding("grant", "already-given", f"{fact.grant} was given by entry {found.given_entry}"))
    if reader is None or reader.state is not MemberState.ACTIVE:
        findings.append(Finding("organisation", "not-a-member", f"{fact.organisation} is not an active member"))
    if (fact.scope is GrantScope.AGREEMENT) != (fact.agreement is not None):
        findings.append(Finding("agreement", "scope", "an agreement is named when, and only when, the scope is one agreement"))
    elif fact.agreement is not None and not known_agreement:
        findings.append(Finding("agreement", "unknown-agreement", f"the log has no agreement {fact.agreement}"))
    if fact.sealed and "auditor" not in reader_roles:
        message = f"sealed inputs are for their owner and auditors: {fact.organisation} does not hold the auditor role"
        findings.append(Finding("sealed", "not-an-auditor", message))
    if fact.valid_until < today:
        findings.append(Finding("valid_until", "past", f"{fact.valid_until} is past: a day from {today} on is wanted"))
    return findings


def judge_withdrawal(grant: str, found: Grant | None) -> list[Finding]:
    """Judge the end of a grant."""
    if found is None:
        return [Finding("grant", "unknown-grant", f"the log has no grant {grant}")]
    if found.withdrawn_entry is not None:
        return [Finding("grant", "already-withdrawn", f"{grant} was withdrawn by entry {found.withdrawn_entry}")]
    return []


def may_read_contents(viewer: Viewer, author: str, readers: frozenset[str], agreements: Sequence[str], *, sealed: bool) -> Reading:
    """Decide whether a viewer reads an entry's contents.

    Args:
        viewer: who asks.
        author: of the entry.
        readers: organisations that the entry is open to, MEMBERS and BOARD included.
        agreements: the agreements that the entry belongs to.
        sealed: only the author, and auditors with a grant that says so, read it.
    """
    if viewer.organisation == author:
        return Reading(allowed=True)
    if not sealed:
        groups = ({MEMBERS} if viewer.active else set()) | ({BOARD} if viewer.active and viewer.board else set())
        if readers & (groups | {viewer.organisation}):
            return Reading(allowed=True)
    for grant in viewer.grants:
        opens = grant.holds_on(viewer.today) and grant.covers(agreements)
        if viewer.active and opens and (not sealed or (grant.sealed and viewer.auditor)):
            return Reading(allowed=True, grant=grant.grant)
    return Reading(allowed=False)
