"""Guessing passwords and codes, and asking who is known: at every door, from wherever, answered alike and with the same work."""

import re
import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.network import OPERATOR
from tests.site.hostile import BASE
from tests.webui.test_doors import read_token
from tests.webui.website import CHEAP, NETWORK, PASSWORD, Website, admit_cast
from webui.access import CSRF_FIELD, CSRF_HEADER
from webui.app import create_app
from webui.people.attempts import ADDRESS_FAILURES, WINDOW
from webui.people.persons import PersonStore, hash_password, set_active, set_password
from webui.settings import PasswordCost

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

HERE = f"/n/{NETWORK}"
#: Where a code or a password is guessed, with the field whose value differs from try to try.
GUESSED = {
    "/login": "email",
    "/login/passkey": "credential",
    "/join": "code",
    "/reset": "code",
    "/reset/mail": "email",
    "/keep-factor": "code",
}
EXPENSIVE = PasswordCost(time=2, memory=32_768, parallelism=1)


@pytest.mark.parametrize("door", GUESSED)
def test_guessing_from_one_address_is_slowed_down_at_every_door(website: Website, door: str) -> None:
    """Whatever differs from try to try, and whatever a header says of where they come from."""
    tried: list[TestResponse] = []
    client = website.app.test_client()
    fields = {CSRF_FIELD: read_token(client.get("/login", base_url=BASE)), "password": "wrong password", "name": "Eve", "way": "password"}

    for number in range(ADDRESS_FAILURES + 1):
        value = f'{{"id":"c{number}"}}' if door == "/login/passkey" else f"p{number}@example.org"
        headers = {"X-Forwarded-For": f"10.0.0.{number}", "Forwarded": f"for=10.0.0.{number}", "X-Real-IP": f"10.0.0.{number}"}
        tried.append(client.post(door, data={**fields, GUESSED[door]: value}, base_url=BASE, headers=headers))
    website.network.clock.advance(WINDOW + timedelta(seconds=1))
    later = client.post(door, data={**fields, GUESSED[door]: "later@example.org"}, base_url=BASE)

    assert {answer.status_code for answer in tried[:-1]} <= {200, 422}
    assert (tried[-1].status_code, tried[-1].mimetype, later.status_code in (200, 422)) == (429, "text/html", True)
    assert int(tried[-1].headers["Retry-After"]) > 0


def test_one_account_is_not_guessed_at_from_many_addresses(website: Website) -> None:
    website.network.admit("powerco")
    website.add_login("powerco", "victim@example.org")
    client = website.app.test_client()
    token = read_token(client.get("/login", base_url=BASE))

    def guess(number: int, password: str) -> int:
        email = f" {'victim'[:number].upper()}{'victim'[number:]}@Example.org "  # however it is spelled
        fields = {CSRF_FIELD: token, "email": email, "password": password}
        return client.post("/login", data=fields, base_url=BASE, environ_base={"REMOTE_ADDR": f"10.0.0.{number}"}).status_code

    guessed = [guess(number, "wrong password") for number in range(5)]

    assert (guessed, guess(6, PASSWORD)) == ([422] * 5, 429)


def test_the_page_of_the_login_answers_alike_whoever_is_known(website: Website) -> None:
    website.network.admit("powerco")
    website.add_login(OPERATOR, "known@example.org")
    shut = website.add_login("powerco", "shuts@example.org")
    with website.runtime.writing() as connection:
        set_active(connection, shut, active=False)
    answers = []
    for email, password in (("known", "wrong password"), ("nobod", "wrong password"), ("shuts", PASSWORD), ("known", "x" * 9000)):
        client = website.app.test_client()
        fields = {CSRF_FIELD: read_token(client.get("/login", base_url=BASE)), "email": f"{email}@example.org", "password": password}
        answer = client.post("/login", data=fields, base_url=BASE)
        answers.append(
            (
                answer.status_code,
                re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text).replace(f"{email}@", "@"),
                sorted(answer.headers.keys()),
            )
        )

    assert answers[0][0] == 422
    assert answers == [answers[0]] * len(answers)


