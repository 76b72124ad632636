"""People on the way into a network whose every word is hostile, and addresses that are odd and legal."""

from collections.abc import Sequence

from ledger.authority import prove_possession
from tests.network import LOG, OPERATOR, make_key
from tests.site.hostile import PRINTABLE
from tests.webui.website import NETWORK, PASSWORD, Caller, Website
from webui.access import Member, read_members
from webui.people.enrolments import find_standing, request_enrolment
from webui.people.factor_resets import request_factor_reset
from webui.people.factors import begin_totp, confirm_totp
from webui.people.invitations import InvitationOrder, invite_person, withdraw_invitation
from webui.people.joining import Acceptance, accept_invitation, decline_organisation, pass_factor, propose_organisation
from webui.people.persons import Person, PersonStore
from webui.people.totp import count_step, make_password

HERE = "127.0.0.1"
SHORT = PRINTABLE.partition("<img")[0][3:28]  #: a number in a register has at most 60 characters
#: Every mark that RFC 5322 lets stand in a local part without quotes.
ODD_ADDRESSES = ("o'brien+a&b@works.example", "#$%*/=?^_`{|}~!-@works.example", "{{7*7}}@works.example")
PEOPLE = ("describer", "proposer", "declined", "newcomer")
DETAILS = {"name": PRINTABLE, "legal_id": "\"'><img src=x onerror=alert(1)>", "country": "DK", "site": PRINTABLE, "place": PRINTABLE}


def play_entry(website: Website) -> dict[str, Caller]:
    """Let people come as far as each step of joining, and be invited at odd addresses; gives the sessions of those on the way."""
    operator, powerco = find_member(website, OPERATOR), find_member(website, "powerco")
    for address in ODD_ADDRESSES:
        invite(website, *operator, address)
    withdraw_invitation(website.runtime, operator[1], invite(website, *operator, "withdrawn@works.example")[0])
    found = {name: accept(website, *(powerco if name == "newcomer" else operator), name) for name in PEOPLE}
    log_id = website.network.log_id
    for name, person in found.items():
        pass_factor(website.runtime, person.id, log_id)
        if name in ("proposer", "declined"):
            joining = propose_organisation(website.runtime, person.id, log_id, DETAILS)
            if name == "declined":
                decline_organisation(website.runtime, operator[1], joining.organisation, PRINTABLE)
    ask_for_key(website, found["newcomer"])
    callers = {name: log_in(website, person) for name, person in found.items()}
    now = website.runtime.clock.now()
    with website.runtime.writing() as connection:
        secret = begin_totp(connection, website.settings, found["newcomer"].id, now)
    confirm_totp(website.runtime, found["newcomer"], make_password(secret, count_step(now)), HERE)
    request_factor_reset(website.runtime, powerco[1], powerco[0], found["newcomer"].id, PRINTABLE)
    return callers


def find_member(website: Website, by: str) -> tuple[Person, Member]:
    """Find the person behind a key, who has a login, and for whom it reads."""
    person = PersonStore(website.runtime.reading, website.runtime.writing).find_user(email=f"{by}@example.org")
    assert person is not None
    return person, next(one for one in read_members(website.runtime, person) if one.network == NETWORK)


def invite(website: Website, inviter: Person, member: Member, email: str, roles: Sequence[str] = ("signatory",)) -> tuple[int, str]:
    """Invite somebody into the inviter's organisation, the facilitator into a new one with a hostile name; gives number and code."""
    is_new = "facilitator" in member.roles
    proposal = {"name": PRINTABLE, "kind": "partner", "roles": ["lab"]} if is_new else {}
    order = InvitationOrder(email, roles, None if is_new else member.organisation, proposal)
    invited = invite_person(website.runtime, member, inviter, order)
    assert invited.code is not None, "without a mail server the code is handed over"
    return invited.invitation, invited.code


def accept(website: Website, inviter: Person, member: Member, name: str) -> Person:
    """Invite somebody and accept under a hostile name."""
    _, code = invite(website, inviter, member, f"{name}@works.example")
    return accept_invitation(website.runtime, code, Acceptance(PRINTABLE, PASSWORD), HERE)


def ask_for_key(website: Website, person: Person) -> None:
    """Ask that a person's new key be enrolled."""
    standing, key = find_standing(website.runtime, person, NETWORK), make_key("newcomer")
    possession = prove_possession(LOG, standing.organisation, key.multikey, standing.holder, ["signatory"], key.sign)
    request_enrolment(website.runtime, standing, key=key.multikey, roles=["signatory"], possession=possession)


def log_in(website: Website, person: Person) -> Caller:
    """Open a session of a person on the way."""
    caller = website.anybody()
    answer = caller.post("/session", {"email": person.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    caller.headers["X-CSRF-Token"] = answer.json["csrf_token"]
    return caller


def bring_colleague(website: Website, name: str) -> tuple[Caller, int]:
    """Let somebody join a firm, without a key; gives the session and the person's number."""
    person = accept(website, *find_member(website, "powerco"), name)
    pass_factor(website.runtime, person.id, website.network.log_id)
    return log_in(website, person), person.id
