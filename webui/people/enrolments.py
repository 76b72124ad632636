"""Enrolments that wait: a new key asks to be on the log, and whoever must sign for it finds it among the tasks.

Who signs is the log's rule (ledger/own_kinds.py): the facilitator for the first key of an organisation, a signatory of the organisation for
further ones. Whether it was done is read from the log, never kept here: a row says only that somebody asked, or that it was declined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from contracts.errors import Conflict, Finding, Forbidden, NotFound, raise_findings
from contracts.facts import Role
from contracts.own_facts import KeyEnrolled
from contracts.parties.reading import may_read
from ledger.authority import Authority, KeyRecord, possession_message
from ledger.canonical import JSON
from ledger.errors import EvidenceError
from ledger.key_limits import narrow_limits
from ledger.keys import decode_multikey, verify_signature
from ledger.own_kinds import hands_on_limits
from ledger.statement import check_signature_hex
from webui.people.addresses import check_line
from webui.people.joining import JoiningState, list_joinings
from webui.people.persons import Person, find_person, list_memberships
from webui.people.tables import enrolment_requests
from webui.runtime import Runtime

MOST_WAITING = 10  #: requests of one person that wait
WAITING, ENROLLED, DECLINED = "waiting", "enrolled", "declined"


@dataclass(frozen=True, slots=True)
class Standing:
    """For whom a person may ask a key in a network: as a member, or on the way to be one."""

    network: str  #: short name
    log_id: int
    log: str  #: name of the log
    organisation: str
    holder: str  #: the person's pseudonym on that log
    person: int
    admitted: bool  #: the organisation is a member of the network
    roles: tuple[str, ...]  #: that its keys may have
    wished: tuple[str, ...]  #: that the person was invited for


@dataclass(frozen=True, slots=True)
class Request:
    """A key that asks to be enrolled."""

    id: int
    log_id: int
    organisation: str
    person: int
    name: str  #: of the person, or its address where it is gone
    email: str
    holder: str
    key: str  #: Multikey text
    roles: tuple[str, ...]
    possession: str  #: 128 hex digits
    created_at: str  #: instant
    state: str  #: waiting, enrolled or declined
    reason: str | None  #: why it was declined
    first: bool  #: of its organisation: the facilitator signs


def find_standing(runtime: Runtime, person: Person, network: str) -> Standing:
    """Find for whom a person may ask a key; raises NotFound, as for a network that does not exist."""
    log = runtime.log(network)
    with runtime.reading() as connection:
        own = next((one for one in list_memberships(connection, person.id) if one.log_id == log.log_id), None)
        coming = next((one for one in list_joinings(connection, person.id) if one.log_id == log.log_id), None)
        if own is not None:
            organisation, holder = own.organisation, own.holder
        elif coming is not None and coming.state in (JoiningState.PROPOSED, JoiningState.DECLINED):
            organisation, holder = coming.organisation, coming.holder
        else:
            raise NotFound("there is no such network here")
        admitted = may_read(connection, log.log_id, organisation)
    allowed = log.read_authority().allowed_roles(organisation)
    if coming is not None and not admitted:
        allowed |= frozenset(map(str, coming.details.get("roles", [])))  # granted together with the admission
    wished = coming.roles if coming is not None and coming.organisation == organisation else ()
    roles = tuple(role.value for role in Role if role.value in allowed - {Role.SERVICE.value})
    return Standing(network, log.log_id, log.name, organisation, holder, person.id, admitted, roles, wished)


def request_enrolment(runtime: Runtime, standing: Standing, *, key: str, roles: Sequence[str], possession: str) -> int:
    """Ask that a key be enrolled; gives the request's number, the same one if it waits already. Raises Invalid or Conflict.

    Args:
        runtime: of the service.
        standing: for whom.
        key: Multikey text.
        roles: that the key is to have.
        possession: the key's own signature over log, organisation, key, holder and roles; 128 hex digits.
    """
    raise_findings(judge_request(runtime.log(standing.network).read_authority(), standing, key, roles, possession), "the key is at fault")
    values = {
        "organisation": standing.organisation,
        "person": standing.person,
        "holder": standing.holder,
        "roles": sorted(roles),
        "possession": possession,
        "created_at": runtime.now_text(),
        "closed_at": None,
        "reason": None,
    }
    with runtime.writing() as connection:
        columns = enrolment_requests.c
        known = connection.execute(select(columns.id).where(columns.log_id == standing.log_id, columns.key == key)).scalar()
        if known is not None:  # asked for anew, maybe after it was declined; the proof shows that the same holder asks
            connection.execute(update(enrolment_requests).where(columns.id == known).values(**values))
            return int(known)
        open_ones = columns.person == standing.person, columns.log_id == standing.log_id, columns.closed_at.is_(None)
        waiting = connection.execute(select(columns.key).where(*open_ones)).scalars().all()
        if len(set(waiting) - set(runtime.log(standing.network).read_authority().keys)) >= MOST_WAITING:
            raise Conflict(f"{MOST_WAITING} keys of yours wait to be enrolled: withdraw some first")
        made = connection.execute(insert(enrolment_requests).values(log_id=standing.log_id, key=key, **values)).inserted_primary_key
    return int(made[0]) if made is not None else 0


def judge_request(authority: Authority, standing: Standing, key: str, roles: Sequence[str], possession: str) -> list[Finding]:
    """Judge a request by the log's rules for enrolments, so that nobody is asked to sign what the log would refuse."""
    findings = []
    surplus = sorted(set(roles) - set(standing.roles))
    if surplus or not roles or len(set(roles)) != len(roles):
        findings.append(Finding("roles", "not-held", f"choose among {', '.join(standing.roles)}"))
    if key in authority.keys:
        findings.append(Finding("key", "enrolled", "this key is on the log already: make a new one"))
    try:
        message = possession_message(standing.log, standing.organisation, key, standing.holder, list(roles))
        holds = verify_signature(decode_multikey(key), check_signature_hex(possession), message)
    except EvidenceError as error:
        return [*findings, Finding("key", "malformed", str(error))]
    if not holds:
        findings.append(
            Finding("possession", "bad-proof", "the key's own signature over log, organisation, key, holder and roles is wanted")
        )
    return findings


