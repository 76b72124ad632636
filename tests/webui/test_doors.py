"""Doors: forms without their token, sessions planted beforehand, ways off the site, guessing, and asking who is known."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.site.hostile import BASE, find_wrongs, leads_away, list_rules, read_page
from tests.site.posting import forget_attempts, read_forms, watch_writes
from tests.webui.test_access import fill
from tests.webui.website import NETWORK, PASSWORD, Caller, Website
from webui.access import ANYBODY, CSRF_FIELD, CSRF_HEADER, allow
from webui.app import create_app
from webui.headers import HEADERS
from webui.people.sessions import FRESH

HERE = f"/n/{NETWORK}"
#: What a browser would follow to another site, or run.
AWAY = (
    *("https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example"),
    *("\t//evil.example", "http:evil.example", "https:/evil.example", "javascript:alert(1)", " //evil.example", "/\n/evil.example"),
    *("\x01//evil.example", "//evil.example:80", "data:text/html,x", "/\\/evil.example", "https://localhost@evil.example"),
    *("https://localhost.evil.example", "//localhost@evil.example"),
)


@pytest.fixture(scope="module")
def member(shared_website: Website) -> Caller:
    """A member's session."""
    return shared_website.session("powerco")


@pytest.fixture(scope="module")
def other(shared_website: Website) -> Caller:
    """Another member's session."""
    return shared_website.session("plasterco")


def read_token(client_answer: TestResponse) -> str:
    """Read the token of a page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client_answer.text)
    assert found, client_answer.status
    return found[1]


def test_no_form_of_any_page_is_taken_without_its_own_sessions_token(shared_website: Website, member: Caller, other: Caller) -> None:
    """Tried as a browser would that another site sends: with the cookie, and without, with a wrong or with another session's token."""
    right, foreign = member.headers[CSRF_HEADER], other.headers[CSRF_HEADER]
    stranger = read_token(shared_website.app.test_client().get("/login", base_url=BASE))
    size, wrong = shared_website.count(), []
    with watch_writes(shared_website.network.engine) as kept:
        for rule in list_rules(shared_website, "POST"):
            for sent in ("", "x" * 80, right[:-1], right.upper(), foreign, stranger):
                for fields in ({CSRF_FIELD: sent}, {CSRF_FIELD: sent, "edit": "1"}, {"unknown": sent, "X-CSRF-Token": right}):
                    answer = member.client.post(f"{fill(rule)}?{CSRF_FIELD}={right}", data=fields, base_url=BASE)
                    if (answer.status_code, answer.mimetype) != (403, "text/html"):
                        wrong.append(f"{rule.rule} with {fields}: {answer.status_code}")
        written = kept.take()

    assert not wrong, "\n".join(wrong)
    assert (written, shared_website.count()) == (set(), size)


def test_the_right_token_is_taken_by_every_form(shared_website: Website) -> None:
    """Else the test above would pass whatever was sent."""
    ended, wrong = {"/logout", "/account/sessions", "/account/password"}, []
    caller = shared_website.session("town")
    for rule in list_rules(shared_website, "POST"):
        if rule.rule not in ended:
            answer = caller.client.post(fill(rule), data={CSRF_FIELD: caller.headers[CSRF_HEADER]}, base_url=BASE)
            wrong += [rule.rule] if "lacks its CSRF token" in answer.text or "sent by this site" in answer.text else []

    assert not wrong


