"""POST /statements: signed statements, singly and in bulk; GET /statements/{hash}: what became of one."""

from typing import Any

from flask import Response, request

from contracts.errors import Finding, Invalid, NotFound
from webui import access
from webui.access import get_caller
from webui.api.runtime_of import get_runtime
from webui.problems import make_problem
from webui.reading_json import read_body
from webui.routes import Routes
from webui.schemas.statements import BODY, AnsweredSchema, BulkAnswerSchema
from webui.submitting import MAX_BULK, Answered, find_outcome, submit_many, submit_one

STATEMENT_BYTES = 32 << 20  #: of one request
routes = Routes("statements", "Signed statements: the one way in")

_ANSWERS = {
    "requestBody": BODY,
    "responses": {
        "200": {
            "description": "It was entered before: the same receipt. Of many: each answered by itself.",
            "content": {
                "application/json": {
                    "schema": {"anyOf": [{"$ref": "#/components/schemas/Answered"}, {"$ref": "#/components/schemas/BulkAnswer"}]}
                }
            },
        },
        "202": {
            "description": "It is kept and waits for its judgement; ask again, by its hash or with the same bytes.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answered"}}},
        },
    },
}


@routes.route("POST /statements", access.CALLERS, answer=AnsweredSchema, status=201, doc=_ANSWERS)
def submit_statements() -> Any:  # noqa: ANN401 - an answer, or a problem
    """Submit one statement, or many.

    One: 201 with its receipt, 200 if the same bytes were entered before, 202 with a signed acknowledgement if it waits, a problem with all
    findings and the signed refusal otherwise (409 if its id or key_seq is taken). `{"statements": [...]}`: 200, and each is answered
    by itself.
    """
    value = read_body(request, STATEMENT_BYTES)
    if isinstance(value, dict) and "statements" in value:
        values = value["statements"]
        if len(value) != 1 or not isinstance(values, list) or not 1 <= len(values) <= MAX_BULK:
            raise Invalid(
                "a bulk request is not in the wanted form", [Finding("statements", "malformed", f"a list of 1 to {MAX_BULK} is wanted")]
            )
        results = submit_many(get_runtime(), get_caller(), values)
        return Response(BulkAnswerSchema().dumps({"results": results}), 200, content_type="application/json")
    answered = submit_one(get_runtime(), get_caller(), value)
    return (answered, answered.status) if answered.status < 400 else refuse(answered)  # noqa: PLR2004 - problems begin there


def refuse(answered: Answered) -> Response:
    """Answer a refused statement as a problem that carries the signed refusal."""
    more: dict[str, Any] = {"statement_hash": answered.statement_hash} | ({"refusal": answered.note} if answered.note else {})
    code = {404: "unknown-log", 409: "conflict"}.get(answered.status, "refused")
    detail = "the statement is not on the log: see the findings"
    return make_problem(answered.status, "The statement was refused", code, detail, answered.findings, **more)


@routes.route("GET /statements/<hash:statement_hash>", access.CALLERS, answer=AnsweredSchema)
def show_outcome(statement_hash: str) -> Answered:
    """Say what became of a statement: its receipt, that it waits, or its last refusal."""
    found = find_outcome(get_runtime(), get_caller(), statement_hash)
    if found is None:
        raise NotFound("no such statement came to a log that you belong to")
    return found
