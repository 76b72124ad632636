"""Invitations: who may invite whom, codes that hold once and for some days, and what they are worth in others' hands."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from contracts.errors import Conflict, Forbidden, Invalid, NotFound
from contracts.facts import Role
from contracts.parties.facts import OrganisationLeft
from tests.network import OPERATOR
from tests.site.people.people import HERE, Town, Visitor
from webui.people.invitations import (
    DAYS,
    find_by_code,
    list_invitations,
    resend_invitation,
    withdraw_invitation,
)
from webui.people.joining import Acceptance, accept_as, accept_invitation
from webui.people.persons import Person
from webui.people.tables import invitations, people
from webui.problems import TooMany

ANNA = "anna@cement.example"
WORDS = "a long password of anna"


@pytest.fixture
def operator(town: Town) -> Person:
    """The facilitator's person."""
    return town.person(OPERATOR)


def receive(town: Town, email: str = ANNA) -> str:
    """Send what is due and read somebody's code."""
    town.send()
    return town.sink.find_code(email)


def accept(town: Town, code: str) -> Person:
    """Accept an invitation with a password."""
    return accept_invitation(town.runtime, code, Acceptance("Anna Holm", WORDS), HERE)


def test_a_code_makes_one_account_however_many_come_at_once(town: Town, operator: Person) -> None:
    town.invite(operator, ANNA)
    code = receive(town)

    def try_it(_number: int) -> bool:
        try:
            accept(town, code)
        except (Conflict, NotFound):
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(try_it, range(4)))

    with town.runtime.reading() as connection:
        emails = list(connection.execute(people.select().with_only_columns(people.c.email)).scalars())
    assert made.count(True) == 1
    assert emails.count(ANNA) == 1


def test_a_code_is_kept_as_its_hash_alone(town: Town, operator: Person) -> None:
    town.invite(operator, ANNA)
    code = receive(town)

    with town.runtime.reading() as connection:
        row = connection.execute(invitations.select()).one()

    assert len(row.hash) == 32
    assert code.replace("-", "") not in repr(tuple(row))


def test_a_code_holds_for_two_weeks(town: Town, operator: Person) -> None:
    town.invite(operator, ANNA)
    code = receive(town)
    town.network.clock.advance(timedelta(days=DAYS))

    with pytest.raises(NotFound, match="expired"):
        accept(town, code)


def test_sending_anew_voids_the_old_code_and_extends_the_days(town: Town, operator: Person) -> None:
    invited = town.invite(operator, ANNA)
    old = receive(town)
    town.network.clock.advance(timedelta(days=DAYS + 1))
    resend_invitation(town.runtime, town.member(operator), operator, invited.invitation)
    new = receive(town)

    with pytest.raises(NotFound):
        accept(town, old)
    assert accept(town, new).email == ANNA


def test_a_withdrawn_code_opens_nothing_and_its_mail_never_leaves(town: Town, operator: Person) -> None:
    invited = town.invite(operator, ANNA)
    withdraw_invitation(town.runtime, town.member(operator), invited.invitation)

    assert town.send() == 0
    with pytest.raises(Conflict):
        resend_invitation(town.runtime, town.member(operator), operator, invited.invitation)


def test_guessing_codes_is_slowed_down(town: Town) -> None:
    for number in range(50):
        with pytest.raises(NotFound):
            find_by_code(town.runtime, f"AAAAA-BBBBB-CCCCC-{number:05d}", HERE)

    with pytest.raises(TooMany):
        find_by_code(town.runtime, "AAAAA-BBBBB-CCCCC-DDDDD", HERE)


def test_a_signatory_invites_into_its_own_organisation_and_nowhere_else(town: Town) -> None:
    town.network.admit("powerco")
    town.network.admit("plasterco")
    signatory = town.person("powerco")

    invited = town.invite(signatory, ANNA, organisation="o-powerco", roles=["operator"])
    with pytest.raises(Forbidden):
        town.invite(signatory, "bo@cement.example", organisation="o-plasterco")
    with pytest.raises(Forbidden):
        town.invite(signatory, "bo@cement.example")

    assert invited.invitation