def list_odd_answers(website: Website, member: Caller) -> Iterator[tuple[str, TestResponse]]:
    """Give one answer of each kind that there is: pages, files, data, refusals, ways on, and what never reaches a handler."""
    stranger, token = website.app.test_client(), member.headers[CSRF_HEADER]
    for path in (
        "/login",
        "/",
        "/tasks",
        "/nowhere",
        "/static/x/site.css",
        "/static/x/none.js",
        "/static/../app.py",
        "/%ff",
        f"{HERE}/",
        "/login/",
    ):
        yield path, stranger.get(path, base_url=BASE, headers={"Accept": "text/html"})
    for path in ("/login/passkey", "/api/v1/openapi.json", "/api/v1/session", "/api/v1/nowhere", f"{HERE}//deliveries", "//evil.example/x"):
        yield path, stranger.get(path, base_url=BASE)
    for path in ("/tasks", f"{HERE}/ledger", f"{HERE}/ledger?format=csv", f"{HERE}/ledger?format=xlsx", f"{HERE}/deliveries/none"):
        yield path, member.client.get(path, base_url=BASE)
    for path in (f"{HERE}/organisations/admit", f"{HERE}/ledger?after=x", "/account/passkeys", "/"):
        yield path, member.client.get(path, base_url=BASE)
    static = re.findall(r'(?:src|href)="(/static/[^"]+)"', stranger.get("/login", base_url=BASE).text)
    for path in static:
        yield path, stranger.get(path, base_url=BASE)
    for method in ("OPTIONS", "HEAD", "DELETE", "PUT", "TRACE"):
        yield method, stranger.open("/login", method=method, base_url=BASE)
    yield "no token", member.client.post("/reading", base_url=BASE)
    yield "too large", member.client.post("/reading", data={CSRF_FIELD: token, "x": "x" * (3 << 20)}, base_url=BASE)
    yield "faults", member.client.post("/account/password", data={CSRF_FIELD: token, "password": "x"}, base_url=BASE)
    yield "way on", member.client.post("/reading", data={CSRF_FIELD: token, "theme": "dark"}, base_url=BASE)
    yield "NUL", member.client.get(f"{HERE}/ledger?about=a%00b", base_url=BASE)


def test_every_kind_of_answer_carries_the_headers_against_frames_sniffing_and_scripts(shared_website: Website, member: Caller) -> None:
    wrong, statuses = [], set()
    for what, answer in list_odd_answers(shared_website, member):
        statuses.add(answer.status_code)
        wrong += [f"{what} ({answer.status_code}): {name}" for name, value in HEADERS.items() if answer.headers.get(name) != value]
        wrong += [f"{what}: Access-Control" for name in answer.headers.keys() if name.lower().startswith("access-control")]  # noqa: SIM118 - a list of pairs
        answer.close()

    assert not wrong, "\n".join(wrong)
    assert {200, 303, 400, 401, 403, 404, 405, 413, 422} - {400} <= statuses


def test_the_headers_forbid_frames_sniffing_foreign_scripts_and_referrers() -> None:
    policy = {part.split(" ", 1)[0]: part.split(" ", 1)[1] for part in HEADERS["Content-Security-Policy"].split("; ")}

    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert HEADERS["X-Frame-Options"] == "DENY"
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
    assert HEADERS["Referrer-Policy"] == "no-referrer"


def test_a_fault_of_ours_is_a_page_with_the_same_headers_and_no_details(shared_website: Website) -> None:
    app = create_app(shared_website.settings, shared_website.runtime)
    app.testing = False
    add_fault(app)

    answer = app.test_client().get("/breaks", base_url=BASE)

    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert "secret of ours" not in answer.text
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def add_fault(app: Flask) -> None:
    """Add a page that breaks."""

    def break_down() -> str:
        raise RuntimeError("secret of ours")

    app.add_url_rule("/breaks", "page_breaks", allow(break_down, ANYBODY))


@pytest.fixture(scope="module")
def email(shared_website: Website) -> str:
    """Somebody who can log in by a password."""
    shared_website.add_login("town", "off@example.org")
    return "off@example.org"


@pytest.mark.parametrize("away", AWAY)
def test_no_way_back_leads_off_the_site(shared_website: Website, member: Caller, other: Caller, email: str, away: str) -> None:
    """Each `next` and `back` that there is: in a query, in a form, before and after a login."""
    stranger, login = Caller(shared_website.app.test_client(), {}), Caller(shared_website.app.test_client(), {})
    forget_attempts(shared_website)
    answers = [
        stranger.client.get(path, query_string={"next": away}, base_url=BASE) for path in ("/login", "/login/factor", "/join", "/reset")
    ]
    answers += [member.client.get(path, query_string={"next": away, "back": away, "then": away}, base_url=BASE) for path in BACK]
    token = read_token(login.client.get("/login", base_url=BASE))
    answers.append(login.client.post("/login", data={CSRF_FIELD: token, "email": email, "password": "wrong", "next": away}, base_url=BASE))
    answers.append(login.client.post("/login", data={CSRF_FIELD: token, "email": email, "password": PASSWORD, "next": away}, base_url=BASE))
    fields = {CSRF_FIELD: other.headers[CSRF_HEADER], "next": away, "back": away, "code": "1", "theme": "dark"}
    answers += [other.client.post(path, data=fields, base_url=BASE) for path in ("/reading", "/account/factor", "/account/language")]

    wrong = [
        f"{answer.request.path}: {answer.headers['Location']}" for answer in answers if leads_away(answer.headers.get("Location", "/"))
    ]
    for answer in answers:
        targets = [*read_page(answer.text).links, *(text for form in read_forms(answer.text, "/") for _, text in form.kept if text)]
        wrong += [f"{answer.request.path}: {target}" for target in targets if "evil" in target or "alert" in target or "data:" in target]
    assert answers[-4].status_code == 303, "the login is right"
    assert not wrong, "\n".join(wrong)


