"""Keys: the reader's own on the log and in this browser; made, backed up, opened, rotated, revoked; and what to do when one is lost."""

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.clock import format_instant
from contracts.errors import Forbidden, NotFound
from ledger.authority import KeyRecord
from ledger.log_kinds import FOUNDING_ROLE
from ledger.own_kinds import ENROLLING_ROLE, REASONS
from webui.access import MEMBER_PERSONS, get_caller, get_member
from webui.api.runtime_of import get_runtime
from webui.pages.problem_pages import clean_next
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages
from webui.pages.signing import list_own_keys, read_authority, show_signing
from webui.pages.signing_words import list_key_words, word_role
from webui.people.enrolments import DECLINED, ENROLLED, WAITING, Request, find_standing, list_own_requests, may_enrol

INDEX_DIGITS = 15  #: of an entry's number; what has more is none
pages = Pages("keys")
pages.blueprint.add_app_template_global(list_key_words, "key_words")
REASON_WORDS = {
    "lost": _l("It is lost"),
    "compromised": _l("Somebody else may have it"),
    "superseded": _l("Another key takes its place"),
    "left": _l("Its holder has left"),
}


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key with its state in words."""

    record: KeyRecord
    roles: tuple[str, ...]  #: in words
    words: str
    tone: str

    @property
    def is_valid(self) -> bool:
        """Tell whether the key signs."""
        return self.tone == "good"


@pages.page("GET /n/<network:network>/keys", MEMBER_PERSONS)
def show_keys(network: str) -> Response:
    """Show the reader's own keys, and, to who may revoke them, those of the organisation's others."""
    runtime, member, authority, person = get_runtime(), get_member(), read_authority(), get_caller().person
    if person is None:
        raise Forbidden(_("This page is for people, not for tokens."))
    standing = find_standing(runtime, person, network)
    others = [key for key in authority.keys.values() if key.organisation == member.organisation and key.holder != member.holder]
    asked = [one for one in list_own_requests(runtime, standing) if one.state != ENROLLED]
    return render(
        "keys/list.html",
        own=[describe_key(key) for key in list_own_keys()],
        others=[describe_key(key) for key in others] if ENROLLING_ROLE in member.roles else [],
        asked=[(one, word_request(one), one.state == WAITING and may_enrol(one, member.organisation, member.roles)) for one in asked],
        owner=standing,
        roles=[(role, word_role(role)) for role in standing.roles],
        action=get_place().path("/keys/ask"),
        back=clean_next(request.args.get("back"), ""),
        recovery_days=-(-authority.recovery_wait // 86_400),
    )


@pages.page("GET /n/<network:network>/keys/<multikey:key>", MEMBER_PERSONS)
def show_key(network: str, key: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Show one key of the log, and to who may the way to revoke it."""
    record = find_record(key)
    return render("keys/show.html", key=describe_key(record), may_revoke=may_revoke(record), reasons=REASON_WORDS)


@pages.page("POST /n/<network:network>/keys/<multikey:key>/revoke", MEMBER_PERSONS)
def revoke_key(network: str, key: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Show the revocation of a key for signing."""
    record, form = find_record(key), request.form
    if not may_revoke(record):
        raise Forbidden(_("A key is revoked by its holder, by a signatory of its organisation, or by the facilitator."))
    reason, since = form.get("reason", ""), form.get("since", "").strip()
    fields: dict[str, Any] = {"key": key, "reason": reason, "compromised_since": None}
    faults: dict[str, list[str]] = {}
    if since:
        fields["compromised_since"] = int(since) if since.isascii() and since.isdecimal() and len(since) <= INDEX_DIGITS else -1
        if fields["compromised_since"] < record.enrolled_at:
            faults["since"] = [_("The number of an entry from %(first)s on is wanted.", first=record.enrolled_at)]
    if reason not in REASONS:
        faults["reason"] = [_("Choose one.")]
    draft: dict[str, Any] = {"kind": "key.revoked", "about": f"key:{key}", "fields": fields}
    if not faults and "edit" not in form:
        typed = [("reason", reason), ("since", since)]
        return show_signing(draft, then=get_place().path("/keys"), title=_("Revoke a key"), typed=typed)
    status = 422 if faults else 200
    return render(
        "keys/show.html", status=status, key=describe_key(record), may_revoke=True, reasons=REASON_WORDS, faults=faults, values=form
    )


@pages.page("POST /n/<network:network>/keys/rotate", MEMBER_PERSONS)
def rotate_key(network: str) -> Response:  # noqa: ARG001 - the reader's membership has it
    """Show for signing that a new key takes the place of one of the reader's own."""
    old, new, possession = (request.form.get(name, "") for name in ("old", "key", "possession"))
    if old not in {key.key for key in list_own_keys() if key.revoked_at is None}:
        raise NotFound(_("You have no such key on the log."))
    draft: dict[str, Any] = {"kind": "key.rotated", "about": f"key:{old}", "fields": {"old": old, "new": new, "possession": possession}}
    return show_signing(draft, then=get_place().path("/keys"), title=_("Replace a key"))


def find_record(key: str) -> KeyRecord:
    """Find a key on the log; raises NotFound."""
    record = read_authority().keys.get(key)
    if record is None:
        raise NotFound(_("The log knows no such key."))
    return record


def may_revoke(record: KeyRecord) -> bool:
    """Tell whether the reader may revoke a key; the log has the last word."""
    member = get_member()
    own = record.organisation == member.organisation and (record.holder == member.holder or ENROLLING_ROLE in member.roles)
    return record.revoked_at is None and (own or FOUNDING_ROLE in member.roles)


def word_request(asked: Request) -> str:
    """Say what became of a request that a key be enrolled."""
    if asked.state == DECLINED:
        return str(_("declined: %(reason)s", reason=asked.reason or "–"))
    return str(_("waits for the facilitator's signature") if asked.first else _("waits for a signatory of your organisation"))


def describe_key(record: KeyRecord) -> ShownKey:
    """Describe a key's state in words."""
    roles = tuple(map(word_role, sorted(record.roles)))
    if record.revoked_at is not None:
        return ShownKey(record, roles, _("revoked by entry %(index)s", index=record.revoked_at), "bad")
    if record.not_after is not None and record.not_after < format_instant(get_runtime().clock.now()):
        return ShownKey(record, roles, _("its time has ended"), "warn")
    return ShownKey(record, roles, _("valid"), "good")
