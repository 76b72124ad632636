"""Drafts: a fact tried out before it is signed; all findings in advance, and the statement in words."""

from typing import Any

from contracts.views.drafts import TriedDraft, try_draft
from webui import access
from webui.access import get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.routes import Routes
from webui.schemas.drafts import DraftSchema, TriedDraftSchema

routes = Routes("drafts", "Facts tried out before they are signed")


@routes.route("POST /networks/<network:network>/drafts", access.MEMBERS, body=DraftSchema, answer=TriedDraftSchema)
def check_draft(body: dict[str, Any], network: str) -> TriedDraft:
    """Judge a fact as if the caller had signed it now, and say it in words; nothing is kept."""
    runtime, member = get_runtime(), get_member()
    authority = runtime.log(network).read_authority()
    own = [
        one
        for one in authority.keys.values()
        if one.holder == member.holder and one.organisation == member.organisation and one.revoked_at is None
    ]
    limits = dict(own[0].limits) if own else {}
    with see() as sight:
        return try_draft(sight, body, rights=authority.rights, limits=limits, now=runtime.clock.now())
