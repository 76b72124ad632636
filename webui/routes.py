"""Routes: how a handler states its address, who may enter, what it takes and what it answers; all of it in one decorator."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from flask_smorest import Blueprint
from marshmallow import Schema

from webui.access import CSRF_HEADER, Access, Who, allow
from webui.reading_json import StrictParser

PREFIX = "/api/v1"
H = TypeVar("H", bound=Callable[..., Any])
_SESSION: dict[str, list[str]] = {"session": [], "csrf": []}
_TOKEN: dict[str, list[str]] = {"token": []}

#: How OpenAPI names the ways in.
SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "a machine's token, sl_…"},
    "session": {"type": "apiKey", "in": "cookie", "name": "symbiosis_session", "description": "a person's session"},
    "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER, "description": "with a session, for whatever changes something"},
}


class DescribedLater(Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """Routes that are described when the document is asked for: that is most of what making an app costs."""

    def register_views_in_doc(self, api: Any, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - flask-smorest's signature
        """Leave the description for later."""
        api.descriptions.append(partial(super().register_views_in_doc, api, *arguments, **options))


class Routes:
    """The routes of one noun."""

    def __init__(self, name: str, description: str) -> None:
        self.blueprint = DescribedLater(name, __name__, url_prefix=PREFIX, description=description)
        self.blueprint.ARGUMENTS_PARSER = StrictParser()

    def route(
        self,
        place: str,
        access: Access,
        *,
        answer: type[Schema] | dict[str, Any] | None = None,
        status: int = 200,
        query: type[Schema] | None = None,
        body: type[Schema] | None = None,
        media: str | None = None,
        doc: dict[str, Any] | None = None,
    ) -> Callable[[H], H]:
        """Declare a handler; it is called with query, then body, as far as they are declared, and the address's parts by name.

        Args:
            place: method and address under /api/v1, with our converters.
            access: who may enter.
            answer: schema of what is returned, or of what a returned Response holds.
            status: of a good answer, unless the handler says otherwise.
            query: schema of the part after "?".
            body: schema of the JSON body.
            media: type of a returned Response that is not JSON.
            doc: more for the OpenAPI document, such as the body of a route that reads its own.
        """
        method, _, rule = place.partition(" ")

        def declare(handler: H) -> H:
            view: Any = self.blueprint.response(status, answer, content_type=media)(handler)
            for location, schema in (("json", body), ("query", query)):
                if schema is not None:
                    view = self.blueprint.arguments(schema, location=location)(view)
            view = self.blueprint.doc(security=list_security(method, access), operationId=handler.__name__, **(doc or {}))(view)
            self.blueprint.add_url_rule(rule, handler.__name__, allow(view, access), methods=[method])
            return handler

        return declare


def list_security(method: str, access: Access) -> Sequence[dict[str, list[str]]]:
    """List the ways into a route, as OpenAPI wants them: any one of them."""
    if access.who is Who.ANYBODY:
        return []
    session = _SESSION if method != "GET" else {"session": _SESSION["session"]}
    return [session] if access.who in (Who.PERSON, Who.MEMBER_PERSON) else [_TOKEN, session]
