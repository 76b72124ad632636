"""Standard contracts: the four of them, each with its clauses and parameters explained; the facilitator publishes them for the network."""

from dataclasses import dataclass
from typing import Any

from flask import Response
from flask_babel import gettext as _

from contracts.templates.template import Definition, Template
from contracts.views import templates
from webui.access import FACILITATOR_PERSONS, MEMBER_PERSONS, get_member
from webui.api.seeing import see
from webui.pages.agreement_words import EXCHANGES
from webui.pages.agreements import SIGNATORY
from webui.pages.parameter_fields import Terrain, describe_bounds, describe_conditions, describe_default, find_symbol
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages
from webui.pages.signing import show_signing

pages = Pages("templates")
FACILITATOR = "facilitator"


@dataclass(frozen=True, slots=True)
class Explained:
    """One parameter explained."""

    name: str
    label: str
    help: str
    unit: str
    bounds: str
    default: str
    needed: bool
    when: str  #: with which other choices it applies or is wanted
    choices: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExplainedClause:
    """One clause: its paragraphs, and the parameters that fill them."""

    clause: str
    title: str
    paragraphs: tuple[tuple[str, str], ...]  #: text with names of parameters in braces, and when it stands in the contract
    parameters: tuple[Explained, ...]


@pages.page("GET /n/<network:network>/templates", MEMBER_PERSONS)
def list_templates(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """List the standard contracts, and which of them may be used here."""
    with see() as sight:
        found = templates.list_templates(sight)
    return render("templates/list.html", templates=found, exchanges=EXCHANGES, **list_rights())


@pages.page("GET /n/<network:network>/templates/<template:template>", MEMBER_PERSONS)
def show_template(network: str, template: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Show one standard contract with its clauses and parameters."""
    with see() as sight:
        found = templates.show_template(sight, template)
    terrain = Terrain(get_place().currency, ())
    return render(
        "templates/show.html",
        one=found,
        exchange=EXCHANGES.get(found.form.exchange_type, found.form.exchange_type),
        clauses=explain_clauses(found.form, terrain),
        **list_rights(),
    )


@pages.page("POST /n/<network:network>/templates/<template:template>", FACILITATOR_PERSONS)
def publish_template(network: str, template: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Show for signing that a standard contract may be used in this network."""
    with see() as sight:
        found = templates.show_template(sight, template)
    draft: dict[str, Any] = {
        "kind": "template.published",
        "about": f"template:{template}",
        "fields": {"template": template, "hash": found.hash},
    }
    return show_signing(draft, then=get_place().path("/templates"), title=_("Publish a standard contract"))


def list_rights() -> dict[str, Any]:
    """List what the reader may do with standard contracts."""
    roles = get_member().roles
    return {"may_publish": FACILITATOR in roles, "may_offer": SIGNATORY in roles}


def explain_clauses(template: Template, terrain: Terrain) -> list[ExplainedClause]:
    """Explain a standard contract clause by clause."""
    return [
        ExplainedClause(
            clause.id,
            clause.title,
            tuple((one.text, describe_conditions(template, one.when)) for one in clause.paragraphs),
            tuple(explain(one, template, terrain) for one in template.parameters if one.clause == clause.id),
        )
        for clause in template.clauses
    ]


def explain(one: Definition, template: Template, terrain: Terrain) -> Explained:
    """Explain one parameter."""
    unit = find_symbol(one.unit)
    if one.type == "percent":
        unit = "%"
    elif one.type == "money":
        unit = terrain.currency
    elif one.unit_from:
        other = template.find_parameter(one.unit_from)
        of = other.label if other else one.unit_from
        unit = _("%(currency)s per %(unit)s", currency=terrain.currency, unit=of) if one.type == "unit_price" else of
    return Explained(
        name=one.name,
        label=one.label,
        help=one.help,
        unit=unit,
        bounds=" ".join(describe_bounds(one)),
        default="" if one.default is None else describe_default(one, terrain),
        needed=one.required and one.default is None,
        when=describe_conditions(template, one.only_when or one.required_when),
        choices=tuple(str(choice.label or choice.value) for choice in one.values) if one.type != "unit" else list_units(one),
        columns=tuple(column.label for column in one.columns),
    )


def list_units(one: Definition) -> tuple[str, ...]:
    """List the units that may be chosen."""
    return tuple(find_symbol(str(choice.value)) or "1" for choice in one.values)
