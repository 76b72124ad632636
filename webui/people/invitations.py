"""Invitations: an organisation's signatory invites its people, the facilitator those who come first; by mail, or handed over by hand."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from contracts.clock import format_instant
from contracts.errors import Conflict, Finding, Forbidden, Invalid, NotFound, raise_findings
from contracts.facts import OWN_ROLES, Role
from contracts.parties.facts import OrganisationKind
from contracts.parties.reading import may_read
from ledger.canonical import JSON
from webui.access import Member
from webui.people.addresses import check_email, check_line
from webui.people.attempts import begin_attempt, forgive_attempt
from webui.people.codes import hash_code, make_code
from webui.people.letters import write_invitation
from webui.people.mail import Mail, drop_mails, find_mail, list_mails, queue_mail
from webui.people.persons import Person
from webui.people.tables import invitations, mails, memberships, people
from webui.problems import TooMany
from webui.runtime import Runtime

DAYS = 14  #: that an invitation holds
MOST_OPEN = 200  #: invitations of one organisation that wait
HOURLY = 5  #: mails to one address in an hour, whoever invites
#: Roles that the network gives; a new organisation may be proposed with them, and the facilitator grants them on the log.
GIVEN_ROLES = (Role.LAB, Role.BOARD, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class InvitationOrder:
    """Whom to invite, and as what."""

    email: str
    roles: Sequence[str]  #: for which the person will ask a key
    organisation: str | None  #: None: a new one
    proposal: Mapping[str, JSON]  #: of a new one: name, kind, roles that the network is to give
    language: str | None = None  #: of the mail


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation's row; never its code."""

    id: int
    log_id: int
    organisation: str | None
    proposal: Mapping[str, Any]
    email: str
    roles: tuple[str, ...]
    invited_by: int | None  #: person
    by_organisation: str
    created_at: str  #: instant
    expires_at: str  #: instant
    used_at: str | None  #: instant
    used_by: int | None  #: person
    withdrawn_at: str | None  #: instant

    def find_state(self, now: str) -> str:
        """Give how it stands at an instant: used, withdrawn, expired or open."""
        if self.used_at is not None:
            return "used"
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "expired" if self.expires_at <= now else "open"


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of inviting: the mail's status, and the code where the inviter has to hand it over."""

    invitation: int
    mail: Mail
    code: str | None  #: only where no mail server is set


def invite_person(runtime: Runtime, member: Member, inviter: Person, order: InvitationOrder) -> Invited:
    """Invite a person; raises Invalid, Forbidden, Conflict or TooMany. Call smtp.send_soon afterwards."""
    _check_right(runtime, member, order.organisation)
    email, proposal = _check_order(order)
    _check_roles(runtime, member, order, proposal)
    now, code = runtime.clock.now(), make_code()
    values = {
        "log_id": member.log_id,
        "organisation": order.organisation,
        "proposal": proposal,
        "email": email,
        "roles": sorted(set(order.roles)),
        "hash": hash_code(code),
        "invited_by": inviter.id,
        "by_organisation": member.organisation,
        "created_at": format_instant(now),
        "expires_at": format_instant(now + timedelta(days=DAYS)),
    }
    with runtime.writing() as connection:
        _check_open(connection, member, email, now)
        key = connection.execute(insert(invitations).values(**values)).inserted_primary_key
        number = int(key[0]) if key is not None else 0
        return _write_mail(connection, runtime, number, email, code, member.network, inviter, order.language)


def resend_invitation(runtime: Runtime, member: Member, inviter: Person, invitation: int, language: str | None = None) -> Invited:
    """Send an invitation anew, with a new code; the old code is void from here on. Raises NotFound, Conflict or TooMany."""
    now, code = runtime.clock.now(), make_code()
    with runtime.writing() as connection:
        found = find_own_invitation(connection, member, invitation)
        if found.find_state(format_instant(now)) in ("used", "withdrawn"):
            raise Conflict("this invitation was used or withdrawn: invite anew")
        _check_mails(connection, found.email, now)
        drop_mails(connection, invitation=invitation)
        values = {"hash": hash_code(code), "expires_at": format_instant(now + timedelta(days=DAYS))}
        connection.execute(update(invitations).where(invitations.c.id == invitation).values(**values))
        return _write_mail(connection, runtime, invitation, found.email, code, member.network, inviter, language)