FRONT = ("/login", "/login/factor", "/join", "/reset")
BACK = ("/account/factor", f"{HERE}/keys", "/account", "/tasks", f"{HERE}/grants/give", f"{HERE}/agreements/new", "/")


@pytest.mark.parametrize(
    "path", ["//evil.example/tasks", "//evil.example/n/kalundborg/ledger", "/\\evil.example", "/%5C%5Cevil.example", "///evil.example"]
)
def test_an_address_that_looks_like_another_site_leads_to_none(shared_website: Website, path: str) -> None:
    answer = shared_website.app.test_client().get(path, base_url=BASE, headers={"Accept": "text/html"})

    assert not find_wrongs(path, answer)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:443"])
def test_a_host_header_of_another_site_is_in_no_answer(shared_website: Website, member: Caller, host: str) -> None:
    for client, path in ((shared_website.app.test_client(), "/login"), (member.client, f"{HERE}/people"), (member.client, "/nowhere")):
        answer = client.get(path, base_url=f"https://{host}")

        assert host not in answer.text + str(answer.headers), path


@pytest.mark.parametrize("door", ["page", "api", "password", "sessions"])
def test_what_a_browser_held_before_a_login_is_worth_nothing_after_it(website: Website, door: str) -> None:
    """Whoever planted a cookie in another's browser has neither the session nor the token that the login made."""
    website.network.admit("powerco")
    website.add_login("powerco", "victim@example.org")
    client = website.app.test_client()
    planted = read_token(client.get("/login", base_url=BASE))
    cookie = client.get_cookie("symbiosis_session")
    assert cookie is not None
    fields = {CSRF_FIELD: planted, "email": "victim@example.org", "password": PASSWORD}

    if door == "api":
        client.post("/api/v1/session", json={"email": fields["email"], "password": PASSWORD}, base_url=BASE)
    else:
        client.post("/login", data=fields, base_url=BASE)
    if door in ("password", "sessions"):
        planted = read_token(client.get("/account", base_url=BASE))
        cookie = client.get_cookie("symbiosis_session")
        client.post(f"/account/{door}", data={CSRF_FIELD: planted, "password": "quite another password"}, base_url=BASE)

    now = client.get_cookie("symbiosis_session")
    assert now is not None
    assert cookie is not None
    thief = website.app.test_client(use_cookies=False)
    old = {"Cookie": f"symbiosis_session={cookie.value}"}
    assert client.get("/tasks", base_url=BASE).status_code == 200, "the victim is logged in"
    assert now.value != cookie.value
    assert thief.get("/tasks", base_url=BASE, headers=old).status_code == 303
    assert client.post("/reading", data={CSRF_FIELD: planted}, base_url=BASE).status_code == 403


def test_logging_out_on_the_page_ends_the_session_wherever_it_is(website: Website) -> None:
    website.network.admit("powerco")
    caller = website.session("powerco")
    cookie = caller.client.get_cookie("symbiosis_session")
    assert cookie is not None
    copied = {"Cookie": f"symbiosis_session={cookie.value}"}
    thief = website.app.test_client(use_cookies=False)
    before = thief.get("/tasks", base_url=BASE, headers=copied).status_code

    caller.client.post("/logout", data={CSRF_FIELD: caller.headers[CSRF_HEADER]}, base_url=BASE)

    assert (before, thief.get("/tasks", base_url=BASE, headers=copied).status_code) == (200, 303)


def test_a_session_ends_by_itself(website: Website) -> None:
    website.network.admit("powerco")
    caller = website.session("powerco")
    cookie = caller.client.get_cookie("symbiosis_session")

    assert cookie is not None
    assert cookie.expires is not None, "a browser forgets it"
    assert website.app.config["PERMANENT_SESSION_LIFETIME"] <= timedelta(hours=12)
    assert timedelta(hours=1) > FRESH
