"""Standard contracts: their text, the schema of their parameters, and parameters tried out before anything is offered."""

from typing import Any

from contracts.templates.catalogue import build_schema
from contracts.views import templates
from contracts.views.templates import SeenTemplate, TriedParameters
from webui import access
from webui.api.seeing import see
from webui.routes import Routes
from webui.schemas.agreements import (
    ParametersSchema,
    TemplateList,
    TemplateListSchema,
    TemplateSchema,
    TemplateSeen,
    TemplateWhole,
    TriedParametersSchema,
)

routes = Routes("templates", "Standard contracts")


@routes.route("GET /networks/<network:network>/templates", access.MEMBERS, answer=TemplateListSchema)
def list_templates(network: str) -> TemplateList:  # noqa: ARG001 - the sight has it
    """List the standard contracts, and which of them this network has published."""
    with see() as sight:
        return TemplateList([describe_template(one) for one in templates.list_templates(sight)])


@routes.route("GET /networks/<network:network>/templates/<template:template>", access.MEMBERS, answer=TemplateSchema)
def show_template(network: str, template: str) -> TemplateWhole:  # noqa: ARG001 - the sight has it
    """Show a standard contract whole, with the JSON Schema of its parameters."""
    with see() as sight:
        found = templates.show_template(sight, template)
    return TemplateWhole(describe_template(found), found.form.source, build_schema(found.form))


@routes.route(
    "POST /networks/<network:network>/templates/<template:template>/check",
    access.MEMBERS,
    body=ParametersSchema,
    answer=TriedParametersSchema,
)
def check_parameters(body: dict[str, Any], network: str, template: str) -> TriedParameters:  # noqa: ARG001 - the sight has it
    """Try parameters out: all faults at once, or their normal form and the contract in words; nothing is kept."""
    with see() as sight:
        return templates.try_parameters(sight, template, body["parameters"])


def describe_template(seen: SeenTemplate) -> TemplateSeen:
    """Describe a standard contract in short."""
    form = seen.form
    return TemplateSeen(form.ref, form.title, form.exchange_type, form.summary, seen.hash, seen.published)