def test_whoever_only_weighs_invites_nobody(town: Town) -> None:
    town.network.admit("powerco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])

    with pytest.raises(Forbidden):
        town.invite(town.person("powerco/scales"), ANNA, organisation="o-powerco", roles=["operator"])


def test_the_facilitator_lets_nobody_into_a_member_that_has_people_of_its_own(town: Town, operator: Person) -> None:
    town.network.admit("powerco")
    town.network.admit("plasterco")
    town.person("powerco")

    with pytest.raises(Forbidden):
        town.invite(operator, ANNA, organisation="o-powerco")
    assert town.invite(operator, ANNA, organisation="o-plasterco").invitation


def test_roles_that_an_organisation_cannot_have_are_not_promised(town: Town, operator: Person) -> None:
    town.network.admit("powerco")

    with pytest.raises(Invalid):
        town.invite(town.person("powerco"), ANNA, organisation="o-powerco", roles=["board"])
    with pytest.raises(Invalid):
        town.invite(operator, ANNA, roles=["facilitator"])
    with pytest.raises(Invalid):
        town.invite(operator, ANNA, proposal={"name": "x", "kind": "partner", "roles": ["facilitator"]})
    with pytest.raises(Invalid):
        town.invite(operator, ANNA, proposal={"name": "x", "kind": "operator", "roles": []})


def test_an_invitation_is_worth_nothing_to_another_account(town: Town, operator: Person) -> None:
    town.network.admit("powerco")
    town.invite(operator, ANNA)
    code = receive(town)

    with pytest.raises(Conflict):
        accept_as(town.runtime, code, town.person("powerco"), HERE)


def test_an_invitation_is_worth_nothing_to_another_account_outside_the_network(town: Town, operator: Person) -> None:
    town.invite(operator, "bo@cement.example")
    stranger = accept(town, receive(town, "bo@cement.example"))
    town.invite(operator, ANNA)

    with pytest.raises(Conflict, match="another address"):
        accept_as(town.runtime, receive(town), stranger, HERE)


def test_an_account_that_exists_is_used_and_not_made_anew(town: Town, operator: Person) -> None:
    town.network.admit("powerco")
    known = town.person("powerco")
    town.invite(operator, known.email)
    code = receive(town, known.email)

    with pytest.raises(Conflict, match="log in"):
        accept(town, code)
    with pytest.raises(Conflict, match="belong"):
        accept_as(town.runtime, code, known, HERE)


def test_an_address_is_invited_once_at_a_time(town: Town, operator: Person) -> None:
    town.invite(operator, ANNA)

    with pytest.raises(Conflict):
        town.invite(operator, ANNA.upper())


def test_another_organisations_invitations_are_not_there(town: Town, operator: Person) -> None:
    town.network.admit("powerco")
    other = town.person("powerco")
    invited = town.invite(operator, ANNA)

    for handle in (
        lambda: resend_invitation(town.runtime, town.member(other), other, invited.invitation),
        lambda: withdraw_invitation(town.runtime, town.member(other), invited.invitation),
    ):
        with pytest.raises(NotFound):
            handle()
    with town.runtime.reading() as connection:
        assert list_invitations(connection, town.member(other)) == []


def test_nobody_is_let_into_an_organisation_that_has_left(town: Town, operator: Person) -> None:
    town.network.admit("powerco")
    town.network.accept(OrganisationLeft("o-powerco", "sold"), by=OPERATOR)

    with pytest.raises(Invalid):
        town.invite(operator, ANNA, organisation="o-powerco")


def test_a_name_with_markup_is_shown_as_it_was_written(town: Town, operator: Person) -> None:
    town.set_up(operator)
    town.network.clock.advance(timedelta(seconds=60))
    hostile = "<img src=x onerror=alert(1)>"
    town.invite(operator, ANNA, proposal={"name": hostile, "kind": "partner", "roles": []})
    visitor = Visitor(town)
    visitor.log_in(operator.email)
    visitor.post("/login/factor", {"code": town.show_code(operator)}, page="/login/factor")

    text = visitor.get("/n/kalundborg/people").text

    assert hostile not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_without_a_mail_server_the_page_hands_the_code_to_the_inviter_this_once(quiet_town: Town) -> None:
    operator = quiet_town.person(OPERATOR)
    quiet_town.set_up(operator)
    quiet_town.network.clock.advance(timedelta(seconds=60))
    visitor = Visitor(quiet_town)
    visitor.log_in(operator.email)
    visitor.post("/login/factor", {"code": quiet_town.show_code(operator)}, page="/login/factor")
    form = {"organisation": "new", "email": ANNA, "name": "Cement Works", "kind": "partner", "roles": "signatory"}

    shown = visitor.post("/n/kalundborg/people/invite", form, page="/n/kalundborg/people")
    listed = visitor.get("/n/kalundborg/people").text

    assert "no mail server is set" in shown.text
    assert "/join#" in shown.text
    assert "not sent: no mail server is set" in listed
    assert "/join#" not in listed


def test_all_faults_of_an_invitation_are_said_at_once_and_every_tick_stays(town: Town, operator: Person) -> None:
    town.set_up(operator)
    town.network.clock.advance(timedelta(seconds=60))
    visitor = Visitor(town)
    visitor.log_in(operator.email)
    visitor.post("/login/factor", {"code": town.show_code(operator)}, page="/login/factor")
    form = {"organisation": "new", "email": "anna", "name": "", "kind": "", "roles": ["operator", "signatory"]}

    page = visitor.post("/n/kalundborg/people/invite", form, page="/n/kalundborg/people").text

    assert set(re.findall(r'<ul class="fault" id="fault-(\w+)">', page)) == {"email", "name", "kind"}
    assert re.findall(r'name="roles" value="(\w+)" checked', page) == ["operator", "signatory"]
