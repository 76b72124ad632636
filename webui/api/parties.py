"""Organisations, their keys, grants and what was read by right of them."""

from typing import Any

from contracts.views import parties
from webui import access
from webui.api.seeing import see
from webui.routes import Routes
from webui.schemas.deriving import Page, make_page
from webui.schemas.fields import PageQuery
from webui.schemas.paging import KeysQuery
from webui.schemas.parties import (
    GrantList,
    GrantListSchema,
    GrantReadings,
    GrantReadingsSchema,
    KeyPageSchema,
    OrganisationPageSchema,
    OrganisationSchema,
    OrganisationSeen,
)

routes = Routes("parties", "Who belongs to a network, with which keys, and who may read what")


@routes.route("GET /networks/<network:network>/organisations", access.MEMBERS, query=PageQuery, answer=OrganisationPageSchema)
def list_organisations(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List members by id."""
    with see() as sight:
        found = parties.list_organisations(sight, after=query.get("after", ""), limit=query["limit"] + 1)
    return make_page(found, query["limit"], lambda one: one.organisation)


@routes.route("GET /networks/<network:network>/organisations/<organisation:organisation>", access.MEMBERS, answer=OrganisationSchema)
def show_organisation(network: str, organisation: str) -> OrganisationSeen:  # noqa: ARG001 - the sight has it
    """Show a member with the roles that the network gave it."""
    with see() as sight:
        return OrganisationSeen(parties.find_organisation(sight, organisation), parties.list_roles(sight, organisation))


@routes.route("GET /networks/<network:network>/keys", access.MEMBERS, query=KeysQuery, answer=KeyPageSchema)
def list_keys(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List keys, revoked ones too, of one organisation or of all."""
    with see() as sight:
        found = parties.list_keys(sight, organisation=query.get("organisation"), after=query.get("after", ""), limit=query["limit"] + 1)
    return make_page(found, query["limit"], lambda one: one.key)


@routes.route("GET /networks/<network:network>/grants", access.MEMBERS, answer=GrantListSchema)
def list_grants(network: str) -> GrantList:  # noqa: ARG001 - the sight has it
    """List grants: who may read what others keep to themselves, until when and why."""
    with see() as sight:
        return GrantList(parties.list_grants(sight))


@routes.route("GET /networks/<network:network>/grants/<name:grant>/readings", access.MEMBERS, answer=GrantReadingsSchema)
def list_grant_readings(network: str, grant: str) -> GrantReadings:  # noqa: ARG001 - the sight has it
    """List what was read by right of a grant: for its holder and the operator."""
    with see() as sight:
        return GrantReadings(parties.list_grant_readings(sight, grant))
