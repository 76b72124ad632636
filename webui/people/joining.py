"""Joining: from a used invitation to a member who signs. Account, second factor, organisation, key, first statement, one after another.

For a member's organisation the membership is made as soon as the second factor stands; for a new one when `organisation.admitted` is on the
log, because until then nobody outside may read the network. The key may be made, and its enrolment asked for, before that.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from contracts.clock import format_instant
from contracts.errors import Conflict, Finding, Invalid, NotFound, raise_findings
from contracts.facts import Role
from contracts.own_facts import RoleGranted
from contracts.parties.facts import OrganisationAdmitted, OrganisationKind, Site
from contracts.parties.reading import may_read
from webui.access import Member
from webui.people.addresses import check_line
from webui.people.factors import read_factors
from webui.people.invitations import Invitation, find_by_code, make_holder, make_organisation_id, read_invitation, use_invitation
from webui.people.letters import write_admitted
from webui.people.mail import queue_mail
from webui.people.persons import (
    Person,
    add_membership,
    add_person,
    check_length,
    find_by_email,
    find_person,
    hash_password,
    list_memberships,
    make_unknown_password,
)
from webui.people.policy import wants_second_factor
from webui.people.tables import joinings
from webui.runtime import Runtime


class JoiningState(StrEnum):
    """How far somebody has come."""

    SECURING = "securing"  #: the second factor is next
    DESCRIBING = "describing"  #: the organisation's details are next
    PROPOSED = "proposed"  #: the facilitator is to admit the organisation
    DECLINED = "declined"  #: the facilitator will not, as it is described
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What somebody says who accepts an invitation."""

    name: str
    password: str | None  #: None: a passkey follows
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Joining:
    """A person on the way into an organisation of a network."""

    person: int
    log_id: int
    invitation: int
    organisation: str
    holder: str
    is_new: bool  #: the organisation is no member yet
    roles: tuple[str, ...]  #: that the inviter had in mind for the person's key
    details: Mapping[str, Any]  #: of a new organisation
    state: JoiningState
    reason: str | None  #: why it was declined
    created_at: str  #: instant
    changed_at: str  #: instant


def accept_invitation(runtime: Runtime, code: str, acceptance: Acceptance, address: str) -> Person:
    """Make an account from an invitation; gives the person, to be logged in. Raises NotFound, Invalid, Conflict or TooMany."""
    name = _check_acceptance(acceptance)
    invitation = find_by_code(runtime, code, address)
    now, cost = runtime.clock.now(), runtime.settings.password_cost
    hashed = make_unknown_password(cost) if acceptance.password is None else hash_password(acceptance.password, cost)
    with runtime.writing() as connection:
        if find_by_email(connection, invitation.email) is not None:
            raise Conflict(f"{invitation.email} has an account already: log in, then open the invitation again")
        person = add_person(
            connection,
            email=invitation.email,
            name=name,
            password_hash=hashed,
            now=now,
            language=acceptance.language,
        )
        use_invitation(connection, invitation, person, now)
        begin_joining(connection, runtime, invitation, person)
        found = find_person(connection, person)
    if found is None:
        raise LookupError("a person that was just added is not there")
    return found


def _check_acceptance(acceptance: Acceptance) -> str:
    """Give the name in the spelling that is kept; raises Invalid with all that is wrong."""
    findings = [] if acceptance.password is None else check_length(acceptance.password)
    try:
        name = check_line(acceptance.name, "name")
    except Invalid as refusal:
        findings = [*refusal.findings, *findings]
    raise_findings(findings, "the account is at fault")
    return name


def accept_as(runtime: Runtime, code: str, person: Person, address: str) -> Joining:
    """Use an invitation with the account that one has; raises NotFound, Conflict or TooMany."""
    invitation = find_by_code(runtime, code, address)
    with runtime.writing() as connection:
        if invitation.email != person.email:
            raise Conflict("this invitation was sent to another address than the one that you log in with")
        if any(one.log_id == invitation.log_id for one in list_memberships(connection, person.id)):
            raise Conflict("you belong to an organisation of this network already")
        use_invitation(connection, invitation, person.id, runtime.clock.now())
        begin_joining(connection, runtime, invitation, person.id)
        return get_joining(connection, person.id, invitation.log_id)


