"""People: who reads for an organisation, who was invited and how the mail fares, lost second factors, and leaving."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import Conflict, Finding, Invalid, NotFound, Refusal
from contracts.facts import OWN_ROLES, Role
from contracts.parties.facts import OrganisationKind
from contracts.views.parties import list_all_names
from webui.access import MEMBER_PERSONS, get_caller, get_member
from webui.api.runtime_of import get_runtime
from webui.pages.entry_forms import list_findings, make_form, read_form, show_form
from webui.pages.forms import Field, Form
from webui.pages.languages import find_locale
from webui.pages.problem_pages import redirect_to
from webui.pages.rendering import get_place, name_organisation, render
from webui.pages.routes import Pages
from webui.pages.signing_words import word_role
from webui.people.factor_resets import list_factor_resets, request_factor_reset, withdraw_reset
from webui.people.invitations import (
    GIVEN_ROLES,
    InvitationOrder,
    Invited,
    invite_person,
    list_invitations,
    list_peopled,
    may_invite,
    resend_invitation,
    withdraw_invitation,
)
from webui.people.leaving import Colleague, end_membership, list_colleagues, list_keys_to_revoke
from webui.people.mail import MailState
from webui.people.persons import Person
from webui.people.smtp import send_soon

pages = Pages("people")
NEW = "new"
VOUCH_FORM = make_form(
    _l("A lost second factor"),
    _l("Have it removed in a day"),
    [Field("checked", _l("How you made sure"), help=_l("Such as: I called her on the number that I know."))],
)
_OWN_ROLES = tuple(role.value for role in (*OWN_ROLES, *GIVEN_ROLES))
MAIL_WORDS = {
    MailState.QUEUED: (_l("waits to be sent"), "warn"),
    MailState.SENT: (_l("taken by the mail server"), "good"),
    MailState.REFUSED: (_l("refused by the mail server"), "bad"),
    MailState.GIVEN_UP: (_l("given up"), "bad"),
    MailState.UNSENT: (_l("not sent: no mail server is set"), "warn"),
}
STATE_WORDS = {
    "open": (_l("waits for the person"), "warn"),
    "used": (_l("used"), "good"),
    "withdrawn": (_l("withdrawn"), "plain"),
    "expired": (_l("expired"), "bad"),
}
KIND_WORDS = {
    OrganisationKind.PARTNER.value: _l("Partner firm"),
    OrganisationKind.LABORATORY.value: _l("Laboratory"),
    OrganisationKind.AUDITOR.value: _l("Auditor"),
    OrganisationKind.MUNICIPALITY.value: _l("Municipality"),
}


@pages.page("GET /n/<network:network>/people", MEMBER_PERSONS)
def show_people(network: str) -> Response:  # noqa: ARG001 - the member has it
    """Show the organisation's people; the facilitator sees all of the network."""
    return answer_people({"organisation": get_member().organisation})


@pages.page("POST /n/<network:network>/people/invite", MEMBER_PERSONS)
def invite(network: str) -> Response:  # noqa: ARG001 - the member has it
    """Invite somebody, by mail or by hand."""
    values, person = read_form(), find_asker()
    chosen = values.get("organisation", "") or get_member().organisation
    proposal = {"name": values.get("name", ""), "kind": values.get("kind", ""), "roles": list(request.form.getlist("given"))}
    order = InvitationOrder(
        email=values.get("email", ""),
        roles=request.form.getlist("roles"),
        organisation=None if chosen == NEW else chosen,
        proposal=proposal if chosen == NEW else {},
        language=values.get("language") or find_locale().language,
    )
    try:
        invited = invite_person(get_runtime(), get_member(), person, order)
    except Refusal as refusal:
        return answer_people(values, list_findings(refusal))
    return answer_invited(invited, values.get("email", ""))


@pages.page("POST /n/<network:network>/invitations/<index:invitation>/resend", MEMBER_PERSONS)
def resend(network: str, invitation: int) -> Response:  # noqa: ARG001 - the member has it
    """Send an invitation anew, with a new code."""
    return answer_invited(resend_invitation(get_runtime(), get_member(), find_asker(), invitation, find_locale().language), "")


@pages.page("POST /n/<network:network>/invitations/<index:invitation>/withdraw", MEMBER_PERSONS)
def withdraw(network: str, invitation: int) -> Response:  # noqa: ARG001 - the member has it
    """Withdraw an invitation."""
    withdraw_invitation(get_runtime(), get_member(), invitation)
    return redirect_to(get_place().path("/people"))


@pages.page("GET /n/<network:network>/people/<index:person>/factor", MEMBER_PERSONS)
def show_vouching(network: str, person: int) -> Response:  # noqa: ARG001 - the member has it
    """Show what vouching for a lost second factor means."""
    return answer_vouching(person)


@pages.page("POST /n/<network:network>/people/<index:person>/factor", MEMBER_PERSONS)
def vouch(network: str, person: int) -> Response:  # noqa: ARG001 - the member has it
    """Vouch that a person lost its second factor."""
    values = read_form()
    try:
        request_factor_reset(get_runtime(), get_member(), find_asker(), person, values.get("checked", ""))
    except (Invalid, Conflict) as refusal:
        return answer_vouching(person, values, list_findings(refusal))
    send_soon(get_runtime())
    return redirect_to(get_place().path("/people"))


@pages.page("POST /n/<network:network>/people/<index:person>/keep-factor", MEMBER_PERSONS)
def take_back(network: str, person: int) -> Response:  # noqa: ARG001 - the member has it
    """Take back that one vouched."""
    withdraw_reset(get_runtime(), get_member(), find_asker(), person)
    return redirect_to(get_place().path("/people"))


