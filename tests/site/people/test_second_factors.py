"""Second factors: wanted by role, checked once, and nothing is open before they are shown."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from contracts.errors import Invalid
from contracts.facts import Role
from tests.network import OPERATOR
from tests.site.people.people import HERE, Town, Visitor
from tests.webui.website import NETWORK, PASSWORD
from webui.people.attempts import ACCOUNT_FAILURES, WINDOW
from webui.people.factors import begin_totp, check_second_factor, confirm_totp, read_factors
from webui.people.persons import set_active
from webui.people.sessions import FRESH, WAIT
from webui.people.tables import recovery_codes, totp_secrets
from webui.problems import NoSecondFactor, TooMany

SYMBIO = f"{OPERATOR}@example.org"


def ask(town: Town, **more: str) -> tuple[int, str]:
    """Log in by the JSON door."""
    answer = town.anybody().post("/session", {"email": SYMBIO, "password": PASSWORD, **more})
    return answer.status_code, str(answer.json.get("type", "")).rpartition(":")[2]


def test_a_weighty_role_without_a_second_factor_gets_no_session_by_json(town: Town) -> None:
    town.person(OPERATOR)

    assert ask(town) == (401, "second-factor")


def test_the_json_login_wants_the_code_and_takes_it(town: Town) -> None:
    person = town.person(OPERATOR)
    town.set_up(person)
    town.network.clock.advance(timedelta(seconds=60))

    answers = [ask(town), ask(town, code="000000"), ask(town, code=town.show_code(person))]

    assert answers == [(401, "second-factor"), (401, "second-factor"), (200, "")]


def test_a_role_that_binds_nobody_needs_none_and_a_deployment_may_say_otherwise(town: Town) -> None:
    town.network.admit("powerco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    person = town.person("powerco/scales")
    body = {"email": person.email, "password": PASSWORD}
    by_role = town.anybody().post("/session", body).status_code
    object.__setattr__(town.settings, "second_factor", "required")

    required = town.anybody().post("/session", body).status_code

    assert (by_role, required) == (200, 401)


def test_whoever_has_set_one_up_is_asked_for_it_whatever_the_role(town: Town) -> None:
    town.network.admit("powerco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    person = town.person("powerco/scales")
    town.set_up(person)

    assert town.anybody().post("/session", {"email": person.email, "password": PASSWORD}).status_code == 401


def test_after_the_password_alone_nothing_is_open(town: Town) -> None:
    person = town.person(OPERATOR)
    town.set_up(person)
    visitor = Visitor(town)

    answer = visitor.log_in(SYMBIO)
    doors = {path: visitor.get(path).headers.get("Location", "open") for path in ("/tasks", "/account", f"/n/{NETWORK}/people")}
    api = visitor.client.get("/api/v1/session", base_url="https://localhost").status_code

    assert (answer.status_code, "second factor" in answer.text) == (200, True)
    assert all(place.startswith("/login?next=") for place in doors.values()), doors
    assert api == 401


def test_password_then_code_opens_a_session_with_a_new_cookie(town: Town) -> None:
    person = town.person(OPERATOR)
    town.set_up(person)
    town.network.clock.advance(timedelta(seconds=60))
    visitor = Visitor(town)
    visitor.get("/login")
    before = visitor.cookie
    visitor.log_in(SYMBIO, next="/account")
    between = visitor.cookie

    answer = visitor.post("/login/factor", {"code": town.show_code(person), "next": "/account"}, page="/login/factor")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert len({before, between, visitor.cookie}) == 3
    assert visitor.get("/tasks").status_code == 200


def test_a_planted_cookie_gains_nothing_by_a_victims_login(town: Town) -> None:
    town.network.admit("powerco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    person = town.person("powerco/scales")
    thief, victim = Visitor(town), Visitor(town)
    thief.get("/login")
    planted = thief.cookie
    victim.client.set_cookie("symbiosis_session", planted, secure=True)

    victim.log_in(person.email)

    assert victim.get("/tasks").status_code == 200
    assert victim.cookie != planted
    assert thief.get("/tasks").status_code == 303


def test_the_awaited_second_factor_is_awaited_for_some_minutes(town: Town) -> None:
    person = town.person(OPERATOR)
    town.set_up(person)
    visitor = Visitor(town)
    visitor.log_in(SYMBIO)
    town.network.clock.advance(WAIT + timedelta(seconds=1))

    answer = visitor.post("/login/factor", {"code": town.show_code(person)})

    assert "took too long" in answer.text
    assert visitor.get("/tasks").status_code == 303


def test_a_shut_login_takes_no_second_factor(town: Town) -> None:
    person = town.person(OPERATOR)
    town.set_up(person)
    town.network.clock.advance(timedelta(seconds=60))
    visitor = Visitor(town)
    visitor.log_in(SYMBIO)
    with town.runtime.writing() as connection:
        set_active(connection, person.id, active=False)

    visitor.post("/login/factor", {"code": town.show_code(person)})

    assert visitor.get("/tasks").status_code == 303


def test_a_session_without_the_factor_that_its_roles_want_opens_nothing_but_the_way_to_set_one_up(town: Town) -> None:
    town.person(OPERATOR)
    visitor = Visitor(town)

    answer = visitor.log_in(SYMBIO)
    tasks = visitor.get("/tasks")
    api = visitor.client.get(f"/api/v1/networks/{NETWORK}/entries", base_url="https://localhost")
    setting = visitor.get("/account/factor")

    assert answer.status_code == 303
    assert (tasks.status_code, tasks.headers["Location"]) == (303, "/account/factor")
    assert api.status_code == 401
    assert setting.status_code == 200


def test_setting_one_up_by_the_page_opens_the_rest_and_shows_the_codes_once(town: Town) -> None:
    person = town.person(OPERATOR)
    visitor = Visitor(town)
    visitor.log_in(SYMBIO)
    visitor.get("/account/factor")
    with town.runtime.writing() as connection:
        town.secrets[person.id] = begin_totp(connection, town.settings, person.id, town.runtime.clock.now())

    answer = visitor.post("/account/factor", {"code": town.show_code(person), "next": "/tasks"}, page="/account/factor")

    assert answer.text.count("<li>") >= 10
    assert visitor.get("/tasks").status_code == 200
    assert town.await_mails(1) == ["The security of your account was changed"]


def test_a_wrong_code_confirms_nothing(town: Town) -> None:
    person = town.person(OPERATOR)
    with town.runtime.writing() as connection:
        begin_totp(connection, town.settings, person.id, town.runtime.clock.now())

    with pytest.raises(Invalid):
        confirm_totp(town.runtime, person, "000000", HERE)

    with town.runtime.reading() as connection:
        assert not read_factors(connection, person.id).any


def test_a_code_counts_once(town: Town) -> None:
    person = town.person(OPERATOR)
    town.set_up(person)
    with pytest.raises(NoSecondFactor):
        check_second_factor(town.runtime, person, town.show_code(person), HERE)  # it confirmed the set-up a moment ago
    town.network.clock.advance(timedelta(seconds=30))
    code = town.show_code(person)

    check_second_factor(town.runtime, person, code, HERE)

    with pytest.raises(NoSecondFactor):
        check_second_factor(town.runtime, person, code, HERE)


@pytest.mark.parametrize("kind", ["recovery", "authenticator"])
def test_a_code_sent_twice_at_once_counts_once(town: Town, kind: str) -> None:
    person = town.person(OPERATOR)
    recovery, *_rest = town.set_up(person)
    town.network.clock.advance(timedelta(seconds=30))
    sent = recovery if kind == "recovery" else town.show_code(person)

    def try_it(code: str) -> bool:
        try:
            check_second_factor(town.runtime, person, code, HERE)
        except NoSecondFactor:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(try_it, [sent] * 4))

    assert taken.count(True) == 1


def test_a_recovery_code_counts_once_however_it_is_typed(town: Town) -> None:
    person = town.person(OPERATOR)
    first, second, *_rest = town.set_up(person)

    check_second_factor(town.runtime, person, f" {first.lower().replace('-', ' ')} ", HERE)
    check_second_factor(town.runtime, person, second.replace("0", "O").replace("1", "l"), HERE)

    with pytest.raises(NoSecondFactor):
        check_second_factor(town.runtime, person, first, HERE)
    with town.runtime.reading() as connection:
        assert read_factors(connection, person.id).recovery_codes == 8


def test_anothers_codes_open_nothing(town: Town) -> None:
    town.network.admit("powerco")
    person, other = town.person(OPERATOR), town.person("powerco")
    codes = town.set_up(person)
    town.set_up(other)

    with pytest.raises(NoSecondFactor):
        check_second_factor(town.runtime, other, codes[0], HERE)


def test_guessing_is_slowed_down_and_the_person_is_told(town: Town) -> None:
    person = town.person(OPERATOR)
    codes = town.set_up(person)
    for _try in range(ACCOUNT_FAILURES):
        with pytest.raises(NoSecondFactor):
            check_second_factor(town.runtime, person, "000000", HERE)

    with pytest.raises(TooMany):
        check_second_factor(town.runtime, person, codes[0], "10.0.0.9")
    town.network.clock.advance(WINDOW + timedelta(seconds=1))
    check_second_factor(town.runtime, person, codes[0], HERE)
    town.send()

    assert [mail["Subject"] for mail in town.sink.mails].count("Wrong codes after your password") == 1


def test_secrets_lie_sealed_and_codes_as_hashes(town: Town) -> None:
    person = town.person(OPERATOR)
    codes = town.set_up(person)

    with town.runtime.reading() as connection:
        sealed = connection.execute(totp_secrets.select()).one().secret
        kept = b"".join(row.hash for row in connection.execute(recovery_codes.select()))

    assert town.secrets[person.id] not in sealed
    assert all(code.replace("-", "").encode() not in kept for code in codes)


def test_a_sealed_secret_is_worth_nothing_in_another_persons_row(town: Town) -> None:
    town.network.admit("powerco")
    person, other = town.person(OPERATOR), town.person("powerco")
    town.set_up(person)
    town.set_up(other)
    with town.runtime.writing() as connection:
        mine = connection.execute(totp_secrets.select().where(totp_secrets.c.person == person.id)).one().secret
        connection.execute(totp_secrets.update().where(totp_secrets.c.person == other.id).values(secret=mine, last_step=0))
    town.network.clock.advance(timedelta(seconds=60))

    answer = town.anybody().post("/session", {"email": other.email, "password": PASSWORD, "code": town.show_code(person)})

    assert answer.status_code == 409


def test_the_locks_of_an_account_are_changed_after_a_young_login_only(town: Town) -> None:
    person = town.person(OPERATOR)
    town.set_up(person)
    town.network.clock.advance(timedelta(seconds=60))
    visitor = Visitor(town)
    visitor.log_in(SYMBIO)
    visitor.post("/login/factor", {"code": town.show_code(person)}, page="/login/factor")
    town.network.clock.advance(FRESH + timedelta(seconds=1))

    doors = ("/account/password", "/account/factor/remove", "/account/recovery-codes", "/account/passkeys", "/account/passkeys/1/remove")
    answers = {door: visitor.post(door, {"password": "another long password"}, page="/account") for door in doors}

    assert {answer.headers["Location"] for answer in answers.values()} == {"/login?next=/account"}
    with town.runtime.reading() as connection:
        factors = read_factors(connection, person.id)
    assert (factors.totp, factors.recovery_codes) == (True, 10)


def test_removing_the_authenticator_shuts_a_weighty_session_out_at_its_next_login(town: Town) -> None:
    person = town.person(OPERATOR)
    town.set_up(person)
    town.network.clock.advance(timedelta(seconds=60))
    visitor = Visitor(town)
    visitor.log_in(SYMBIO)
    visitor.post("/login/factor", {"code": town.show_code(person)}, page="/login/factor")

    visitor.post("/account/factor/remove", {}, page="/account")

    assert ask(town) == (401, "second-factor")
    with town.runtime.reading() as connection:
        assert read_factors(connection, person.id).recovery_codes == 0


def test_the_qr_code_carries_no_style_and_no_script(town: Town) -> None:
    town.person(OPERATOR)
    visitor = Visitor(town)
    visitor.log_in(SYMBIO)

    text = visitor.get("/account/factor").text

    assert "<svg" in text
    assert "style=" not in text
    assert "<script>" not in text


def test_other_sessions_end_and_this_one_goes_on(town: Town) -> None:
    town.network.admit("powerco")
    town.network.enrol("powerco/scales", [Role.OPERATOR])
    person = town.person("powerco/scales")
    here, there = Visitor(town), Visitor(town)
    here.log_in(person.email)
    there.log_in(person.email)

    here.post("/account/sessions", {}, page="/account")

    assert (here.get("/tasks").status_code, there.get("/tasks").status_code) == (200, 303)
