"""Lost second factors and leaving: who vouches, the day of objection, what ends, and what is left to revoke."""

from datetime import timedelta

import pytest
from click.testing import CliRunner

from contracts.errors import Conflict, Forbidden, NotFound
from contracts.facts import Role
from contracts.own_facts import KeyRevoked
from tests.network import OPERATOR
from tests.site.people.people import HERE, Town, Visitor
from tests.webui.website import HARBOUR, NETWORK, PASSWORD
from webui.access import read_members
from webui.commands.main import symbiosis
from webui.people.entry_tasks import list_entry_tasks
from webui.people.factor_resets import (
    WAIT,
    cancel_by_code,
    carry_out_resets,
    list_factor_resets,
    request_factor_reset,
    withdraw_reset,
)
from webui.people.factors import read_factors
from webui.people.leaving import end_membership, list_colleagues
from webui.people.persons import Person, add_membership
from webui.people.tables import departures

CHECKED = "I called her on the number that I know"


@pytest.fixture
def firm(town: Town) -> dict[str, Person]:
    """A firm with a signatory and a second one, who has a second factor."""
    town.network.admit("powerco")
    town.network.enrol("powerco/second", [Role.SIGNATORY])
    people = {name: town.person(name) for name in ("powerco", "powerco/second")}
    town.set_up(people["powerco/second"])
    return people


def has_factor(town: Town, person: Person) -> bool:
    with town.runtime.reading() as connection:
        return read_factors(connection, person.id).any


def vouch(town: Town, asker: Person, person: Person) -> None:
    request_factor_reset(town.runtime, town.member(asker), asker, person.id, CHECKED)


def test_a_second_factor_goes_a_day_after_somebody_vouched_and_sessions_end(town: Town, firm: dict[str, Person]) -> None:
    asker, person = firm["powerco"], firm["powerco/second"]
    vouch(town, asker, person)
    town.network.clock.advance(WAIT - timedelta(seconds=1))
    early = carry_out_resets(town.runtime)
    before = has_factor(town, person)
    town.network.clock.advance(timedelta(seconds=1))

    done = carry_out_resets(town.runtime)

    assert (early, before, done, has_factor(town, person)) == (0, True, 1, False)
    assert town.find(person.id).fs_uniquifier != person.fs_uniquifier
    assert carry_out_resets(town.runtime) == 0
    town.send()
    assert [mail["Subject"] for mail in town.sink.mails if mail["To"] == person.email][-2:] == [
        "Your second factor will be removed",
        "Your second factor was removed",
    ]


def test_the_person_is_told_at_once_and_stops_it_by_the_mail(town: Town, firm: dict[str, Person]) -> None:
    asker, person = firm["powerco"], firm["powerco/second"]
    vouch(town, asker, person)
    town.send()
    code = town.sink.find_code(person.email)

    answer = Visitor(town).post("/keep-factor", {"code": code}, page="/keep-factor")
    town.network.clock.advance(WAIT + timedelta(seconds=1))

    assert "Your second factor stays" in answer.text
    assert carry_out_resets(town.runtime) == 0
    assert has_factor(town, person)
    with town.runtime.reading() as connection:
        [kept] = list_factor_resets(connection, town.member(asker))
    assert kept.cancelled_at is not None


def test_a_wrong_code_stops_nothing(town: Town, firm: dict[str, Person]) -> None:
    vouch(town, firm["powerco"], firm["powerco/second"])

    with pytest.raises(NotFound):
        cancel_by_code(town.runtime, "AAAAA-BBBBB-CCCCC-DDDDD", HERE)

    town.network.clock.advance(WAIT)
    assert carry_out_resets(town.runtime) == 1


def test_it_is_recorded_who_vouched_and_how_they_made_sure(town: Town, firm: dict[str, Person]) -> None:
    asker = firm["powerco"]
    vouch(town, asker, firm["powerco/second"])

    with town.runtime.reading() as connection:
        [kept] = list_factor_resets(connection, town.member(asker))

    assert (kept.asked_by, kept.checked) == (asker.id, CHECKED)