@pages.page("GET /n/<network:network>/people/<index:person>/leave", MEMBER_PERSONS)
def show_leaving(network: str, person: int) -> Response:  # noqa: ARG001 - the member has it
    """Show what leaving means, before it is done."""
    return render("people/leave.html", one=find_visible(person), own=person == find_asker().id, fault="")


@pages.page("POST /n/<network:network>/people/<index:person>/leave", MEMBER_PERSONS)
def leave(network: str, person: int) -> Response:  # noqa: ARG001 - the member has it
    """End a membership, one's own or a colleague's."""
    asker, found = find_asker(), find_visible(person)
    try:
        end_membership(get_runtime(), get_member(), asker.id, person, anyway="anyway" in request.form)
    except Conflict as refusal:
        return render("people/leave.html", status=409, one=found, own=person == asker.id, fault=refusal.message)
    return redirect_to("/" if person == asker.id else get_place().path("/people"))


def answer_vouching(person: int, values: dict[str, str] | None = None, findings: list[Finding] | None = None) -> Response:
    """Show the form by which one vouches."""
    return show_form(VOUCH_FORM, "people/vouch.html", values=values, findings=findings or [], one=find_visible(person))


def answer_invited(invited: Invited, email: str) -> Response:
    """Show that an invitation goes out; where no mail can, the code to be handed over, this once."""
    send_soon(get_runtime())
    if invited.code is None:
        return redirect_to(get_place().path("/people"))
    link = f"{get_runtime().settings.public_url or request.host_url.rstrip('/')}/join#{invited.code}"
    return render("people/invited.html", code=invited.code, link=link, email=email or invited.mail.recipient)


def answer_people(values: dict[str, str], findings: list[Finding] | None = None) -> Response:
    """Show the people with the form of an invitation."""
    runtime, member = get_runtime(), get_member()
    colleagues, now = list_visible(), runtime.now_text()
    authority = runtime.log(member.network).read_authority()
    facilitates = Role.FACILITATOR.value in member.roles
    with runtime.reading() as connection:
        invitations = list_invitations(connection, member) if may_invite(member.roles) else []
        resets = list_factor_resets(connection, member) if may_invite(member.roles) else []
        left = list_keys_to_revoke(connection, authority, member.log_id, None if facilitates else member.organisation)
    held = {
        one.person: sorted(
            {
                word_role(role)
                for key in authority.keys.values()
                if key.holder == one.holder and key.revoked_at is None
                for role in key.roles
            }
        )
        for one in colleagues
    }
    more: dict[str, Any] = {
        "colleagues": colleagues,
        "held": held,
        "me": find_asker().id,
        "may_invite": may_invite(member.roles),
        "facilitates": facilitates,
        "invitations": [
            (one, STATE_WORDS[one.find_state(now)], mail, MAIL_WORDS.get(mail.state) if mail else None) for one, mail in invitations
        ],
        "open_states": [one.id for one, _mail in invitations if one.find_state(now) in ("open", "expired")],
        "resets": resets,
        "waiting": {one.person for one in resets if one.waits},
        "names": {one.person: one.name for one in colleagues},
        "left": left,
    }
    return show_form(describe_invitation(facilitates=facilitates), "people/list.html", values=values, findings=findings or [], **more)


def describe_invitation(*, facilitates: bool) -> Form:
    """Declare the form of an invitation: the facilitator chooses for whom, a signatory invites into its own organisation."""
    member, runtime = get_member(), get_runtime()
    roles = [(role, word_role(role)) for role in (_OWN_ROLES if facilitates else sorted(allowed_roles()))]
    fields = [
        Field("email", _("E-mail address"), "email"),
        Field("roles", _("For what the person will ask a key"), "many", choices=roles, required=False),
    ]
    if facilitates:
        with runtime.reading() as connection:
            orphans = sorted(set(list_all_names(connection, member.log_id)) - list_peopled(connection, member.log_id))
        choices = [
            (member.organisation, _("My own organisation")),
            (NEW, _("A new organisation")),
            *((one, name_organisation(one)) for one in orphans if one != member.organisation),
        ]
        given = [(role.value, word_role(role.value)) for role in GIVEN_ROLES]
        fields = [
            Field("organisation", _("For whom"), "choice", choices=choices),
            *fields,
            Field("name", _("Name of the new organisation"), required=False),
            Field("kind", _("What the new organisation is"), "choice", choices=tuple(KIND_WORDS.items()), required=False),
            Field(
                "given", _("What the network lets the new organisation do beyond its own contracts"), "many", choices=given, required=False
            ),
        ]
    return make_form(_("Invite somebody"), _("Invite"), fields)


def allowed_roles() -> set[str]:
    """List the roles that keys of the reader's organisation may have."""
    member = get_member()
    return set(get_runtime().log(member.network).read_authority().allowed_roles(member.organisation)) - {Role.SERVICE.value}


def list_visible() -> list[Colleague]:
    """List the people whom the reader may see: those of its organisation, the facilitator those of the network."""
    member = get_member()
    with get_runtime().reading() as connection:
        return list_colleagues(connection, member.log_id, None if Role.FACILITATOR.value in member.roles else member.organisation)


def find_visible(person: int) -> Colleague:
    """Find a person whom the reader may see; raises NotFound."""
    found = next((one for one in list_visible() if one.person == person), None)
    if found is None:
        raise NotFound(_("There is no such person in your organisation."))
    return found


def find_asker() -> Person:
    """Give who asks; these routes are for persons."""
    person = get_caller().person
    if person is None:
        raise NotFound(_("There is no such page."))
    return person
