"""Logging in: cookies, CSRF, tokens that end, and what somebody who guesses learns, which is nothing."""

from datetime import timedelta

import pytest

from contracts.errors import Invalid
from contracts.facts import Role
from contracts.own_facts import KeyRevoked
from tests.network import OPERATOR
from tests.webui.website import CHEAP, NETWORK, PASSWORD, Caller, Website
from webui.people.attempts import ACCOUNT_FAILURES, WINDOW
from webui.people.persons import hash_password, set_active
from webui.people.tables import people, tokens

EMAIL = "kim@example.org"


def test_a_person_logs_in_and_is_told_who_it_is(website: Website) -> None:
    website.add_login(OPERATOR, EMAIL)
    caller = website.anybody()

    answer = caller.post("/session", {"email": EMAIL.upper(), "password": PASSWORD})
    me = caller.get("/session").json

    assert answer.status_code == 200
    assert me["memberships"][0]["organisation"] == website.network.operator
    assert "facilitator" in me["memberships"][0]["roles"]
    assert me["csrf_token"]


def test_the_cookie_is_for_this_site_over_https_alone(website: Website) -> None:
    website.add_login(OPERATOR, EMAIL)

    answer = website.anybody().post("/session", {"email": EMAIL, "password": PASSWORD})

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("symbiosis_session=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_unknown_account_wrong_password_and_shut_login_are_answered_alike(website: Website) -> None:
    person = website.add_login(OPERATOR, EMAIL)
    shut = website.add_login("symbio/service", "shut@example.org")
    with website.runtime.writing() as connection:
        set_active(connection, shut, active=False)

    answers = [
        website.anybody().post("/session", {"email": email, "password": password})
        for email, password in ((EMAIL, "wrong password"), ("nobody@example.org", PASSWORD), ("shut@example.org", PASSWORD))
    ]

    assert person
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert all("Set-Cookie" not in answer.headers for answer in answers)


def test_guessing_is_slowed_down_and_the_right_password_does_not_help(website: Website) -> None:
    website.add_login(OPERATOR, EMAIL)
    for _ in range(ACCOUNT_FAILURES):
        website.anybody().post("/session", {"email": EMAIL, "password": "wrong password"})

    right = website.anybody().post("/session", {"email": EMAIL, "password": PASSWORD})
    website.network.clock.advance(WINDOW + timedelta(seconds=1))
    later = website.anybody().post("/session", {"email": EMAIL, "password": PASSWORD})

    assert (right.status_code, later.status_code) == (429, 200)
    assert int(right.headers["Retry-After"]) > 0


def test_one_address_that_tries_many_accounts_is_slowed_down(website: Website) -> None:
    website.add_login(OPERATOR, EMAIL)
    for number in range(50):
        website.anybody().post("/session", {"email": f"p{number}@example.org", "password": "wrong password"})

    answer = website.anybody().post("/session", {"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 429


def test_successes_do_not_count_as_guesses(website: Website) -> None:
    website.add_login(OPERATOR, EMAIL)

    statuses = {website.anybody().post("/session", {"email": EMAIL, "password": PASSWORD}).status_code for _ in range(ACCOUNT_FAILURES + 2)}

    assert statuses == {200}


def test_a_change_without_the_csrf_token_is_refused(website: Website) -> None:
    caller = website.session(OPERATOR)
    order = {"name": "a machine", "roles": [], "days": 1}
    token = caller.headers.pop("X-CSRF-Token")

    without = caller.post(f"/networks/{NETWORK}/tokens", order)
    forged = caller.post(f"/networks/{NETWORK}/tokens", order, headers={"X-CSRF-Token": "x" * 80})
    right = caller.post(f"/networks/{NETWORK}/tokens", order, headers={"X-CSRF-Token": token})

    assert (without.status_code, forged.status_code, right.status_code) == (403, 403, 201)
    assert without.json["type"].endswith(":csrf")


def test_another_sessions_csrf_token_is_worth_nothing(website: Website) -> None:
    first = website.session(OPERATOR)
    other = website.anybody()
    website.add_login("symbio/service", EMAIL)
    foreign = other.post("/session", {"email": EMAIL, "password": PASSWORD}).json["csrf_token"]

    answer = first.ask("DELETE", "/session", headers={"X-CSRF-Token": foreign})

    assert answer.status_code == 403


def test_after_logging_out_a_copied_cookie_is_worth_nothing(website: Website) -> None:
    caller = website.session(OPERATOR)
    cookie = caller.client.get_cookie("symbiosis_session")
    assert cookie is not None
    thief = Caller(website.app.test_client(use_cookies=False), {"Cookie": f"symbiosis_session={cookie.value}"})
    before = thief.get("/session").status_code

    ended = caller.ask("DELETE", "/session").status_code

    assert (before, ended) == (200, 204)
    assert thief.get("/session").status_code == 401


def test_a_shut_login_ends_running_sessions(website: Website) -> None:
    caller = website.session(OPERATOR)
    with website.runtime.writing() as connection:
        set_active(connection, 1, active=False)

    assert caller.get("/session").status_code == 401


def test_a_forged_cookie_is_no_session(website: Website) -> None:
    website.add_login(OPERATOR, EMAIL)

    forger = Caller(website.app.test_client(use_cookies=False), {"Cookie": "symbiosis_session=eyJfdXNlcl9pZCI6IjEifQ.Zz.aaaa"})

    assert forger.get("/session").status_code == 401


def test_a_token_is_shown_once_and_kept_as_a_hash(website: Website) -> None:
    caller = website.session(OPERATOR)

    issued = caller.post(f"/networks/{NETWORK}/tokens", {"name": "weighbridge", "roles": ["operator"], "days": 30}).json
    listed = caller.get(f"/networks/{NETWORK}/tokens")

    with website.runtime.reading() as connection:
        row = connection.execute(tokens.select()).one()
    assert issued["text"].startswith("sl_")
    assert issued["text"] not in listed.text
    assert issued["text"].encode() not in row.hash
    assert website.anybody().get("/session", headers={"Authorization": f"Bearer {issued['text']}"}).status_code == 200


def test_a_revoked_token_reads_no_more(website: Website) -> None:
    person, machine = website.session(OPERATOR), website.token(OPERATOR)
    before = machine.get("/networks").status_code

    revoked = person.ask("DELETE", f"/networks/{NETWORK}/tokens/{machine.token}").status_code

    assert (before, revoked, machine.get("/networks").status_code) == (200, 204, 401)


def test_a_token_expires(website: Website) -> None:
    machine = website.token(OPERATOR, days=2)
    before = machine.get("/networks").status_code
    website.network.clock.advance(timedelta(days=2))

    assert (before, machine.get("/networks").status_code) == (200, 401)


def test_a_token_reads_in_no_role_that_its_issuer_lacks(website: Website) -> None:
    answer = website.session(OPERATOR).post(f"/networks/{NETWORK}/tokens", {"name": "x", "roles": ["auditor"], "days": 1})

    assert (answer.status_code, answer.codes) == (403, ["not-yours"])


def test_a_token_issues_no_tokens(website: Website) -> None:
    machine = website.token(OPERATOR, [Role.FACILITATOR])

    assert machine.post(f"/networks/{NETWORK}/tokens", {"name": "x", "roles": [], "days": 1}).status_code == 403


def test_the_tokens_of_another_organisation_are_not_there(website: Website) -> None:
    website.network.admit("powerco")
    theirs = website.token("powerco")

    answer = website.session(OPERATOR).ask("DELETE", f"/networks/{NETWORK}/tokens/{theirs.token}")

    assert (answer.status_code, theirs.get("/networks").status_code) == (404, 200)


def test_a_revoked_key_takes_its_holders_roles_along(website: Website) -> None:
    website.network.admit("powerco")
    website.network.enrol("powerco/second", [Role.SIGNATORY])
    caller = website.session("powerco/second")
    before = caller.get("/session").json["memberships"][0]["roles"]
    key = website.network.key("powerco/second").multikey
    website.network.accept(KeyRevoked(key, key, "lost", None), by="powerco")

    after = caller.get("/session").json["memberships"][0]["roles"]

    assert (before, after) == (["signatory"], [])


@pytest.mark.parametrize("password", ["short", "x" * 257])
def test_a_password_has_a_length(password: str) -> None:
    with pytest.raises(Invalid):
        hash_password(password, CHEAP)


def test_a_password_is_kept_as_argon2id(website: Website) -> None:
    website.add_login(OPERATOR, EMAIL)

    with website.runtime.reading() as connection:
        kept = connection.execute(people.select()).one().password

    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
