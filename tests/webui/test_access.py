"""Who may enter: every route says so, and every route is tried by everybody."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from contracts.facts import Role
from contracts.own_facts import KeyRevoked, RoleWithdrawn
from contracts.parties.facts import OrganisationLeft, OrganisationSuspended
from tests.network import OPERATOR
from tests.webui.website import API, NETWORK, Answer, Caller, Website
from webui.access import ANYBODY, Access, Who, find_access
from webui.app import create_app
from webui.pages.endpoints import is_page
from webui.people.tables import tokens

#: A part of each kind, of the right form.
PARTS = {
    "network": NETWORK,
    "hash": "0" * 64,
    "multikey": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    "organisation": "o-powerco",
    "period": "2025-01",
    "template": "material-supply@1",
    "index": "0",
    "name": "x-1",
    "string": "0",
    "path": "site.css",
}
ROLES = (*Role,)
#: What strangers may ask for.
OPEN = {
    f"GET {API}/openapi.json",
    f"POST {API}/session",
    "GET /",
    "GET /health",
    "GET /static/<string:version>/<path:name>",
    "POST /reading",
    "GET /login",
    "POST /login",
    "GET /login/factor",
    "POST /login/factor",
    "GET /login/passkey",
    "POST /login/passkey",
    "GET /join",
    "POST /join",
    "GET /reset",
    "POST /reset",
    "POST /reset/mail",
    "GET /keep-factor",
    "POST /keep-factor",
    "GET /check",
    "GET /log/<network:network>/checkpoint",
    "GET /log/<network:network>/key",
}
#: What only holders of a role may enter; all else in a network is for each of its members.
NARROW = {
    f"GET {API}/networks/<network:network>/audit.zip": "auditor",
    "GET /n/<network:network>/lab": "lab",
    "GET /n/<network:network>/lab/<name:agreement>": "lab",
    "POST /n/<network:network>/lab/<name:agreement>": "lab",
    "POST /n/<network:network>/lab/<name:agreement>/issue": "lab",
    f"POST {API}/networks/<network:network>/accounts": "facilitator",
    f"POST {API}/networks/<network:network>/allocations": "facilitator",
    f"POST {API}/networks/<network:network>/periods/<period:period>/close": "facilitator",
    "GET /n/<network:network>/admitted/<organisation:organisation>": "facilitator",
    "GET /n/<network:network>/organisations/admit": "facilitator",
    "POST /n/<network:network>/organisations/admit": "facilitator",
    "GET /n/<network:network>/proposals/<organisation:organisation>": "facilitator",
    "POST /n/<network:network>/proposals/<organisation:organisation>": "facilitator",
    "POST /n/<network:network>/proposals/<organisation:organisation>/decline": "facilitator",
    "POST /n/<network:network>/organisations/<organisation:organisation>/roles": "facilitator",
    "POST /n/<network:network>/periods/<period:period>/accounts": "facilitator",
    "POST /n/<network:network>/periods/<period:period>/allocation": "facilitator",
    "POST /n/<network:network>/periods/<period:period>/close": "facilitator",
    "POST /n/<network:network>/templates/<template:template>": "facilitator",
}
#: What says a network's name and size to anybody, so that anybody can watch its log.
WATCHED = {f"GET /log/<network:network>/{name}" for name in ("checkpoint", "key")}
#: Steps of those who are on the way into a network and no members yet.
COMING = {f"POST /join/<network:network>/{step}" for step in ("factor", "organisation", "key")}
#: What ends the session of whoever asks.
ENDING = {("DELETE", f"{API}/session"), ("POST", "/logout"), ("POST", "/account/sessions")}
#: Callers that no route of a network lets in, whatever its roles.
STRANGERS = ("nobody", "bad token", "revoked token", "expired token", "other network", "other network, every role")


@pytest.fixture(scope="module")
def callers(shared_website: Website) -> dict[str, Caller]:
    """Everybody who may knock, by name."""
    website = shared_website
    found = {role.value: website.token("powerco", [role]) for role in ROLES}
    website.network.grant_role("powerco", Role.FACILITATOR)
    for role in (Role.LAB, Role.BOARD, Role.AUDITOR, Role.SERVICE):
        website.network.grant_role("powerco", role)
    harbour = website.found_harbour()
    expired, revoked = website.token("powerco", ROLES), website.token("powerco", ROLES)
    now = website.runtime.now_text()
    with website.runtime.writing() as connection:
        connection.execute(tokens.update().where(tokens.c.id == expired.token).values(expires_at=now))
        connection.execute(tokens.update().where(tokens.c.id == revoked.token).values(revoked_at=now))
    session = website.session(OPERATOR)
    return found | {
        "nobody": website.anybody(),
        "bad token": Caller(website.app.test_client(), {"Authorization": "Bearer sl_" + "A" * 43}),
        "revoked token": revoked,
        "expired token": expired,
        "other network": harbour.token(),
        "other network, every role": harbour.token(ROLES),
        "member": website.token("plasterco"),
        "session": session,
        "session without CSRF token": Caller(session.client, {}),
    }


def list_places(app: Flask) -> Iterator[tuple[str, Rule, Access]]:
    """List every route: method, rule, declaration."""
    for rule in app.url_map.iter_rules():
        access = find_access(app.view_functions[rule.endpoint])
        assert access is not None, f"{rule.rule} does not say who may enter"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule, access


def fill(rule: Rule, network: str = NETWORK) -> str:
    """Give an address that a rule matches."""
    parts = PARTS | {"network": network}
    return re.sub(r"<(\w+):\w+>", lambda found: parts[found[1]], rule.rule)


def expect(access: Access, who: str, method: str, *, page: bool = False) -> int | None:
    """Give the status with which a caller is kept out; None if it may enter."""
    is_session = who.startswith("session")
    if page and method != "GET" and who != "session":
        return 403  # no form without its CSRF token, from whomever
    if access.who is Who.ANYBODY:
        return None
    if who in STRANGERS[:4]:
        return 303 if page else 401
    if access.who in (Who.PERSON, Who.MEMBER_PERSON) and not is_session:
        return 403
    if access.in_network and who in STRANGERS:
        return 404
    held = {"session": {"facilitator"}, "session without CSRF token": {"facilitator"}, "member": set()}.get(who, {who})
    lacks = bool(access.roles) and not access.roles & held
    return 403 if lacks or (who == "session without CSRF token" and method != "GET") else None


def test_every_route_says_who_may_enter(shared_website: Website) -> None:
    places = list(list_places(shared_website.app))

    assert len(places) > 40


def test_a_route_that_says_nothing_lets_nobody_in(shared_website: Website) -> None:
    app = create_app(shared_website.settings, shared_website.runtime)
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")

    answer = app.test_client().get("/forgotten")

    assert (answer.status_code, "secret" in answer.text) == (403, False)


def test_every_route_is_tried_by_everybody(shared_website: Website, callers: dict[str, Caller]) -> None:
    cells, wrong = 0, []
    for method, rule, access in list_places(shared_website.app):
        for who, caller in callers.items():
            page = is_page(rule.endpoint)
            if (method, rule.rule) in ENDING and expect(access, who, method) is None:
                continue  # it would end the session that the other cells need
            answer = caller.knock(method, fill(rule))
            cells += 1
            if not is_as_expected(answer, expect(access, who, method, page=page), page=page):
                wrong.append(f"{method} {rule.rule} by {who}: {answer.status_code} {answer.text[:120]}")

    print(f"{cells} cells on {shared_website.settings.database_url.partition(':')[0]}")
    assert not wrong, "\n".join(wrong)
    assert cells > 600


def is_as_expected(answer: Answer, kept_out: int | None, *, page: bool) -> bool:
    if kept_out == 303:
        return answer.status_code == 303 and answer.headers["Location"].startswith("/login?next=")
    if kept_out is not None:
        form = "text/html; charset=utf-8" if page else "application/problem+json"
        return answer.status_code == kept_out and answer.content_type == form
    entered = answer.status_code not in (401, 403, 500)
    return entered and not (answer.status_code == 404 and "no such network" in answer.text)


def test_strangers_cannot_tell_a_network_that_exists_from_one_that_does_not(shared_website: Website, callers: dict[str, Caller]) -> None:
    stranger = callers["other network, every role"]
    for method, rule, access in list_places(shared_website.app):
        if access.in_network:
            here, nowhere = (stranger.knock(method, fill(rule, network)) for network in (NETWORK, "atlantis"))

            same = drop_token(here.text.replace(NETWORK, "atlantis")) == drop_token(nowhere.text)
            assert same, rule.rule
            assert here.status_code == nowhere.status_code, rule.rule


def drop_token(text: str) -> str:
    """Leave out a page's CSRF token, which is another one every second."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", text)


