"""Tokens of the caller's organisation: issued by its persons, listed, revoked."""

from typing import Any

from contracts.errors import Finding, Forbidden
from webui import access
from webui.access import get_caller, get_member
from webui.api.runtime_of import get_runtime
from webui.people import tokens
from webui.people.tokens import TokenOrder
from webui.routes import Routes
from webui.schemas.deriving import Page, make_page
from webui.schemas.paging import IndexPageQuery
from webui.schemas.tokens import TokenIssued, TokenIssuedSchema, TokenOrderSchema, TokenPageSchema

routes = Routes("tokens", "How an organisation's machines read")


@routes.route("GET /networks/<network:network>/tokens", access.MEMBER_PERSONS, query=IndexPageQuery, answer=TokenPageSchema)
def list_tokens(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the member has it
    """List the tokens of one's organisation, expired and revoked ones too."""
    member = get_member()
    with get_runtime().reading() as connection:
        found = tokens.list_tokens(connection, member.log_id, member.organisation, after=query.get("after", 0), limit=query["limit"] + 1)
    return make_page(found, query["limit"], lambda one: one.id)


@routes.route("POST /networks/<network:network>/tokens", access.MEMBER_PERSONS, body=TokenOrderSchema, answer=TokenIssuedSchema, status=201)
def issue_token(body: dict[str, Any], network: str) -> TokenIssued:  # noqa: ARG001 - the member has it
    """Issue a token for a machine of one's organisation, to read in some of one's own roles; its text is shown this once."""
    runtime, member, person = get_runtime(), get_member(), get_caller().person
    surplus = sorted(set(body["roles"]) - member.roles)
    if surplus:
        finding = Finding("roles", "not-yours", f"you do not hold {', '.join(surplus)}")
        raise Forbidden("a token reads in at most the roles of whoever issues it", [finding])
    order = TokenOrder(member.log_id, member.organisation, member.holder, sorted(set(body["roles"])), body["name"], body["days"])
    with runtime.writing() as connection:
        text, token = tokens.issue_token(connection, order, created_by=person.id if person else None, now=runtime.clock.now())
    return TokenIssued(text, token)


@routes.route("DELETE /networks/<network:network>/tokens/<index:token>", access.MEMBER_PERSONS, status=204)
def revoke_token(network: str, token: int) -> None:  # noqa: ARG001 - the member has it
    """Revoke a token of one's organisation, now."""
    runtime, member = get_runtime(), get_member()
    with runtime.writing() as connection:
        tokens.revoke_token(connection, member.log_id, member.organisation, token, runtime.clock.now())
