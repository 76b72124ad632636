"""Joining: each step opens when the one before is done, and reading begins when the log has the organisation, not before."""

import re
from typing import Any

import pytest

from contracts.drafts import write_draft
from contracts.errors import Conflict, Forbidden, Invalid, NotFound
from contracts.facts import Role, type_of
from contracts.own_facts import KeyEnrolled
from contracts.parties.facts import OrganisationLeft
from ledger.authority import prove_possession
from ledger.keys import SigningKey
from tests.network import LOG, OPERATOR, make_key
from tests.site.people.people import HERE, Town, Visitor
from tests.webui.website import NETWORK
from webui.access import read_members
from webui.people.enrolments import (
    decline_request,
    draft_enrolment,
    find_request,
    find_standing,
    list_own_requests,
    list_waiting_requests,
    request_enrolment,
    withdraw_request,
)
from webui.people.entry_tasks import list_entry_tasks
from webui.people.joining import (
    Acceptance,
    Joining,
    JoiningState,
    accept_invitation,
    decline_organisation,
    draft_admission,
    find_proposal,
    get_joining,
    list_missing_roles,
    pass_factor,
    propose_organisation,
    settle_entries,
)
from webui.people.persons import Person

ANNA = "anna@cement.example"
DETAILS = {"name": "Cement Works A/S", "legal_id": "DK12345678", "country": "dk", "site": "North", "place": "Aalborg"}


@pytest.fixture
def operator(town: Town) -> Person:
    """The facilitator's person."""
    return town.person(OPERATOR)


def come(town: Town, operator: Person, **changes: Any) -> Person:
    """Invite Anna and let her make her account."""
    town.invite(operator, ANNA, **changes)
    town.send()
    return accept_invitation(town.runtime, town.sink.find_code(ANNA), Acceptance("Anna Holm", "a long password of anna"), HERE)


def read(town: Town, person: Person) -> Joining:
    """Read how far somebody is."""
    with town.runtime.reading() as connection:
        return get_joining(connection, person.id, town.network.log_id)


def propose(town: Town, operator: Person, **changes: Any) -> tuple[Person, Joining]:
    """Come as far as the facilitator's desk."""
    person = come(town, operator, **changes)
    town.set_up(person)
    pass_factor(town.runtime, person.id, town.network.log_id)
    return person, propose_organisation(town.runtime, person.id, town.network.log_id, DETAILS)


def ask_key(town: Town, person: Person, made: SigningKey, roles: tuple[str, ...] = ("signatory",), **changes: str) -> int:
    """Ask that a key be enrolled."""
    standing = find_standing(town.runtime, person, NETWORK)
    proof = prove_possession(LOG, standing.organisation, made.multikey, standing.holder, list(roles), made.sign)
    values = {"key": made.multikey, "possession": proof} | changes
    return request_enrolment(town.runtime, standing, roles=roles, **values)


def list_tasks(town: Town, person: Person) -> list[tuple[str, str]]:
    """List what waits for somebody."""
    members = read_members(town.runtime, person)
    return [(task.kind, task.subject) for task in list_entry_tasks(town.runtime, person, members)]


def test_the_roles_that_one_comes_for_want_a_second_factor_before_anything_else(town: Town, operator: Person) -> None:
    person = come(town, operator)

    with pytest.raises(Conflict):
        pass_factor(town.runtime, person.id, town.network.log_id)
    with pytest.raises(Conflict):
        propose_organisation(town.runtime, person.id, town.network.log_id, DETAILS)
    town.set_up(person)

    assert pass_factor(town.runtime, person.id, town.network.log_id).state is JoiningState.DESCRIBING


def test_roles_that_bind_nobody_may_go_on_without(town: Town, operator: Person) -> None:
    person = come(town, operator, roles=["operator"])

    assert pass_factor(town.runtime, person.id, town.network.log_id).state is JoiningState.DESCRIBING


def test_a_members_new_colleague_reads_once_the_second_factor_stands(town: Town) -> None:
    town.network.admit("powerco")
    signatory = town.person("powerco")
    person = come(town, signatory, organisation="o-powerco", roles=["signatory"])
    before = read_members(town.runtime, person)
    town.set_up(person)

    state = pass_factor(town.runtime, person.id, town.network.log_id).state

    [member] = read_members(town.runtime, person)
    assert (before, state, member.organisation, member.roles) == ((), JoiningState.MEMBER, "o-powerco", frozenset())
    assert member.holder != town.network.holder("powerco")


def test_a_colleague_comes_too_late_when_the_organisation_has_left(town: Town) -> None:
    town.network.admit("powerco")
    person = come(town, town.person("powerco"), organisation="o-powerco", roles=["operator"])
    town.network.accept(OrganisationLeft("o-powerco", "sold"), by=OPERATOR)

    with pytest.raises(Conflict):
        pass_factor(town.runtime, person.id, town.network.log_id)