def begin_joining(connection: Connection, runtime: Runtime, invitation: Invitation, person: int) -> None:
    """Put a person on the way, in place of an earlier way into the same network."""
    connection.execute(joinings.delete().where(joinings.c.person == person, joinings.c.log_id == invitation.log_id))
    is_new, now = invitation.organisation is None, runtime.now_text()
    values = {
        "person": person,
        "log_id": invitation.log_id,
        "invitation": invitation.id,
        "organisation": invitation.organisation or make_organisation_id(),
        "holder": make_holder(),
        "is_new": is_new,
        "roles": list(invitation.roles),
        "details": dict(invitation.proposal) if is_new else {},
        "state": JoiningState.SECURING.value,
        "created_at": now,
        "changed_at": now,
    }
    connection.execute(insert(joinings).values(**values))


def must_secure(runtime: Runtime, joining: Joining) -> bool:
    """Tell whether the roles that a person comes for want a second factor."""
    return wants_second_factor(runtime.settings.second_factor, joining.roles)


def pass_factor(runtime: Runtime, person: int, log_id: int) -> Joining:
    """Go on from the second factor, set up or left out where it may be; raises NotFound or Conflict."""
    with runtime.writing() as connection:
        joining = get_joining(connection, person, log_id)
        if joining.state is not JoiningState.SECURING:
            return joining
        if must_secure(runtime, joining) and not read_factors(connection, person).any:
            raise Conflict("the keys that you come for want a second factor: set one up first")
        if joining.is_new:
            return _change(connection, runtime, joining, state=JoiningState.DESCRIBING.value)
        if not may_read(connection, log_id, joining.organisation):
            raise Conflict("your organisation has left the network")
        add_membership(connection, person, log_id, joining.organisation, joining.holder)
        return _change(connection, runtime, joining, state=JoiningState.MEMBER.value)


def pass_ready(runtime: Runtime, person: int) -> None:
    """Let a person who has just set up a second factor go on wherever it was waited for."""
    with runtime.reading() as connection:
        waiting = [one for one in list_joinings(connection, person) if one.state is JoiningState.SECURING]
    for one in waiting:
        with suppress(Conflict):  # its organisation has left: said when the person looks
            pass_factor(runtime, person, one.log_id)


def propose_organisation(runtime: Runtime, person: int, log_id: int, details: Mapping[str, str]) -> Joining:
    """Propose a new organisation's details, again after a refusal too; raises Invalid with all findings, NotFound or Conflict.

    Args:
        runtime: of the service.
        person: who fills them in.
        log_id: of the network.
        details: name, legal_id, country (two letters), site (its name), place.
    """
    checked = check_details(details)
    with runtime.writing() as connection:
        joining = get_joining(connection, person, log_id)
        if joining.state not in (JoiningState.DESCRIBING, JoiningState.DECLINED, JoiningState.PROPOSED):
            raise Conflict("the organisation's details are not wanted now")
        merged = {**joining.details, **checked}
        return _change(connection, runtime, joining, state=JoiningState.PROPOSED.value, details=merged, reason=None)


def check_details(details: Mapping[str, str]) -> dict[str, str]:
    """Check what a person says of a new organisation; raises Invalid with all findings."""
    findings: list[Finding] = []
    checked: dict[str, str] = {}
    for field, most in (("name", 200), ("legal_id", 60), ("country", 2), ("site", 200), ("place", 200)):
        try:
            checked[field] = check_line(details.get(field, ""), field, most)
        except Invalid as refusal:
            findings += refusal.findings
    country = checked.get("country", "DK").upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):  # noqa: PLR2004 - ISO 3166-1 alpha-2
        findings.append(Finding("country", "malformed", "a country code of two letters such as DK is wanted"))
    raise_findings(findings, "the organisation's details are at fault")
    return {**checked, "country": country}


def list_proposals(connection: Connection, member: Member) -> list[Joining]:
    """List the organisations that wait for the facilitator, the longest first; for others there are none."""
    if Role.FACILITATOR.value not in member.roles:
        return []
    waiting = (joinings.c.log_id == member.log_id, joinings.c.state == JoiningState.PROPOSED.value)
    return [_read(row) for row in connection.execute(select(joinings).where(*waiting).order_by(joinings.c.changed_at, joinings.c.person))]


def find_proposal(connection: Connection, member: Member, organisation: str) -> Joining:
    """Find one organisation that waits for the facilitator; raises NotFound."""
    found = next((one for one in list_proposals(connection, member) if one.organisation == organisation), None)
    if found is None:
        raise NotFound("no such organisation waits to be admitted")
    return found


