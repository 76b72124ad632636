"""Signing: the one page on which every fact is signed; shown in words by the server, composed and signed in the reader's browser.

A handler that has a draft without findings answers with show_signing. What the browser needs stands in one JSON block of the page; the
key never leaves the browser, and the statement comes in by the API's door like any other.
"""

import dataclasses
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from contracts.clock import format_instant
from contracts.errors import Finding, Invalid
from contracts.views.drafts import ShownFact, TriedDraft
from contracts.words import Line
from ledger.authority import Authority, KeyRecord
from ledger.canonical import JSON
from ledger.own_kinds import check_limits
from webui.access import get_member
from webui.api.runtime_of import get_runtime
from webui.drafting import try_for_member
from webui.pages.languages import make_speech
from webui.pages.problem_pages import clean_next
from webui.pages.rendering import get_place, render
from webui.pages.signing_words import list_words
from webui.pages.wording import word_finding

MAX_DRAFTS = 500  #: that are signed with one look
FOLDED_FROM = 12  #: lines below a field that are folded
_HIDDEN = ("Cc", "Cf", "Zl", "Zp")  #: Unicode categories of controls, formats, and other line ends


@dataclasses.dataclass(frozen=True, slots=True)
class ShownField:
    """One field of a fact on the page."""

    name: str  #: of the field that is hashed; "about" for the subject
    first: Line
    rest: tuple[Line, ...]  #: its parts
    table: tuple[tuple[Line, ...], ...]  #: its rows, where they are records of the same fields

    @property
    def is_long(self) -> bool:
        """Tell whether the parts are folded."""
        return len(self.rest) > FOLDED_FROM


@dataclasses.dataclass(frozen=True, slots=True)
class ShownDraft:
    """One fact on the page."""

    caption: str
    tried: TriedDraft
    fields: tuple[ShownField, ...]


def show_signing(
    draft: Mapping[str, JSON] | Sequence[Mapping[str, JSON]], *, then: str, title: str, typed: Sequence[tuple[str, str]] = ()
) -> Response:  # fmt: skip
    """Show what is about to be signed, for the reader to sign it here or to go back; only in a network, to its members.

    Args:
        draft: a draft as contracts/drafts.py reads it, or several that are signed with one look.
        then: address of the page to go to when all are on the log; `entry`, the index of the first, is added to its query.
        title: of the page.
        typed: names and values of the form as entered, for "back to the form": it posts them with edit=1 to the same address.
    """
    drafts = [draft] if isinstance(draft, Mapping) else list(draft)
    if not 1 <= len(drafts) <= MAX_DRAFTS:
        raise Invalid(_("Choose one at least, and %(most)s at most.", most=MAX_DRAFTS))
    tried = [try_for_member(one, speech=make_speech()) for one in drafts]
    shown = [arrange_draft(one, one.shown) for one in tried if one.shown]
    excesses = judge_own_keys(tried)
    findings = [finding for one in tried for finding in one.findings] or word_excesses(excesses)
    keys = [key for key, over in excesses.items() if not over]
    data = describe_signing(tried, keys, clean_next(then, get_place().path())) | {"blocked": bool(findings)}
    return render("sign.html", status=422 if findings else 200, title=title, drafts=shown, findings=findings, typed=typed, data=data)


def describe_signing(tried: Sequence[TriedDraft], keys: Sequence[str], then: str) -> dict[str, Any]:
    """Describe for the browser what is signed, by whom, and with which keys it may be."""
    runtime, member, place = get_runtime(), get_member(), get_place()
    return {
        "network": place.network,
        "log": place.log,
        "log_key": runtime.service(place.network).keys.log_verifier.to_text(),
        "rotations": runtime.log(place.network).list_rotations(),
        "organisation": member.organisation,
        "holder": member.holder,
        "csrf": generate_csrf(),
        "then": then,
        "keys": keys,
        "drafts": [dataclasses.asdict(one.prepared) for one in tried if one.prepared],
        "words": list_words(),
    }


def judge_own_keys(tried: Sequence[TriedDraft]) -> dict[str, list[Finding]]:
    """Judge each of the reader's own keys that may say the drafts, the newest first: where what they hand on exceeds its own limits."""
    authority, made = read_authority(), [one.prepared for one in tried if one.prepared]
    able = list_signing_keys({one.kind for one in tried if one.kind})
    return {key.key: [finding for one in made for finding in check_limits(authority, key, one.kind, one.public)] for key in able}


def word_excesses(excesses: Mapping[str, list[Finding]]) -> list[Finding]:
    """Say in the reader's words why no key that may say the drafts may hand on what they do, of the newest; nothing if one may."""
    if not excesses or not all(excesses.values()):
        return []
    newest = next(iter(excesses.values()))
    over = [dataclasses.replace(one, field=one.field.removeprefix("statement.public."), code="over-limit") for one in newest]
    return [dataclasses.replace(one, message=word_finding(one)) for one in over]


def read_authority() -> Authority:
    """Read what the network's log says of keys."""
    return get_runtime().log(get_place().network).read_authority()


def list_own_keys() -> list[KeyRecord]:
    """List the reader's own keys on the log, the newest first."""
    member = get_member()
    own = [key for key in read_authority().keys.values() if (key.organisation, key.holder) == (member.organisation, member.holder)]
    return sorted(own, key=lambda key: -key.enrolled_at)


def list_signing_keys(kinds: Collection[str]) -> list[KeyRecord]:
    """List the reader's own keys that may say all of these kinds now, the newest first."""
    authority, now = read_authority(), format_instant(get_runtime().clock.now())
    valid = [key for key in list_own_keys() if key.revoked_at is None and (key.not_after is None or now <= key.not_after)]
    return [key for key in valid if all(authority.may_say(key, kind) for kind in kinds)]


def arrange_draft(tried: TriedDraft, shown: ShownFact) -> ShownDraft:
    """Arrange a fact's lines by field, each under the name that the browser hashes it by."""
    prepared = tried.prepared
    hashed = {field.name for field in prepared.fields} | set(prepared.public) if prepared else set()
    names = list(dict.fromkeys(line.field for line in shown.lines))
    grouped = {name: [mark_hidden(line) for line in shown.lines if line.field == name] for name in names}
    fields = [
        ShownField(name if name in hashed else "about", one[0], tuple(one[1:]), arrange_rows(one[1:])) for name, one in grouped.items()
    ]
    return ShownDraft(shown.caption, tried, tuple(fields))


def arrange_rows(lines: Sequence[Line]) -> tuple[tuple[Line, ...], ...]:
    """Arrange parts as rows of a table, where they are numbered records of the same fields without parts of their own."""
    rows: list[list[Line]] = []
    for line in lines:
        if line.depth == 1 and not line.label:
            rows.append([])
        elif line.depth != 2 or line.text is not None or not rows:  # noqa: PLR2004 - below a numbered row
            return ()
        else:
            rows[-1].append(line)
    return tuple(map(tuple, rows)) if len({tuple(line.label for line in row) for row in rows}) == 1 else ()


def mark_hidden(line: Line) -> Line:
    """Make characters visible that would change how the others read: direction marks, zero widths, controls."""
    return dataclasses.replace(line, label=_mark(line.label), value=_mark(line.value), text=line.text and _mark(line.text))


def _mark(text: str) -> str:
    return "".join(f"⟨U+{ord(one):04X}⟩" if one not in "\n\t" and unicodedata.category(one) in _HIDDEN else one for one in text)