@pytest.mark.parametrize("path", ["/login", "/api/v1/session"])
def test_the_login_takes_as_long_for_who_is_unknown_as_for_who_is_known(database_url: str, tmp_path: Path, path: str) -> None:
    """Passwords are hashed at a cost that shows: without that work an unknown address would be answered at once."""
    website = Website(database_url, tmp_path / "data")
    object.__setattr__(website.settings, "password_cost", EXPENSIVE)
    app = create_app(website.settings, website.runtime)
    website.app = app
    admit_cast(website.network)
    website.add_login("powerco", "known@example.org")
    raise_cost(website, "known@example.org")
    client = app.test_client()
    token = read_token(client.get("/login", base_url=BASE))

    def measure(email: str, number: int) -> float:
        began, fields = time.thread_time(), {"email": email, "password": "wrong password"}  # of this thread: others load the machine too
        where = {"REMOTE_ADDR": f"10.0.{len(email)}.{number}"}
        if path == "/login":
            client.post(path, data={**fields, CSRF_FIELD: token}, base_url=BASE, environ_base=where)
        else:
            client.post(path, json=fields, base_url=BASE, environ_base=where)
        return time.thread_time() - began

    measure("nobody@example.org", 9)  # the first unknown one makes the hash that others are held against
    known = statistics.median(measure("known@example.org", number) for number in range(3))
    unknown = statistics.median(measure("nobody@example.org", number) for number in range(3))
    website.close()

    assert 0.4 < unknown / known < 2.5, (known, unknown)


def raise_cost(website: Website, email: str) -> None:
    """Hash a person's password at the cost that the settings say now."""
    person = PersonStore(website.runtime.reading, website.runtime.writing).find_user(email=email)
    assert person is not None
    assert CHEAP != EXPENSIVE
    with website.runtime.writing() as connection:
        set_password(connection, person.id, hash_password(PASSWORD, EXPENSIVE))


def test_an_invitation_answers_alike_whoever_has_an_account(website: Website) -> None:
    """A signatory who invites an address does not learn that it has an account elsewhere."""
    website.network.admit("powerco")
    website.network.admit("plasterco")
    website.add_login("plasterco", "known@example.org")
    caller = website.session("powerco")
    answers = []
    for email in ("known", "nobod"):
        fields = {CSRF_FIELD: caller.headers[CSRF_HEADER], "email": f"{email}@example.org", "roles": "signatory"}
        answer = caller.client.post(f"{HERE}/people/invite", data=fields, base_url=BASE)
        plain = re.sub(r"[0-9A-Z]{5}(-[0-9A-Z]{5})+", "CODE", answer.text.replace(f"{email}@", "@"))
        answers.append((answer.status_code, re.sub(r'name="csrf_token" value="[^"]*"', "", plain)))

    assert answers[0][0] == 200
    assert answers[0] == answers[1]


def test_a_code_that_is_unknown_is_answered_alike_whatever_was_typed(website: Website) -> None:
    """Nobody learns from a wrong code whether an address was invited, nor that a name or a password would do."""
    client = website.app.test_client()
    token = read_token(client.get("/login", base_url=BASE))
    answers = []
    for code, name in (("AAAAA-AAAAA-AAAAA-AAAAA", "Eve"), ("x", "Eve"), ("", "Eve")):
        fields = {CSRF_FIELD: token, "code": code, "name": name, "way": "password", "password": PASSWORD}
        answer = client.post("/join", data=fields, base_url=BASE)
        words = re.findall(r'class="[^"]*fault[^"]*"[^>]*>(.*?)<', answer.text, re.DOTALL)
        answers.append((answer.status_code, words))

    assert answers[0][0] == 422
    assert answers[0] == answers[1] == answers[2]
