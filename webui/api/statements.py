"""POST /statements: signed statements, singly and in bulk; GET /statements/{hash}: what became of one."""

from typing import Any

from flask import Response, request

from contracts.errors import NotFound
from ledger.canonical import decode_json
from webui import access
from webui.access import get_caller
from webui.api.runtime_of import get_runtime
from webui.problems import make_problem
from webui.reading_bulk import find_bulk, refuse_bulk
from webui.reading_json import read_bytes
from webui.routes import Routes
from webui.schemas.statements import BODY, AnsweredSchema, BulkAnswerSchema
from webui.submitting import Answered, find_outcome, submit_many, submit_one

STATEMENT_BYTES = 16 << 20  #: of one request: 5,000 statements of 3 KiB
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
    findings and the signed refusal otherwise (409 if its id or key_seq is taken). `{"statements": [...]}`, 5,000 at most: 200, and
    each is answered by itself, in their order; one that is no statement at all spoils no other. A thousand at a time are entered: after
    a 503 the same request sent again gives the receipts of those that were.
    """
    data = read_bytes(request, STATEMENT_BYTES)
    bulk = find_bulk(data)
    if bulk is not None:
        del data
        results = [one for window in bulk.list_windows() for one in submit_many(get_runtime(), get_caller(), window)]
        return Response(BulkAnswerSchema().dumps({"results": results}), 200, content_type="application/json")
    value = decode_json(data, STATEMENT_BYTES)
    if isinstance(value, dict) and "statements" in value:
        raise refuse_bulk()
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
