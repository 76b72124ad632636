"""Statements in requests and answers: the submission's form as OpenAPI shows it, and what a submitter is told."""

from typing import Any

from marshmallow import Schema, fields

from ledger.authority import MAX_VALIDITY
from ledger.canonical import MAX_INTEGER
from ledger.statement import ABOUT, HASH, KIND, LOG_NAME, MAX_FIELDS, MAX_REFS, ORGANISATION, SIGNATURE, UUID
from webui.reading_bulk import MAX_BULK
from webui.schemas.fields import FindingSchema

_INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _whole(low: int, high: int = MAX_INTEGER) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


def _object(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


STATEMENT = _object(
    f"A statement's header, as it is signed; expires_at is at most {MAX_VALIDITY} seconds after issued_at. See ledger/FORMAT.md.",
    {
        "v": {"type": "integer", "const": 1},
        "log": _text(LOG_NAME.pattern),
        "kind": _text(KIND.pattern),
        "kind_version": _whole(1, 1000),
        "id": _text(UUID.pattern),
        "author": _text(ORGANISATION.pattern),
        "key": _text(r"z6Mk[1-9A-HJ-NP-Za-km-z]{44}"),
        "key_seq": _whole(1),
        "seen": _object("The newest checkpoint that the author had checked.", {"size": _whole(0), "root": _text(HASH.pattern)}),
        "issued_at": {"type": "string", "pattern": _INSTANT},
        "expires_at": {"type": "string", "pattern": _INSTANT},
        "about": _text(ABOUT.pattern),
        "refs": {"type": "array", "items": _text(HASH.pattern), "maxItems": MAX_REFS, "uniqueItems": True},
        "public": {"type": "object", "description": "What everybody must be able to check."},
        "contents_root": _text(HASH.pattern),
        "fields": _whole(0, MAX_FIELDS),
    },
)
SUBMISSION = _object(
    "A signed statement and the contents that it commits to.",
    {
        "statement": {"$ref": "#/components/schemas/Statement"},
        "signature": _text(SIGNATURE.pattern),
        "contents": {"type": "object", "description": "Salted fields, whole: see ledger/FORMAT.md, Contents."},
    },
)
BULK = _object(
    "Many submissions; each is answered by itself.",
    {"statements": {"type": "array", "items": {"description": "a submission"}, "minItems": 1, "maxItems": MAX_BULK}},
)
COMPONENTS = {"Statement": STATEMENT, "Submission": SUBMISSION, "Bulk": BULK}
BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Submission"}, {"$ref": "#/components/schemas/Bulk"}]}}
    },
}


class ReceiptSchema(Schema):
    """The statement is entry `index` of the log."""

    index = fields.Integer(required=True)
    leaf_hash = fields.String(required=True)
    statement_hash = fields.String(required=True)
    received_at = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": ["sequenced", "published", "witnessed"]})


class AnsweredSchema(Schema):
    """What became of one submission."""

    status = fields.Integer(
        required=True, metadata={"description": "201 entered, 200 was entered before, 202 waits, 4xx not entered for these findings"}
    )
    statement_hash = fields.String(required=True, allow_none=True)
    receipt = fields.Nested(ReceiptSchema, required=True, allow_none=True)
    findings = fields.List(fields.Nested(FindingSchema), required=True)
    note = fields.String(
        required=True, allow_none=True, metadata={"description": "the service's signed acknowledgement (202) or refusal (4xx)"}
    )


class BulkAnswerSchema(Schema):
    """What became of each submission, in their order."""

    results = fields.List(fields.Nested(AnsweredSchema), required=True)
