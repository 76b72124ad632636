"""The OpenAPI document is valid and true: every operation is driven with data that fits it and data that does not, on both databases."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from openapi_spec_validator import validate
from schemathesis.engine import events, from_schema
from werkzeug.serving import make_server

from contracts.facts import Role
from tests.network import OPERATOR
from tests.webui.website import API, NETWORK, Website

GOOD = ["2xx", 401, 403, 404, 409]
#: What a body's schema cannot say is refused: decimals that are no text and text that is not NFC (400), signatures that do not hold (422).
#: A login that is tried this often is held back (429).
GOOD_BODIES = [*GOOD, 400, 422, 429]


@pytest.fixture(scope="module")
def document(shared_website: Website) -> dict[str, Any]:
    """The document, as it is served."""
    answer = shared_website.anybody().get("/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json)


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    validate(document)

    assert document["openapi"].startswith("3.1.")


def test_every_operation_says_what_it_is_for_and_answers_problems(document: dict[str, Any]) -> None:
    operations = list_operations(document)

    assert len(operations) > 40
    for place, operation in operations:
        assert operation["summary"] or operation["description"], place
        problem = document["components"]["responses"]["DEFAULT_ERROR"]["content"]
        assert list(problem) == ["application/problem+json"], place
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}, place


def test_every_operation_but_login_names_a_way_in(document: dict[str, Any]) -> None:
    open_places = [place for place, operation in list_operations(document) if not operation["security"]]

    assert open_places == ["post /api/v1/session"]


def test_decimals_are_documented_as_text(document: dict[str, Any]) -> None:
    figure = document["components"]["schemas"]["Figure"]["properties"]["quantity"]

    assert figure["type"] == ["string", "null"]


@pytest.mark.slow
def test_a_machine_finds_no_fault_in_the_api(shared_website: Website, document: dict[str, Any]) -> None:
    website = shared_website
    website.network.grant_role(OPERATOR, Role.AUDITOR)
    caller = website.token(OPERATOR, [Role.FACILITATOR, Role.AUDITOR])

    faults, requests = drive(website, document, caller.headers)

    assert not faults, "\n\n".join(faults)
    assert requests > 1000


@pytest.mark.slow
def test_a_person_finds_no_fault_in_the_api(shared_website: Website, document: dict[str, Any]) -> None:
    website = shared_website
    caller = website.session(OPERATOR)
    cookie = caller.client.get_cookie("symbiosis_session")
    assert cookie is not None
    headers = {**caller.headers, "Cookie": f"symbiosis_session={cookie.value}"}
    own = {path: parts for path, parts in document["paths"].items() if path.endswith(("/tokens", "/tokens/{token}", "/me/tasks"))}

    # The cookie goes with every request, so that leaving it out is not among what is tried: test_access.py does that.
    faults, requests = drive(website, document | {"paths": own}, headers, ways_in=False)

    assert not faults, "\n\n".join(faults)
    assert requests > 100


def list_operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    methods = ("get", "post", "put", "patch", "delete")
    found = [(method, path, parts[method]) for path, parts in document["paths"].items() for method in methods if method in parts]
    return [(f"{method} {path}", {"summary": "", "description": "", **operation}) for method, path, operation in found]


@contextmanager
def serve(website: Website) -> Iterator[str]:
    """Serve a website on a port of this machine."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, website.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def drive(website: Website, document: dict[str, Any], headers: dict[str, str], *, ways_in: bool = True) -> tuple[list[str], int]:
    """Drive every operation of a document; gives the faults found, one for each operation and kind, and the number of requests."""
    name_network(document)
    config = schemathesis.Config.from_dict(
        {
            "headers": headers,
            "seed": 1,
            "generation": {"max-examples": 5, "deterministic": True, "no-shrink": True, "with-security-parameters": ways_in},
            "phases": {"stateful": {"enabled": False}},
            "checks": {"positive_data_acceptance": {"expected-statuses": GOOD}},
            "operations": [{"include-method": "POST", "checks": {"positive_data_acceptance": {"expected-statuses": GOOD_BODIES}}}],
        }
    )
    faults: dict[tuple[str, str], str] = {}
    requests = 0
    with serve(website) as address:
        schema = schemathesis.openapi.from_dict(document, config=config)
        schema.config.update(base_url=address)
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                requests += len(event.recorder.interactions)
                for place, title, words in list_failures(event):
                    faults.setdefault((place, title), f"{place}: {title}\n{words}")
            elif isinstance(event, (events.NonFatalError, events.FatalError)):
                faults.setdefault(("error", str(event)), f"error: {getattr(event, 'info', event)}")
    print(f"{requests} requests on {website.settings.database_url.partition(':')[0]}")
    return list(faults.values()), requests


def list_failures(event: Any) -> Iterator[tuple[str, str, str]]:
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                yield str(event.label), failure.title, f"{failure.message}\n{check.failure_info.code_sample}"


def name_network(part: Any) -> None:
    """Let the network in addresses be the one that is there, so that what lies in it is reached."""
    if isinstance(part, dict):
        if part.get("in") == "path" and part.get("name") == "network":
            part["schema"] = {"type": "string", "enum": [NETWORK]}
        for inner in part.values():
            name_network(inner)
    elif isinstance(part, list):
        for inner in part:
            name_network(inner)


def test_the_document_needs_no_login(shared_website: Website) -> None:
    assert shared_website.anybody().client.get(API + "/openapi.json").status_code == 200