def test_who_may_vouch(town: Town, firm: dict[str, Person]) -> None:
    town.network.admit("plasterco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    person = firm["powerco/second"]

    for asker, refusal in (("plasterco", NotFound), ("powerco/scales", Forbidden)):
        with pytest.raises(refusal):
            vouch(town, town.person(asker), person)
    with pytest.raises(Forbidden):
        vouch(town, person, person)
    vouch(town, town.person(OPERATOR), person)
    with pytest.raises(Conflict):
        vouch(town, firm["powerco"], person)
    withdraw_reset(town.runtime, town.member(firm["powerco"]), firm["powerco"], person.id)
    town.network.clock.advance(WAIT)
    assert carry_out_resets(town.runtime) == 0


def test_one_network_does_not_unlock_the_doors_of_another(town: Town, firm: dict[str, Person]) -> None:
    town.found_harbour()
    person = firm["powerco/second"]
    with town.runtime.writing() as connection:
        add_membership(connection, person.id, town.runtime.log(HARBOUR).log_id, "o-harbour", "h-harbour1")

    with pytest.raises(Conflict, match="other networks"):
        vouch(town, firm["powerco"], person)


def test_the_objection_stands_in_the_account_too(town: Town, firm: dict[str, Person]) -> None:
    person = firm["powerco/second"]
    vouch(town, firm["powerco"], person)
    town.network.clock.advance(timedelta(seconds=60))
    visitor = Visitor(town)
    visitor.log_in(person.email)
    visitor.post("/login/factor", {"code": town.show_code(person)}, page="/login/factor")

    text = visitor.get("/account").text
    visitor.post("/account/keep-factor", {}, page="/account")
    town.network.clock.advance(WAIT)

    assert "will be removed" in text
    assert carry_out_resets(town.runtime) == 0


def test_who_leaves_reads_no_more_and_the_keys_become_a_task(town: Town, firm: dict[str, Person]) -> None:
    asker, person = firm["powerco"], firm["powerco/second"]
    machine = town.token("powerco/second")
    caller = town.anybody()
    town.network.clock.advance(timedelta(seconds=60))
    caller.post("/session", {"email": person.email, "password": PASSWORD, "code": town.show_code(person)})
    before = (caller.get("/session").status_code, machine.get("/networks").status_code)

    end_membership(town.runtime, town.member(asker), asker.id, person.id)

    after = (caller.get("/session").status_code, machine.get("/networks").status_code)
    key = town.network.key("powerco/second").multikey
    assert (before, after) == ((200, 200), (401, 401))
    assert read_members(town.runtime, town.find(person.id)) == ()
    assert [(task.kind, task.subject) for task in list_entry_tasks(town.runtime, asker, [town.member(asker)])] == [("key-to-revoke", key)]
    town.network.accept(KeyRevoked(key, key, "left", None), by="powerco")
    assert list_entry_tasks(town.runtime, asker, [town.member(asker)]) == []
    with town.runtime.reading() as connection:
        assert connection.execute(departures.select()).one().ended_by == asker.id


def test_one_may_leave_oneself_but_the_last_signatory_says_that_it_knows(town: Town, firm: dict[str, Person]) -> None:
    first, second = firm["powerco"], firm["powerco/second"]
    end_membership(town.runtime, town.member(second), second.id, second.id)

    with pytest.raises(Conflict, match="last signatory"):
        end_membership(town.runtime, town.member(first), first.id, first.id)
    end_membership(town.runtime, town.member(first), first.id, first.id, anyway=True)

    with town.runtime.reading() as connection:
        assert list_colleagues(connection, town.network.log_id, "o-powerco") == []
    kinds = [
        task.kind for task in list_entry_tasks(town.runtime, town.person(OPERATOR), [town.member(town.person(OPERATOR, "s@x.example"))])
    ]
    assert kinds == ["key-to-revoke", "key-to-revoke"]


def test_who_may_end_whose_membership(town: Town, firm: dict[str, Person]) -> None:
    town.network.admit("plasterco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    stranger, weigher = town.person("plasterco"), town.person("powerco/scales")

    with pytest.raises(NotFound):
        end_membership(town.runtime, town.member(stranger), stranger.id, weigher.id)
    with pytest.raises(Forbidden):
        end_membership(town.runtime, town.member(weigher), weigher.id, firm["powerco"].id)


def test_the_page_says_what_leaving_means_before_it_is_done(town: Town) -> None:
    town.network.admit("powerco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    weigher = town.person("powerco/scales")
    visitor = Visitor(town)
    visitor.log_in(weigher.email)
    place = f"/n/{NETWORK}/people/{weigher.id}/leave"

    shown = visitor.get(place).text
    answer = visitor.post(place, {}, page=place)

    assert "revoked on the log" in shown
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert visitor.get("/tasks").status_code == 303


def test_who_runs_the_service_helps_by_command(town: Town, firm: dict[str, Person]) -> None:
    person = firm["powerco/second"]
    place = ["--data", str(town.settings.data), "--database", town.settings.database_url]

    done = CliRunner().invoke(symbiosis, ["person", "reset-factor", *place, "--email", person.email.upper()])
    again = CliRunner().invoke(symbiosis, ["person", "reset-factor", *place, "--email", person.email])

    assert (done.exit_code, again.exit_code) == (0, 1), done.output
    assert not has_factor(town, person)
    assert town.find(person.id).fs_uniquifier != person.fs_uniquifier