def test_details_are_judged_all_at_once(town: Town, operator: Person) -> None:
    person = come(town, operator, roles=["operator"])
    pass_factor(town.runtime, person.id, town.network.log_id)

    with pytest.raises(Invalid) as refused:
        propose_organisation(town.runtime, person.id, town.network.log_id, DETAILS | {"name": "", "country": "D1", "place": "a\nb"})

    assert {finding.field for finding in refused.value.findings} == {"name", "country", "place"}


def test_nobody_reads_for_an_organisation_that_the_log_does_not_have(town: Town, operator: Person) -> None:
    person, _joining = propose(town, operator)
    settle_entries(town.runtime)

    assert read_members(town.runtime, person) == ()


def test_the_facilitator_finds_the_proposal_signs_it_and_the_person_becomes_a_member(town: Town, operator: Person) -> None:
    person, joining = propose(town, operator, proposal={"name": "Cement Works", "kind": "laboratory", "roles": ["lab"]})
    tasks = list_tasks(town, operator)
    with town.runtime.reading() as connection:
        proposal = find_proposal(connection, town.member(operator), joining.organisation)

    town.network.accept(draft_admission(proposal), by=OPERATOR)
    settled = settle_entries(town.runtime)

    [member] = read_members(town.runtime, person)
    assert ("admission-waits", "Cement Works A/S") in tasks
    assert (settled, member.organisation, member.holder) == (1, joining.organisation, joining.holder)
    assert [kind for kind, _subject in list_tasks(town, operator)] == ["roles-wait"]
    [grants] = list_missing_roles(town.runtime, town.member(operator)).values()
    town.network.accept(grants[0], by=OPERATOR)
    assert list_tasks(town, operator) == []
    town.send()
    assert town.sink.mails[-1]["Subject"] == "Your organisation was admitted"


def test_a_declined_proposal_is_mended_and_proposed_anew(town: Town, operator: Person) -> None:
    person, joining = propose(town, operator)
    decline_organisation(town.runtime, town.member(operator), joining.organisation, "the number is another firm's")
    declined = read(town, person)

    again = propose_organisation(town.runtime, person.id, town.network.log_id, DETAILS | {"legal_id": "DK87654321"})

    assert (declined.state, declined.reason) == (JoiningState.DECLINED, "the number is another firm's")
    assert (again.state, again.reason, again.organisation) == (JoiningState.PROPOSED, None, joining.organisation)


def test_proposals_are_the_facilitators_business(town: Town, operator: Person) -> None:
    _person, joining = propose(town, operator)
    town.network.admit("powerco")
    other = town.member(town.person("powerco"))

    with pytest.raises(NotFound):
        decline_organisation(town.runtime, other, joining.organisation, "no")
    assert list_tasks(town, town.person("powerco", "second@example.org")) == []


def test_the_first_key_goes_to_the_facilitator_and_further_ones_to_the_organisations_signatory(town: Town, operator: Person) -> None:
    person, joining = propose(town, operator)
    first = make_key("anna's laptop")
    ask_key(town, person, first)
    before_admission = list_tasks(town, operator)
    town.network.accept(draft_admission(joining), by=OPERATOR)
    settle_entries(town.runtime)
    facilitator = town.member(operator)
    [request] = list_waiting_requests(town.runtime, NETWORK, facilitator.organisation, facilitator.roles)

    town.network.accept(draft_enrolment(request), by=OPERATOR)
    second = ask_key(town, person, make_key("anna's phone"))
    [anna] = read_members(town.runtime, person)

    assert [kind for kind, _subject in before_admission] == ["admission-waits"]
    assert anna.roles == {"signatory"}
    assert ("enrolment-waits", "Anna Holm") in list_tasks(town, person)
    assert list_tasks(town, operator) == []
    with pytest.raises(NotFound):
        find_request(town.runtime, NETWORK, facilitator.organisation, facilitator.roles, second)
    found = list_own_requests(town.runtime, find_standing(town.runtime, person, NETWORK))
    assert [one.state for one in found] == ["waiting", "enrolled"]


def test_a_proof_by_another_key_or_for_other_roles_is_refused_at_once(town: Town, operator: Person) -> None:
    person, _joining = propose(town, operator)
    key, other = make_key("anna's laptop"), make_key("another")
    standing = find_standing(town.runtime, person, NETWORK)
    foreign = prove_possession(LOG, standing.organisation, key.multikey, standing.holder, ["signatory"], other.sign)
    narrow = prove_possession(LOG, standing.organisation, key.multikey, standing.holder, ["operator"], key.sign)
    elsewhere = prove_possession(LOG, "o-powerco", key.multikey, standing.holder, ["signatory"], key.sign)

    for proof in (foreign, narrow, elsewhere, "", "zz", "0" * 128):
        with pytest.raises(Invalid):
            ask_key(town, person, key, possession=proof)
    with pytest.raises(Invalid):
        ask_key(town, person, key, roles=("facilitator",))
    with pytest.raises(Invalid):
        ask_key(town, person, key, roles=())
    with pytest.raises(Invalid):
        ask_key(town, person, key, key="z6MkNoKey")