def withdraw_invitation(runtime: Runtime, member: Member, invitation: int) -> None:
    """Withdraw an invitation, now; raises NotFound, or Conflict if it was used."""
    with runtime.writing() as connection:
        found = find_own_invitation(connection, member, invitation)
        if found.used_at is not None:
            raise Conflict("this invitation was used: end the membership instead")
        drop_mails(connection, invitation=invitation)
        query = update(invitations).where(invitations.c.id == invitation, invitations.c.withdrawn_at.is_(None))
        connection.execute(query.values(withdrawn_at=runtime.now_text()))


def list_invitations(connection: Connection, member: Member, limit: int = 500) -> list[tuple[Invitation, Mail | None]]:
    """List what a member's organisation invited, and into it, newest first, each with its newest mail."""
    columns = invitations.c
    mine = (columns.by_organisation == member.organisation) | (columns.organisation == member.organisation)
    query = select(invitations).where(columns.log_id == member.log_id, mine).order_by(columns.id.desc()).limit(limit)
    found = [_read(row) for row in connection.execute(query)]
    sent = list_mails(connection, [one.id for one in found])
    return [(one, sent.get(one.id)) for one in found]


def find_own_invitation(connection: Connection, member: Member, invitation: int) -> Invitation:
    """Find an invitation that a member's organisation may handle; raises NotFound, as it does for persons who may not invite."""
    row = connection.execute(select(invitations).where(invitations.c.id == invitation)).first()
    found = None if row is None else _read(row)
    own = found is not None and found.log_id == member.log_id and member.organisation in (found.by_organisation, found.organisation)
    if found is None or not own or not may_invite(member.roles):
        raise NotFound("your organisation has no such invitation")
    return found


def read_invitation(connection: Connection, invitation: int) -> Invitation | None:
    """Read an invitation by its number, for whoever used it."""
    row = connection.execute(select(invitations).where(invitations.c.id == invitation)).first()
    return None if row is None else _read(row)


def find_by_code(runtime: Runtime, code: str, address: str) -> Invitation:
    """Find the open invitation of a code, from a network address; raises NotFound or TooMany."""
    now, hashed = runtime.clock.now(), hash_code(code)
    with runtime.writing() as connection:
        attempt = begin_attempt(connection, f"invitation {hashed.hex()}", address, now)
    with runtime.writing() as connection:
        row = connection.execute(select(invitations).where(invitations.c.hash == hashed)).first()
        found = None if row is None else _read(row)
        if found is None:
            raise NotFound("no invitation has this code; look whether a newer mail brought another one")
        forgive_attempt(connection, attempt)
    state = found.find_state(format_instant(now))
    if state != "open":
        raise NotFound(f"this invitation is {state}: ask whoever invited you for a new one")
    return found


def use_invitation(connection: Connection, invitation: Invitation, person: int, now: datetime) -> None:
    """Mark an invitation as used, once, however many come at the same time; raises Conflict."""
    columns = invitations.c
    free = (
        columns.id == invitation.id,
        columns.used_at.is_(None),
        columns.withdrawn_at.is_(None),
        columns.expires_at > format_instant(now),
    )
    if connection.execute(update(invitations).where(*free).values(used_at=format_instant(now), used_by=person)).rowcount != 1:
        raise Conflict("this invitation was used a moment ago")


def may_invite(roles: frozenset[str]) -> bool:
    """Tell whether somebody with these roles may invite at all."""
    return not roles.isdisjoint((Role.SIGNATORY.value, Role.FACILITATOR.value))


def list_peopled(connection: Connection, log_id: int) -> frozenset[str]:
    """List the organisations for which anybody can log in; one query whatever their number."""
    query = select(memberships.c.organisation).distinct().select_from(memberships.join(people, people.c.id == memberships.c.person))
    active = people.c.active == True  # noqa: E712 - compared by the database
    return frozenset(connection.execute(query.where(memberships.c.log_id == log_id, active)).scalars())


def check_proposal(proposal: Mapping[str, JSON]) -> dict[str, JSON]:
    """Check what is proposed of a new organisation: a name, a kind, the roles that the network is to give it; raises Invalid."""
    kinds = [kind.value for kind in OrganisationKind if kind is not OrganisationKind.OPERATOR]
    kind, roles, name = proposal.get("kind"), proposal.get("roles", []), ""
    findings: list[Finding] = []
    try:
        name = check_line(str(proposal.get("name", "")), "name", 200)
    except Invalid as refusal:
        findings += refusal.findings
    if kind not in kinds:
        findings.append(Finding("kind", "malformed", f"one of {', '.join(kinds)} is wanted"))
    given = [role.value for role in GIVEN_ROLES]
    wanted = list(map(str, roles)) if isinstance(roles, list) else [""]
    if not set(wanted) <= set(given):
        findings.append(Finding("given", "malformed", f"only {', '.join(given)} are given by the network"))
    raise_findings(findings)
    return {"name": name, "kind": kind, "roles": sorted(set(wanted))}