def draft_admission(joining: Joining) -> OrganisationAdmitted:
    """Draft what the facilitator signs; grants of roles follow once it is on the log (list_missing_roles)."""
    details = joining.details
    return OrganisationAdmitted(
        organisation=joining.organisation,
        name=details["name"],
        legal_id=details["legal_id"],
        country=details["country"],
        kind=OrganisationKind(details["kind"]),
        sites=(Site("main", details["site"], details["place"]),),
    )


def list_missing_roles(runtime: Runtime, member: Member) -> dict[str, list[RoleGranted]]:
    """Draft, by organisation, the grants that admitted organisations were proposed with and do not hold yet; for the facilitator alone."""
    if Role.FACILITATOR.value not in member.roles:
        return {}
    held = runtime.log(member.network).read_authority().roles
    new = (joinings.c.log_id == member.log_id, joinings.c.state == JoiningState.MEMBER.value, joinings.c.is_new == True)  # noqa: E712 - compared by the database
    with runtime.reading() as connection:
        admitted = [_read(row) for row in connection.execute(select(joinings).where(*new).order_by(joinings.c.changed_at))]
    found = {
        one.organisation: [
            RoleGranted(one.organisation, one.organisation, role)
            for role in one.details.get("roles", [])
            if role not in held.get(one.organisation, frozenset())
        ]
        for one in admitted
    }
    return {organisation: grants for organisation, grants in found.items() if grants}


def decline_organisation(runtime: Runtime, member: Member, organisation: str, reason: str) -> None:
    """Decline to admit an organisation as it is described; its person reads why and may mend it. Raises Invalid or NotFound."""
    words = check_line(reason, "reason", 500)
    with runtime.writing() as connection:
        joining = find_proposal(connection, member, organisation)
        _change(connection, runtime, joining, state=JoiningState.DECLINED.value, reason=words)


def settle_entries(runtime: Runtime) -> int:
    """Make members of those whose organisations were admitted meanwhile; gives how many. A job, and asked for by the joining pages."""
    settled = 0
    with runtime.reading() as connection:
        waiting = [_read(row) for row in connection.execute(select(joinings).where(joinings.c.state == JoiningState.PROPOSED.value))]
        ready = [one for one in waiting if may_read(connection, one.log_id, one.organisation)]
    for joining in ready:
        with runtime.writing() as connection:
            settled += _settle(connection, runtime, joining)
    return settled


def list_joinings(connection: Connection, person: int) -> list[Joining]:
    """List a person's ways into networks, the newest first."""
    query = select(joinings).where(joinings.c.person == person).order_by(joinings.c.created_at.desc(), joinings.c.log_id)
    return [_read(row) for row in connection.execute(query)]


def get_joining(connection: Connection, person: int, log_id: int) -> Joining:
    """Give a person's way into a network; raises NotFound."""
    row = connection.execute(select(joinings).where(joinings.c.person == person, joinings.c.log_id == log_id)).first()
    if row is None:
        raise NotFound("you are not on the way into this network")
    return _read(row)


def find_invitation_of(connection: Connection, joining: Joining) -> Invitation | None:
    """Find the invitation that a person came with."""
    return read_invitation(connection, joining.invitation)


def _settle(connection: Connection, runtime: Runtime, joining: Joining) -> bool:
    mine = (joinings.c.person == joining.person, joinings.c.log_id == joining.log_id, joinings.c.state == JoiningState.PROPOSED.value)
    values = {"state": JoiningState.MEMBER.value, "changed_at": runtime.now_text()}
    if connection.execute(update(joinings).where(*mine).values(**values)).rowcount != 1:
        return False  # another process was first
    with suppress(Conflict):  # let in by command meanwhile
        add_membership(connection, joining.person, joining.log_id, joining.organisation, joining.holder)
    person = find_person(connection, joining.person)
    if person is not None:
        letter = write_admitted(runtime.settings, person, str(joining.details.get("name", joining.organisation)))
        queue_mail(connection, runtime.settings, letter, runtime.clock.now())
    return True


def _change(connection: Connection, runtime: Runtime, joining: Joining, **values: Any) -> Joining:  # noqa: ANN401 - columns
    mine = (joinings.c.person == joining.person, joinings.c.log_id == joining.log_id)
    connection.execute(update(joinings).where(*mine).values(changed_at=format_instant(runtime.clock.now()), **values))
    return get_joining(connection, joining.person, joining.log_id)


def _read(row: Row[Any]) -> Joining:
    return Joining(**{**row._mapping, "roles": tuple(row.roles), "state": JoiningState(row.state)})  # noqa: SLF001 - SQLAlchemy's public name
