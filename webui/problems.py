"""Problems: the one table that maps refusals to HTTP, and every answer that is none as RFC 9457 problem details.

Input never causes a 500: what the caller can mend is 4xx with findings, what it cannot is 503 with Retry-After.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, json, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from contracts.errors import Conflict, Finding, Forbidden, Invalid, NotFound, NotYet, Refusal
from ledger.errors import EvidenceError, Malformed
from ledger.log import FoundingRefused
from ledger.outcome import LogClosed
from ledger.store import Outage

PROBLEM_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:symbiosis-ledger:problem:"  #: stable names; no address that would have to be served for ever
RETRY_SECONDS = 5


class NoLogin(Refusal):
    """Nobody is logged in, or the token is unknown, expired or revoked."""

    code = "no-login"


class NoSecondFactor(Refusal):
    """The password is right, and a second factor is wanted as well."""

    code = "second-factor"


class WrongOrigin(Refusal):
    """A request with a session cookie lacks its CSRF token."""

    code = "csrf"


class TooMany(Refusal):
    """Too many attempts: wait."""

    code = "too-many"


@dataclass(frozen=True, slots=True)
class Problem:
    """How one family of faults is answered."""

    status: int
    title: str


#: Families from the most special to the most general: the first that fits is taken.
PROBLEMS: Sequence[tuple[type[Exception], Problem]] = (
    (NoLogin, Problem(401, "Log in first")),
    (NoSecondFactor, Problem(401, "A second factor is wanted")),
    (WrongOrigin, Problem(403, "The request lacks its CSRF token")),
    (TooMany, Problem(429, "Too many attempts")),
    (Invalid, Problem(422, "The data is at fault")),
    (NotFound, Problem(404, "Not found")),
    (Forbidden, Problem(403, "Not allowed")),
    (Conflict, Problem(409, "The state does not allow this")),
    (NotYet, Problem(409, "Not yet possible")),
    (Refusal, Problem(422, "Refused")),
    (Malformed, Problem(400, "Not in the wanted form")),
    (EvidenceError, Problem(422, "The evidence does not hold")),
    (FoundingRefused, Problem(422, "The founding was refused")),
    (LogClosed, Problem(503, "The log takes nothing at present")),
    (Outage, Problem(503, "The database does not answer")),
    (OperationalError, Problem(503, "The database does not answer")),
    (InterfaceError, Problem(503, "The database does not answer")),
    (PoolTimeout, Problem(503, "The database does not answer")),
)

#: Codes of the ledger's findings that speak of the log's state and not of the statement's form.
CONFLICTS = frozenset({"replayed-id", "used-key-seq"})


def register_problems(app: Flask) -> None:
    """Answer every refusal and every HTTP error of an app as problem details."""
    for family, _ in PROBLEMS:
        app.register_error_handler(family, answer_refusal)
    app.register_error_handler(HTTPException, answer_http_error)


def find_problem(error: Exception) -> Problem:
    """Find how an exception is answered."""
    return next(problem for family, problem in PROBLEMS if isinstance(error, family))


def answer_refusal(error: Exception) -> Response:
    """Answer a refusal, evidence that does not hold, or a log that is closed."""
    problem = find_problem(error)
    code = str(getattr(error, "code", "unavailable"))
    if problem.status == 503:  # noqa: PLR2004 - what failed inside is for the operator, not for the caller
        current_app.logger.error("%s: %s", type(error).__name__, str(error)[:500])
        detail = str(error) if isinstance(error, LogClosed) else "try again in a few seconds"
        return make_problem(503, problem.title, code if isinstance(error, LogClosed) else "unavailable", detail)
    findings = getattr(error, "findings", ())
    if isinstance(error, EvidenceError):
        findings = [read_finding(error)]
    return make_problem(problem.status, problem.title, code, str(error), findings)


def read_finding(error: EvidenceError) -> Finding:
    """Make a finding of an evidence error, whose message begins with the field where it has one."""
    field, colon, rest = str(error).partition(": ")
    named = bool(colon) and " " not in field
    return Finding(field if named else "", error.code, rest if named else str(error))


def answer_http_error(error: HTTPException) -> Response:
    """Answer an HTTP error of the framework, with its own headers (Allow, WWW-Authenticate)."""
    status = error.code or 500
    detail = error.description if status != 500 else "this is our fault: it was recorded"  # noqa: PLR2004 - hide what broke
    headers = {name: value for name, value in error.get_headers() if name.lower() not in ("content-type", "content-length")}
    return make_problem(status, error.name, error.name.lower().replace(" ", "-"), detail or error.name, headers=headers)


def describe_problem(
    status: int, title: str, code: str, detail: str, findings: Iterable[Finding] = (), **more: object
) -> dict[str, Any]:  # fmt: skip
    """Write problem details as JSON; `more` are extension members."""
    return {
        "type": TYPE_PREFIX + code,
        "title": title,
        "status": status,
        "detail": detail,
        "findings": [{"field": one.field, "code": one.code, "message": one.message} for one in findings],
        **more,
    }


def make_problem(
    status: int,
    title: str,
    code: str,
    detail: str,
    findings: Iterable[Finding] = (),
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> Response:
    """Make the answer that carries problem details."""
    body = describe_problem(status, title, code, detail, findings, instance=request.path, **more)
    response = Response(json.dumps(body), status, headers, content_type=PROBLEM_TYPE)
    if status == 401:  # noqa: PLR2004 - RFC 9110: a 401 names a way in
        response.headers["WWW-Authenticate"] = 'Bearer realm="symbiosis"'
    if status in (429, 503):
        response.headers["Retry-After"] = str(RETRY_SECONDS if status == 503 else 60)  # noqa: PLR2004 - unavailable
    return response
