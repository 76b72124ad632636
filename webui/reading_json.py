"""Reading JSON: every request's body is the log's strict profile (no floats, no duplicate names, NFC), whichever route it comes to."""

from typing import Any, NoReturn

import marshmallow
from flask import Request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from contracts.errors import Finding, Invalid
from ledger.canonical import JSON, decode_json

BODY_BYTES = 2 << 20  #: of one request, unless its route says otherwise


def read_body(asked: Request, limit: int = BODY_BYTES) -> JSON:
    """Read a request's JSON strictly; raises Malformed, UnsupportedMediaType or RequestEntityTooLarge."""
    return decode_json(read_bytes(asked, limit), limit)


def read_bytes(asked: Request, limit: int) -> bytes:
    """Read a request's body as it came, which is to be JSON; raises UnsupportedMediaType or RequestEntityTooLarge."""
    if asked.mimetype != "application/json":
        raise UnsupportedMediaType("send application/json")
    asked.max_content_length = limit
    return asked.get_data(cache=False)


class StrictParser(FlaskParser):
    """Parses bodies strictly, refuses unknown names everywhere, and answers faults as findings."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs' own form of setting
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "json": marshmallow.RAISE,
        "query": marshmallow.RAISE,
    }

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Any:  # noqa: ANN401, ARG002 - webargs' signature
        """Read the body."""
        return read_body(req)

    def handle_error(self, error: marshmallow.ValidationError, req: Request, schema: marshmallow.Schema, **_more: Any) -> NoReturn:  # noqa: ANN401, ARG002 - webargs' signature
        """Raise all faults at once."""
        messages = error.messages if isinstance(error.messages, dict) else {"": error.messages}  # by location
        findings = [finding for location in messages.values() for finding in list_faults(location)]
        raise Invalid("the request is not in the wanted form", findings)


def list_faults(messages: Any, path: str = "") -> list[Finding]:  # noqa: ANN401 - marshmallow nests lists and mappings
    """Flatten marshmallow's messages into findings."""
    if isinstance(messages, dict):
        return [finding for name, inner in messages.items() for finding in list_faults(inner, _join(path, str(name)))]
    if isinstance(messages, list):
        return [finding for inner in messages for finding in list_faults(inner, path)]
    return [Finding(path, "malformed", str(messages))]


def _join(path: str, name: str) -> str:
    if name == "_schema":
        return path
    return f"{path}.{name}" if path else name