def _check_order(order: InvitationOrder) -> tuple[str, dict[str, JSON]]:
    """Check the address and what is proposed; raises Invalid with all that is wrong."""
    findings: list[Finding] = []
    email, proposal = "", {}
    try:
        email = check_email(order.email)
    except Invalid as refusal:
        findings += refusal.findings
    try:
        proposal = check_proposal(order.proposal) if order.organisation is None else {}
    except Invalid as refusal:
        findings += refusal.findings
    raise_findings(findings)
    return email, proposal


def make_organisation_id() -> str:
    """Make an organisation's opaque id."""
    return f"o-{secrets.token_hex(5)}"


def make_holder() -> str:
    """Make a person's pseudonym for one log."""
    return f"h-{secrets.token_hex(6)}"


def _check_right(runtime: Runtime, member: Member, organisation: str | None) -> None:
    """A signatory invites into its own organisation; the facilitator into its own, new ones, and members whom nobody speaks for here."""
    if not may_invite(member.roles):
        raise Forbidden("people are invited by a signatory of their organisation, or by the facilitator")
    if organisation == member.organisation:
        return
    if Role.FACILITATOR.value not in member.roles:
        raise Forbidden("you invite people of your own organisation only")
    if organisation is None:
        return
    with runtime.reading() as connection:
        if not may_read(connection, member.log_id, organisation):
            raise Invalid("there is no such member", [Finding("organisation", "unknown-organisation", "choose a member of the network")])
        if organisation in list_peopled(connection, member.log_id):
            raise Forbidden("this member has people of its own here: its signatory invites further ones")


def _check_roles(runtime: Runtime, member: Member, order: InvitationOrder, proposal: Mapping[str, JSON]) -> None:
    own = {role.value for role in OWN_ROLES}
    if order.organisation is None:
        proposed = proposal.get("roles")
        allowed = own | (set(map(str, proposed)) if isinstance(proposed, list) else set())
    else:
        allowed = set(runtime.log(member.network).read_authority().allowed_roles(order.organisation)) - {Role.SERVICE.value}
    surplus = sorted(set(order.roles) - allowed)
    if surplus:
        finding = Finding("roles", "not-held", f"the organisation's keys cannot have the role {', '.join(surplus)}")
        raise Invalid("the roles are at fault", [finding])


def _check_open(connection: Connection, member: Member, email: str, now: datetime) -> None:
    columns = invitations.c
    waiting = (columns.used_at.is_(None), columns.withdrawn_at.is_(None), columns.expires_at > format_instant(now))
    mine = (columns.log_id == member.log_id, columns.by_organisation == member.organisation)
    rows = connection.execute(select(columns.email).where(*waiting, *mine)).scalars().all()
    if len(rows) >= MOST_OPEN:
        raise Conflict(f"{MOST_OPEN} invitations wait: withdraw some first")
    if email in rows:
        finding = Finding("email", "invited", "this address has an invitation that waits: send that one again")
        raise Conflict("this address is invited already", [finding])
    _check_mails(connection, email, now)


def _check_mails(connection: Connection, email: str, now: datetime) -> None:
    """Hold back from filling somebody's mailbox."""
    query = select(func.count()).select_from(mails).where(mails.c.recipient == email, mails.c.invitation.is_not(None))
    if (connection.execute(query.where(mails.c.created_at > format_instant(now - timedelta(hours=1)))).scalar() or 0) >= HOURLY:
        raise TooMany("this address was written to several times within the hour: wait, or hand the code over in another way")


def _write_mail(
    connection: Connection, runtime: Runtime, invitation: int, email: str, code: str, network: str, inviter: Person, language: str | None
) -> Invited:  # fmt: skip
    letter = write_invitation(
        runtime.settings,
        email=email,
        code=code,
        inviter=inviter.name,
        network=network,
        days=DAYS,
        language=language,
        invitation=invitation,
    )
    mail = find_mail(connection, queue_mail(connection, runtime.settings, letter, runtime.clock.now()))
    if mail is None:
        raise LookupError("a mail that was just written is not there")
    return Invited(invitation, mail, None if runtime.settings.mail_server else code)


def _read(row: Row[Any]) -> Invitation:
    values = {name: value for name, value in row._mapping.items() if name != "hash"}  # noqa: SLF001 - SQLAlchemy's public name
    return Invitation(**{**values, "roles": tuple(row.roles)})
