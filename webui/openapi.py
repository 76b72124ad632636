"""OpenAPI: the document at /api/v1/openapi.json, as true as the routes; problem details where the framework would say JSON."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, json
from flask_smorest import Api

from webui.access import ANYBODY, allow
from webui.openapi_parts import PATTERNS
from webui.problems import PROBLEM_TYPE
from webui.routes import PREFIX, SECURITY_SCHEMES
from webui.schemas.fields import OPENAPI_FIELDS, ProblemSchema
from webui.schemas.statements import COMPONENTS, BulkAnswerSchema


class ProblemApi(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """flask-smorest's Api with problem details for every error, documented as what they are."""

    DEFAULT_RESPONSE_CONTENT_TYPE = "application/json"
    ERROR_SCHEMA = ProblemSchema
    descriptions: deque[Callable[[], None]]  #: of answers and routes, in their order, as far as they are not in the document yet

    def __init__(self, app: Flask) -> None:
        self.descriptions = deque()
        self._writing = threading.Lock()
        self._document = ""
        super().__init__(app)

    def _register_error_handlers(self) -> None:
        """Leave errors to webui/problems.py."""

    def _register_responses(self) -> None:
        self.descriptions.append(self._describe_problems)

    def _describe_problems(self) -> None:
        usual = self.DEFAULT_RESPONSE_CONTENT_TYPE
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_TYPE
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = usual

    def _openapi_json(self) -> Response:
        return Response(self._write(), content_type="application/json")

    def _write(self) -> str:
        """Write the document, once in a process."""
        with self._writing:
            while self.descriptions:
                self.descriptions.popleft()()
            self._document = self._document or json.dumps(self.spec.to_dict())
            return self._document


def make_api(app: Flask) -> ProblemApi:
    """Make the document of an app, and its route."""
    app.config.update(
        API_TITLE="Symbiosis Ledger",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        API_SPEC_OPTIONS={"info": {"description": DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}},
    )
    api = ProblemApi(app)
    for field, kind, form in OPENAPI_FIELDS:
        api.register_field(field, kind, form)
    for name, pattern in PATTERNS.items():
        api.register_converter(app.url_map.converters[name], _describe_part(name, pattern))
    for name, scheme in SECURITY_SCHEMES.items():
        api.spec.components.security_scheme(name, scheme)
    for name, schema in COMPONENTS.items():
        api.spec.components.schema(name, schema)
    api.spec.components.schema("BulkAnswer", schema=BulkAnswerSchema)
    _open_document(app)
    return api


def _open_document(app: Flask) -> None:
    show = app.view_functions["api-docs.openapi_json"]

    def show_document() -> Any:  # noqa: ANN401 - what a view gives
        return show()

    app.view_functions["api-docs.openapi_json"] = allow(show_document, ANYBODY)


def _describe_part(name: str, pattern: str) -> Any:  # noqa: ANN401 - a function that apispec calls
    if name == "index":
        return lambda _converter: {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}
    return lambda _converter: {"type": "string", "pattern": f"^{pattern}$".replace("(?:", "(")}


DESCRIPTION = """Signed statements go in, receipts, proofs and figures come out. What may be written is decided by a statement's
signature and the log's rules; a login or token decides only what may be read. Every fault is answered as problem details (RFC 9457)
with all findings at once. Lists are pages: pass `next` as `after`."""
