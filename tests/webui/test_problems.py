"""Problem details: every family of faults has its answer, and no answer tells more than it should."""

import json

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import NotAcceptable

from contracts import errors
from contracts.errors import Conflict, Finding, Forbidden, Invalid, NotFound, NotYet, Refusal
from ledger.errors import BadProof, BadSignature, Diverged, EvidenceError, Malformed
from ledger.log import FoundingRefused
from ledger.outcome import LogLatched, LogUnavailable
from ledger.store import Outage
from tests.network import OPERATOR
from tests.webui.website import API, NETWORK, Website
from webui.problems import PROBLEMS, NoLogin, TooMany, WrongOrigin, read_finding, register_problems

FAULTS: list[tuple[Exception, int, str]] = [
    (Invalid("no", [Finding("a.b", "bad", "mend it")]), 422, "invalid"),
    (NotFound("no"), 404, "not-found"),
    (Forbidden("no"), 403, "forbidden"),
    (Conflict("no"), 409, "conflict"),
    (NotYet("no"), 409, "not-yet"),
    (NoLogin("no"), 401, "no-login"),
    (WrongOrigin("no"), 403, "csrf"),
    (TooMany("no"), 429, "too-many"),
    (Malformed("statement.id: is wrong"), 400, "malformed"),
    (BadSignature("no"), 422, "bad-signature"),
    (BadProof("no"), 422, "bad-proof"),
    (Diverged("no"), 422, "diverged"),
    (LogLatched("no"), 503, "log-latched"),
    (LogUnavailable("no"), 503, "log-unavailable"),
    (Outage("secret"), 503, "unavailable"),
    (OperationalError("SELECT secret", {}, ValueError("secret")), 503, "unavailable"),
    (NotAcceptable(), 406, "not-acceptable"),
]


@pytest.mark.parametrize(("fault", "status", "code"), FAULTS, ids=[type(fault[0]).__name__ for fault in FAULTS])
def test_each_family_of_faults_has_its_problem(fault: Exception, status: int, code: str) -> None:
    app = Flask("faults")
    register_problems(app)

    @app.get("/")
    def fail() -> str:
        raise fault

    answer = app.test_client().get("/")

    body = json.loads(answer.text)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert body["type"] == f"urn:symbiosis-ledger:problem:{code}"
    assert body["status"] == status
    assert "secret" not in answer.text


def test_every_refusal_and_every_fault_of_evidence_is_in_the_table() -> None:
    families = [*Refusal.__subclasses__(), *EvidenceError.__subclasses__(), FoundingRefused, LogLatched, LogUnavailable]

    assert {name for name in vars(errors) if name in ("Invalid", "NotFound", "Forbidden", "Conflict", "NotYet")} <= {
        family.__name__ for family in families
    }
    for family in families:
        assert any(issubclass(family, known) for known, _ in PROBLEMS), family


def test_special_families_stand_before_general_ones() -> None:
    for position, (family, problem) in enumerate(PROBLEMS):
        general = [known for known, _ in PROBLEMS[:position] if issubclass(family, known)]

        assert not general, f"{family.__name__} ({problem.status}) is never reached"


def test_findings_travel_with_the_problem() -> None:
    app = Flask("findings")
    register_problems(app)

    @app.get("/")
    def fail() -> str:
        raise Invalid("two faults", [Finding("a", "one", "first"), Finding("b", "two", "second")])

    body = json.loads(app.test_client().get("/").text)

    assert [finding["code"] for finding in body["findings"]] == ["one", "two"]


def test_a_fault_of_form_names_its_field() -> None:
    finding = read_finding(Malformed("statement.id: is not a UUID"))

    assert (finding.field, finding.code, finding.message) == ("statement.id", "malformed", "is not a UUID")


def test_a_fault_of_ours_is_not_described() -> None:
    app = Flask("ours")
    register_problems(app)

    @app.get("/")
    def fail() -> str:
        raise RuntimeError("secret")

    answer = app.test_client().get("/")

    assert (answer.status_code, "secret" in answer.text) == (500, False)


def test_a_log_that_is_shut_says_when_to_come_back() -> None:
    app = Flask("later")
    register_problems(app)

    @app.get("/")
    def fail() -> str:
        raise LogUnavailable("the database failed")

    assert int(app.test_client().get("/").headers["Retry-After"]) > 0


def test_a_wrong_method_is_told_the_right_ones(shared_website: Website) -> None:
    answer = shared_website.anybody().ask("PATCH", "/session")

    assert answer.status_code == 405
    assert {"GET", "POST", "DELETE"} <= set(answer.headers["Allow"].replace(" ", "").split(","))


def test_a_login_that_is_missing_is_asked_for(shared_website: Website) -> None:
    answer = shared_website.anybody().get("/networks")

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="symbiosis"')


def test_every_answer_shuts_browsers_out_of_mischief(shared_website: Website) -> None:
    for path in ("/openapi.json", "/nowhere", "/session"):
        answer = shared_website.anybody().get(path)

        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/networks/%00", "/networks/kalundborg/agreements/%00", f"/networks/{NETWORK}/entries/9{'9' * 30}", "/%ff"]
)
def test_an_address_that_is_none_is_not_found(shared_website: Website, path: str) -> None:
    assert shared_website.token(OPERATOR).get(path).status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=1.5", "limit=-1", "after=%00", "after=x", "more=1", "kind=x"])
def test_a_query_that_is_none_is_refused_with_its_field(shared_website: Website, query: str) -> None:
    answer = shared_website.token(OPERATOR).get(f"/networks/{NETWORK}/entries?{query}")

    assert answer.status_code == 422
    assert [finding["field"] for finding in answer.json["findings"]] == [query.partition("=")[0]]


def test_a_body_beyond_all_measure_is_refused(shared_website: Website) -> None:
    answer = shared_website.anybody().client.post(f"{API}/session", data=b" " * (3 << 20), content_type="application/json")

    assert answer.status_code == 413
