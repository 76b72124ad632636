"""Rendering: a page is a template with what its handler found; who reads, where, and what may be done next is added here, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from contracts.views.parties import list_all_names, read_network
from webui.access import Member, read_members
from webui.api.runtime_of import get_runtime
from webui.pages.languages import FILTERS, LANGUAGES, find_locale
from webui.pages.static_files import make_address
from webui.people.persons import Person

THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Place:
    """The network that a page stands in."""

    network: str  #: short name, as in addresses
    log: str  #: name of its log
    currency: str
    zone: ZoneInfo
    operator: str  #: organisation

    def path(self, rest: str = "") -> str:
        """Give the address of one of the network's pages."""
        return f"/n/{self.network}{rest}"


@dataclass(frozen=True, slots=True)
class Door:
    """One entry of the navigation."""

    label: Any  #: text, translated when it is shown
    path: str  #: after /n/<network>
    others: tuple[str, ...] = ()  #: beginnings of further paths that belong to it

    def holds(self, place: "Place", here: str) -> bool:
        """Tell whether an address lies behind this door."""
        paths = (place.path(path) for path in (self.path, *self.others))
        return any(here == path or here.startswith(f"{path}/") for path in paths)


#: By the reader's tasks, not by our tables.
DOORS = (
    Door(_l("Contracts"), "/agreements", ("/templates",)),
    Door(_l("Deliveries"), "/deliveries", ("/weighbridge", "/imports", "/readings")),
    Door(_l("Quality"), "/certificates", ("/lab",)),
    Door(
        _l("Savings and shares"),
        "/savings",
        ("/periods", "/allocations", "/baselines", "/costs", "/why/savings", "/why/totals", "/why/shares"),
    ),
    Door(_l("Accounts"), "/accounts", ("/payments", "/account-lines", "/why/accounts", "/why/payments")),
    Door(_l("Decisions"), "/reviews", ("/resolutions", "/rulebook")),
    Door(_l("Network"), "/network", ("/organisations", "/people", "/flows", "/grants")),
    Door(_l("Ledger"), "/ledger", ("/entries", "/audit")),
    Door(_l("My keys"), "/keys"),
)


def get_place() -> Place:
    """Give the network in the address; only on a network's pages."""
    place = find_place()
    if place is None:
        raise LookupError("this page stands in no network")
    return place


def find_place() -> Place | None:
    """Find the network in the address, or, beside all networks, the reader's first one; None for strangers."""
    if "place" not in g:
        members = list_members()
        named = (request.view_args or {}).get("network")
        member = next((one for one in members if named in (None, one.network)), None)
        g.place = None if member is None else _read_place(member)
        g.zone = g.place.zone if g.place else None
    found: Place | None = g.place
    return found


def list_members() -> tuple[Member, ...]:
    """List for whom the reader reads; nobody's are none."""
    if "caller" in g:
        members: tuple[Member, ...] = g.caller.members
        return members
    if not current_user.is_authenticated:
        return ()
    if "page_members" not in g:
        g.page_members = read_members(get_runtime(), current_user)
    found: tuple[Member, ...] = g.page_members
    return found


def find_reader() -> Person | None:
    """Find who reads; None for strangers."""
    return current_user if current_user.is_authenticated else None


def render(template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any) -> Response:  # noqa: ANN401 - what a template wants
    """Render a page.

    Args:
        template: below webui/templates.
        status: of the answer.
        headers: more of them.
        values: what the template shows.
    """
    response = make_response(render_template(template, **values), status)
    response.headers.extend(dict(headers or {}))
    response.headers["Vary"] = "Cookie, Accept-Language"
    return response


def name_organisation(organisation: str | None) -> str:
    """Give an organisation's legal name, as members know it; its id where there is none."""
    place = find_place()
    if organisation is None or place is None:
        return organisation or "–"
    if "names" not in g:
        runtime = get_runtime()
        with runtime.reading() as connection:
            g.names = list_all_names(connection, runtime.log(place.network).log_id)
    return str(g.names.get(organisation, organisation))


def link_organisation(organisation: str | None) -> Markup:
    """Link an organisation's name to its page."""
    place = find_place()
    name = escape(name_organisation(organisation))
    if organisation is None or place is None:
        return name
    return Markup('<a href="{}">{}</a>').format(place.path(f"/organisations/{organisation}"), name)


def register_rendering(app: Flask) -> None:
    """Give templates their filters and what every page shows."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(csrf_token=generate_csrf, static=make_address)  # macros see globals alone
    app.jinja_env.filters.update(FILTERS, org=name_organisation, org_link=link_organisation)

    @app.context_processor
    def add_frame() -> dict[str, Any]:
        theme = request.cookies.get("theme", "auto")
        return {
            "place": find_place(),
            "members": list_members(),
            "reader": find_reader(),
            "doors": DOORS,
            "language": find_locale().language,
            "languages": LANGUAGES,
            "theme": theme if theme in THEMES else "auto",
            "themes": THEMES,
            "demo": app.extensions.get("symbiosis-demo"),
            "here": request.path,
        }


def _read_place(member: Member) -> Place:
    runtime = get_runtime()
    with runtime.reading() as connection:
        settings = read_network(connection, member.log_id)
    return Place(member.network, settings.log, settings.currency, settings.zone, settings.operator)