def test_a_key_that_is_on_the_log_is_not_asked_for(town: Town) -> None:
    town.network.admit("powerco")
    person = town.person("powerco")
    standing = find_standing(town.runtime, person, NETWORK)
    key = town.network.key("powerco")

    proof = prove_possession(LOG, standing.organisation, key.multikey, standing.holder, ["operator"], key.sign)

    with pytest.raises(Invalid) as refused:
        request_enrolment(town.runtime, standing, key=key.multikey, roles=["operator"], possession=proof)
    assert [finding.code for finding in refused.value.findings] == ["enrolled"]


def test_requests_are_declined_with_a_reason_asked_for_anew_and_withdrawn(town: Town) -> None:
    town.network.admit("powerco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    signatory, weigher = town.member(town.person("powerco")), town.person("powerco/scales")
    key = make_key("the weigher's new phone")
    number = ask_key(town, weigher, key, ("operator",))
    standing = find_standing(town.runtime, weigher, NETWORK)

    decline_request(town.runtime, NETWORK, signatory.organisation, signatory.roles, number, "ask me in person")
    [declined] = list_own_requests(town.runtime, standing)
    again = ask_key(town, weigher, key, ("operator",))
    [waiting] = list_own_requests(town.runtime, standing)
    with pytest.raises(Forbidden):
        withdraw_request(town.runtime, find_standing(town.runtime, town.person("powerco", "x@example.org"), NETWORK), number)
    withdraw_request(town.runtime, standing, number)

    assert (declined.state, declined.reason) == ("declined", "ask me in person")
    assert (again, waiting.state) == (number, "waiting")
    assert list_waiting_requests(town.runtime, NETWORK, signatory.organisation, signatory.roles) == []


def test_whoever_only_weighs_enrols_nobody(town: Town) -> None:
    town.network.admit("powerco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    weigher = town.person("powerco/scales")
    number = ask_key(town, weigher, make_key("one more"), ("operator",))
    member = town.member(weigher)

    with pytest.raises(NotFound):
        find_request(town.runtime, NETWORK, member.organisation, member.roles, number)


def test_what_is_asked_for_is_what_the_log_takes(town: Town, operator: Person) -> None:
    person, joining = propose(town, operator)
    number = ask_key(town, person, make_key("anna's laptop"), ("operator", "signatory"))
    town.network.accept(draft_admission(joining), by=OPERATOR)
    facilitator = town.member(operator)

    fact = draft_enrolment(find_request(town.runtime, NETWORK, facilitator.organisation, facilitator.roles, number))
    town.network.accept(fact, by=OPERATOR)

    assert isinstance(fact, KeyEnrolled)
    assert write_draft(fact, type_of(fact))["kind"] == "key.enrolled"


def test_strangers_ask_for_no_key(town: Town, operator: Person) -> None:
    person = come(town, operator)

    with pytest.raises(NotFound):
        find_standing(town.runtime, person, NETWORK)
    with pytest.raises(NotFound):
        find_standing(town.runtime, person, "atlantis")


def test_what_is_wrong_with_a_new_account_is_said_all_at_once(town: Town) -> None:
    visitor = Visitor(town)
    form = {"code": "AAAAA", "name": "", "way": "password", "password": "short"}

    page = visitor.post("/join", form, page="/join").text

    faults = dict(re.findall(r'<ul class="fault" id="fault-(\w+)"><li>(.*?)</li>', page))
    assert set(faults) == {"name", "password"}
    assert faults["name"] == "Something is wanted here."


def test_the_roles_that_one_was_invited_for_are_ticked(town: Town, operator: Person) -> None:
    town.invite(operator, ANNA, roles=["operator"])
    town.send()
    visitor = Visitor(town)
    account = {"code": town.sink.find_code(ANNA), "name": "Anna Holm", "way": "password", "password": "a long password of anna"}
    visitor.post("/join", account, page="/join")
    visitor.post(f"/join/{NETWORK}/factor", {}, page="/join")
    visitor.post(f"/join/{NETWORK}/organisation", DETAILS, page="/join")

    page = visitor.get("/join").text

    assert re.findall(r'name="roles" value="(\w+)" checked', page) == ["operator"]


def test_the_pages_lead_from_step_to_step_without_scripts(town: Town, operator: Person) -> None:
    town.invite(operator, ANNA)
    town.send()
    visitor = Visitor(town)
    form = {"code": town.sink.find_code(ANNA), "name": "Anna Holm", "way": "password", "password": "a long password of anna"}

    wrong = visitor.post("/join", form | {"code": "AAAAA"}, page="/join")
    short = visitor.post("/join", form | {"password": "short"}, page="/join")
    made = visitor.post("/join", form, page="/join")
    first = visitor.get("/join").text
    skipped = visitor.post(f"/join/{NETWORK}/factor", {}, page="/join")

    assert (wrong.status_code, short.status_code, made.status_code) == (422, 422, 303)
    assert "Set it up" in first
    assert "Go on without" not in first
    assert skipped.status_code == 409
