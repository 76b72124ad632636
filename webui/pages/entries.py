"""One entry: its header in words, its contents for whoever may read them, its bytes, and what proves it."""

from urllib.parse import quote

from flask import Response

from contracts.views.entries import OneEntry, find_entry
from contracts.words import label_field
from webui import access
from webui.api.seeing import see
from webui.pages.checking_words import list_verdict_words
from webui.pages.kinds import caption_kind, word_kind
from webui.pages.languages import make_speech
from webui.pages.ledger import describe_log
from webui.pages.log_states import say_log_state
from webui.pages.rendering import render
from webui.pages.routes import Pages
from webui.pages.signing import ShownField, arrange_rows, mark_hidden

pages = Pages("entries")

#: The page of a thing, by the prefix of its subject.
THINGS = {
    "agreement": "/agreements/{}",
    "delivery": "/deliveries/{}",
    "certificate": "/certificates/{}",
    "organisation": "/organisations/{}",
    "review": "/reviews/{}",
    "allocation": "/allocations/{}",
    "template": "/templates/{}",
}


@pages.page("GET /n/<network:network>/entries/<index:index>", access.MEMBER_PERSONS)
def show_entry(network: str, index: int) -> Response:
    """Show one entry."""
    with see() as sight:
        one = find_entry(sight, index, make_speech())
    return render(
        "ledger/entry.html",
        one=one,
        statement=one.entry.signed.statement,
        title=word_kind(one.header.kind),
        caption=caption_kind(one.header.kind),
        parts=(parts := arrange_parts(one)),
        part_labels={**{name: label_field(name) for name, _rows in one.provable}, **{part.name: part.first.label for part in parts}},
        thing=find_thing(one.header.about),
        data=describe_log(network),
        log_state=say_log_state(index, published=one.header.published, at_length=True),
        verdict_words=list_verdict_words(),
    )


def find_thing(about: str) -> str | None:
    """Find the page of the thing that an entry is about, after /n/<network>."""
    kind, _colon, name = about.partition(":")
    return THINGS[kind].format(quote(name, safe="@")) if kind in THINGS else None


def arrange_parts(one: OneEntry) -> list[ShownField]:
    """Arrange the lines of what was said by field."""
    lines = [mark_hidden(line) for line in one.lines]
    grouped = {name: [line for line in lines if line.field == name] for name in dict.fromkeys(line.field for line in lines)}
    return [ShownField(name, found[0], tuple(found[1:]), arrange_rows(found[1:])) for name, found in grouped.items()]