def list_own_requests(runtime: Runtime, standing: Standing) -> list[Request]:
    """List what a person asked for in a network, the newest first."""
    authority = runtime.log(standing.network).read_authority()
    columns = enrolment_requests.c
    mine = (columns.log_id == standing.log_id, columns.person == standing.person, columns.organisation == standing.organisation)
    with runtime.reading() as connection:
        rows = connection.execute(select(enrolment_requests).where(*mine).order_by(columns.id.desc())).all()
        return [_read(connection, authority, row) for row in rows]


def list_waiting_requests(runtime: Runtime, network: str, organisation: str, roles: frozenset[str]) -> list[Request]:
    """List the keys that somebody of an organisation, with some roles, is to enrol: just those for which the log takes that signature."""
    log = runtime.log(network)
    authority, columns = log.read_authority(), enrolment_requests.c
    query = select(enrolment_requests).where(columns.log_id == log.log_id, columns.closed_at.is_(None)).order_by(columns.id)
    if Role.FACILITATOR.value not in roles:
        query = query.where(columns.organisation == organisation)
    with runtime.reading() as connection:
        found = [_read(connection, authority, row) for row in connection.execute(query).all() if row.key not in authority.keys]
        return [one for one in found if may_enrol(one, organisation, roles) and may_read(connection, log.log_id, one.organisation)]


def find_request(runtime: Runtime, network: str, organisation: str, roles: frozenset[str], request: int) -> Request:
    """Find one that waits for this reader's signature; raises NotFound."""
    found = next((one for one in list_waiting_requests(runtime, network, organisation, roles) if one.id == request), None)
    if found is None:
        raise NotFound("no such key waits for your signature; it may have been enrolled meanwhile")
    return found


def may_enrol(request: Request, organisation: str, roles: frozenset[str]) -> bool:
    """Tell whether the log takes an enrolment from somebody: see _check_enroller in ledger/own_kinds.py."""
    facilitates = Role.FACILITATOR.value in roles
    if request.organisation == organisation:
        return facilitates or Role.SIGNATORY.value in roles
    return facilitates and request.first


def list_limits(authority: Authority, request: Request, keys: Sequence[KeyRecord]) -> dict[str, JSON]:
    """Give the limits that the new key gets: the widest that each key with which somebody may sign for it could hand on."""
    binding = [key.limits for key in keys if hands_on_limits(authority, key, request.organisation)]
    return narrow_limits(binding, request.roles)


def draft_enrolment(request: Request, limits: Mapping[str, JSON] | None = None) -> KeyEnrolled:
    """Draft what is to be signed; limits: of the new key, as list_limits has them, none if left out."""
    return KeyEnrolled(
        subject=request.key,
        organisation=request.organisation,
        key=request.key,
        holder=request.holder,
        roles=request.roles,
        limits=limits or {},
        not_after=None,
        possession=request.possession,
    )


def decline_request(
    runtime: Runtime, network: str, organisation: str, roles: frozenset[str], request: int, reason: str
) -> None:  # fmt: skip
    """Decline to sign; whoever asked reads why. Raises Invalid or NotFound."""
    words = check_line(reason, "reason", 500)
    found = find_request(runtime, network, organisation, roles, request)
    with runtime.writing() as connection:
        _close(connection, runtime, found.id, words)


def withdraw_request(runtime: Runtime, standing: Standing, request: int) -> None:
    """Take back what one asked for; raises NotFound or Forbidden."""
    with runtime.writing() as connection:
        row = connection.execute(select(enrolment_requests).where(enrolment_requests.c.id == request)).first()
        if row is None or row.log_id != standing.log_id:
            raise NotFound("there is no such request")
        if row.person != standing.person:
            raise Forbidden("a request is withdrawn by whoever made it")
        _close(connection, runtime, request, "withdrawn")


def _close(connection: Connection, runtime: Runtime, request: int, reason: str) -> None:
    query = update(enrolment_requests).where(enrolment_requests.c.id == request, enrolment_requests.c.closed_at.is_(None))
    connection.execute(query.values(closed_at=runtime.now_text(), reason=reason))


def _read(connection: Connection, authority: Authority, row: Row[Any]) -> Request:
    state = ENROLLED if row.key in authority.keys else DECLINED if row.closed_at is not None else WAITING
    person = find_person(connection, row.person)
    return Request(
        row.id,
        row.log_id,
        row.organisation,
        row.person,
        person.name if person else "",
        person.email if person else "",
        row.holder,
        row.key,
        tuple(row.roles),
        row.possession,
        row.created_at,
        state,
        row.reason,
        first=authority.count_keys(row.organisation) == 0,
    )
