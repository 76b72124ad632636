"""Drafting: a fact tried out for whoever asks, before it is signed; for the API and for forms alike."""

from collections.abc import Mapping

from contracts.views.drafts import Rules, TriedDraft, try_draft
from contracts.words import PLAIN, Speech
from ledger.canonical import JSON
from webui.access import get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see


def try_for_member(value: Mapping[str, JSON], *, speech: Speech = PLAIN) -> TriedDraft:
    """Judge a draft as if the caller had signed it now; nothing is kept. `speech`: of `.shown`."""
    runtime, member = get_runtime(), get_member()
    authority = runtime.log(member.network).read_authority()
    own = [
        one
        for one in authority.keys.values()
        if one.holder == member.holder and one.organisation == member.organisation and one.revoked_at is None
    ]
    named = str(value)  # a certificate names the key of its proof, which is then the one that signs
    chosen = next((one for one in own if one.key in named), own[0] if own else None)
    rules = Rules(authority.rights, dict(chosen.limits) if chosen else {}, chosen.key if chosen else "", authority.validity)
    with see() as sight:
        return try_draft(sight, value, rules, runtime.clock.now(), speech)
