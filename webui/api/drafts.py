"""Drafts: a fact tried out before it is signed; all findings in advance, and the statement in words."""

from typing import Any

from contracts.views.drafts import TriedDraft
from webui import access
from webui.drafting import try_for_member
from webui.routes import Routes
from webui.schemas.drafts import DraftSchema, TriedDraftSchema

routes = Routes("drafts", "Facts tried out before they are signed")


@routes.route("POST /networks/<network:network>/drafts", access.MEMBERS, body=DraftSchema, answer=TriedDraftSchema)
def check_draft(body: dict[str, Any], network: str) -> TriedDraft:  # noqa: ARG001 - the caller's membership has it
    """Judge a fact as if the caller had signed it now, and say it in words; nothing is kept."""
    return try_for_member(body)
