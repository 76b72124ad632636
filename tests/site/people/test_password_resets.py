"""New passwords by mail: nobody learns who has an account, a code counts once, and all sessions end."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from contracts.errors import Invalid, NotFound
from contracts.facts import Role
from tests.network import OPERATOR
from tests.site.people.people import HERE, Town, Visitor
from tests.webui.website import PASSWORD
from webui.people.attempts import ACCOUNT_FAILURES
from webui.people.password_resets import MINUTES, request_password_reset, reset_password
from webui.people.persons import Person, set_active
from webui.people.tables import mails, password_resets
from webui.problems import TooMany

FRESH = "a new long password"


@pytest.fixture
def weigher(town: Town) -> Person:
    """Somebody who needs no second factor."""
    town.network.admit("powerco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    return town.person("powerco/scales")


def ask(town: Town, email: str) -> str:
    """Ask for a code, and read it from the mail."""
    request_password_reset(town.runtime, email, HERE)
    town.send()
    return town.sink.find_code(email)


def test_a_code_sets_a_new_password_once_and_ends_all_sessions(town: Town, weigher: Person) -> None:
    visitor = Visitor(town)
    visitor.log_in(weigher.email)
    code = ask(town, weigher.email)

    reset_password(town.runtime, code, FRESH, HERE)

    assert visitor.get("/tasks").status_code == 303
    body = {"email": weigher.email, "password": PASSWORD}
    assert town.anybody().post("/session", body).status_code == 401
    assert town.anybody().post("/session", body | {"password": FRESH}).status_code == 200
    with pytest.raises(NotFound):
        reset_password(town.runtime, code, "yet another password", HERE)
    town.send()
    assert town.sink.mails[-1]["Subject"] == "Your password was changed"


def test_a_code_holds_for_an_hour(town: Town, weigher: Person) -> None:
    code = ask(town, weigher.email)
    town.network.clock.advance(timedelta(minutes=MINUTES, seconds=1))

    with pytest.raises(NotFound):
        reset_password(town.runtime, code, FRESH, HERE)


def test_the_second_factor_outlives_a_new_password(town: Town) -> None:
    person = town.person(OPERATOR)
    town.set_up(person)
    code = ask(town, person.email)

    reset_password(town.runtime, code, FRESH, HERE)

    assert town.anybody().post("/session", {"email": person.email, "password": FRESH}).status_code == 401


def test_one_code_used_voids_the_others(town: Town, weigher: Person) -> None:
    first, second = ask(town, weigher.email), ask(town, weigher.email)
    reset_password(town.runtime, second, FRESH, HERE)

    with pytest.raises(NotFound):
        reset_password(town.runtime, first, "yet another password", HERE)


def test_a_bad_password_uses_no_code_up(town: Town, weigher: Person) -> None:
    code = ask(town, weigher.email)
    with pytest.raises(Invalid):
        reset_password(town.runtime, code, "short", HERE)

    reset_password(town.runtime, code, FRESH, HERE)


def test_known_and_unknown_addresses_are_answered_alike_and_cost_the_same_steps(town: Town, weigher: Person) -> None:
    shut = town.person("powerco", "shut@example.org")
    with town.runtime.writing() as connection:
        set_active(connection, shut.id, active=False)
    steps: list[str] = []
    mine = threading.get_ident()  # mail leaves in threads of its own, whoever asked

    def hear(*heard: Any) -> None:
        if threading.get_ident() == mine and "login_attempts" not in heard[2]:
            steps.append(heard[2])

    event.listen(town.runtime.engine, "before_cursor_execute", hear)
    pages, taken = [], []
    for email in (weigher.email, "nobody@example.org", "shut@example.org"):
        steps.clear()
        request_password_reset(town.runtime, email, HERE)
        taken.append(tuple(steps))
        answer = Visitor(town).post("/reset/mail", {"email": email}, page="/reset")
        pages.append((answer.status_code, answer.text.partition("<main")[2].partition("</main>")[0]))

    assert len(set(pages)) == 1
    assert len(set(taken)) == 1, taken
    assert len(taken[0]) >= 5


def test_only_the_known_address_gets_a_mail(town: Town, weigher: Person) -> None:
    shut = town.person("powerco", "shut@example.org")
    with town.runtime.writing() as connection:
        set_active(connection, shut.id, active=False)
    for email in (weigher.email, "nobody@example.org", "shut@example.org"):
        request_password_reset(town.runtime, email, HERE)

    town.send()

    assert [mail["To"] for mail in town.sink.mails] == [weigher.email]
    with town.runtime.reading() as connection:
        assert [row.recipient for row in connection.execute(mails.select())] == [weigher.email]


def test_asking_often_is_held_back_for_known_and_unknown_alike(town: Town, weigher: Person) -> None:
    for email in (weigher.email, "nobody@example.org"):
        for _time in range(ACCOUNT_FAILURES):
            request_password_reset(town.runtime, email, HERE)

        with pytest.raises(TooMany):
            request_password_reset(town.runtime, email, HERE)


def test_guessing_codes_from_one_place_is_slowed_down(town: Town) -> None:
    for number in range(50):
        with pytest.raises(NotFound):
            reset_password(town.runtime, f"AAAAA-BBBBB-CCCCC-{number:05d}", FRESH, HERE)

    with pytest.raises(TooMany):
        reset_password(town.runtime, "AAAAA-BBBBB-CCCCC-DDDDD", FRESH, HERE)


def test_codes_are_kept_as_hashes(town: Town, weigher: Person) -> None:
    code = ask(town, weigher.email)

    with town.runtime.reading() as connection:
        row = connection.execute(password_resets.select()).one()

    assert code.replace("-", "").encode() not in row.hash
    assert len(row.hash) == 32


def test_the_pages_take_the_code_and_say_what_is_wrong(town: Town, weigher: Person) -> None:
    code = ask(town, weigher.email)
    visitor = Visitor(town)

    wrong = visitor.post("/reset", {"code": "nonsense", "password": FRESH}, page="/reset")
    short = visitor.post("/reset", {"code": code, "password": "short"}, page="/reset")
    right = visitor.post("/reset", {"code": code, "password": FRESH}, page="/reset")

    assert (wrong.status_code, short.status_code, right.status_code) == (422, 422, 200)
    assert 'value="short"' not in short.text
    assert "Your password was changed" in right.text