def test_only_login_and_the_document_are_open_to_anybody(shared_website: Website) -> None:
    places = {f"{method} {rule.rule}" for method, rule, access in list_places(shared_website.app) if access == ANYBODY}

    assert places == OPEN


def test_what_a_role_alone_may_enter_is_said_here_too(shared_website: Website) -> None:
    """Else a page that was declared for the wrong ones would agree with itself."""
    places = [(f"{method} {rule.rule}", access) for method, rule, access in list_places(shared_website.app)]

    assert {place: "".join(access.roles) for place, access in places if access.roles} == NARROW


def test_whatever_lies_in_a_network_is_for_its_members_and_its_pages_are_for_persons(shared_website: Website) -> None:
    places = [(f"{method} {rule.rule}", rule, access) for method, rule, access in list_places(shared_website.app)]

    assert {place for place, rule, access in places if "network" in rule.arguments and not access.in_network} == COMING | WATCHED
    assert all(access.who in (Who.PERSON, Who.MEMBER_PERSON, Who.ANYBODY) for _, rule, access in places if is_page(rule.endpoint))
    entrants = {rule.rule.split("/")[1] for _, rule, access in places if access.entrants and is_page(rule.endpoint)}
    assert entrants == {"account", "join", "logout"}


def test_a_role_that_the_log_took_away_opens_nothing_more(website: Website) -> None:
    website.network.admit("auditco", roles=[Role.AUDITOR])
    caller = website.token("auditco", [Role.AUDITOR])
    before = caller.get(f"/networks/{NETWORK}/audit.zip").status_code
    website.network.accept(RoleWithdrawn("o-auditco", "o-auditco", "auditor"), by=OPERATOR)

    after = caller.get(f"/networks/{NETWORK}/audit.zip").status_code

    assert (before, after) == (200, 403)


def test_a_token_ends_when_its_organisation_leaves_and_not_when_it_is_suspended(website: Website) -> None:
    website.network.admit("powerco")
    caller = website.token("powerco", [Role.OPERATOR])
    before = caller.get(f"/networks/{NETWORK}/entries").status_code
    website.network.accept(OrganisationSuspended("o-powerco", "unpaid"), by=OPERATOR)
    suspended = caller.get(f"/networks/{NETWORK}/entries").status_code
    website.network.accept(OrganisationLeft("o-powerco", "sold"), by=OPERATOR)

    after = caller.get(f"/networks/{NETWORK}/entries")

    assert (before, suspended, after.status_code) == (200, 200, 401)
    assert "has left" in after.text


def test_a_token_ends_with_the_last_key_of_its_holder(website: Website) -> None:
    website.network.admit("powerco")
    website.network.enrol("powerco/second", [Role.OPERATOR])
    first, second = website.token("powerco"), website.token("powerco/second")
    lost = website.network.key("powerco/second").multikey
    website.network.accept(KeyRevoked(lost, lost, "lost", None), by=OPERATOR)

    answers = [one.get(f"/networks/{NETWORK}/entries").status_code for one in (first, second)]

    assert answers == [200, 401]
