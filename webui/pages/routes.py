"""Pages' routes: how a handler states its address and who may enter; a POST of a page carries its CSRF token in a form field."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint

from webui.access import Access, allow
from webui.pages.endpoints import PREFIX

H = TypeVar("H", bound=Callable[..., Any])


class Pages:
    """The pages of one noun."""

    def __init__(self, name: str) -> None:
        self.blueprint = Blueprint(f"{PREFIX}{name}", __name__)

    def page(self, place: str, access: Access) -> Callable[[H], H]:
        """Declare a handler, called with the address's parts by name; it gives HTML or a Response.

        Args:
            place: method and address, with the converters of openapi_parts.py, such as "GET /n/<network:network>/deliveries".
            access: who may enter; pages of a network want MEMBER_PERSONS or narrower.
        """
        method, _, rule = place.partition(" ")

        def declare(handler: H) -> H:
            endpoint = handler.__name__ if method == "GET" else f"{handler.__name__}_{method.lower()}"
            self.blueprint.add_url_rule(rule, endpoint, allow(handler, access), methods=[method])
            return handler

        return declare
