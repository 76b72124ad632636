"""Languages: every text of the site has its translation, with the same places to fill in; and a reader gets the one that was asked for."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Message
from flask import g

from contracts.words import describe_lines
from tests.contracts.deliveries.building import a_dispatch
from tests.site.catalogue import extract_catalogue, read_language
from tests.site.live_site import LiveSite
from webui.pages.languages import LANGUAGES, make_speech, write_day, write_moment

_PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
OTHERS = sorted(set(LANGUAGES) - {"en"})


def list_forms(text: object) -> list[str]:
    """List the forms of a text: one, or singular and plural."""
    return [text] if isinstance(text, str) else [str(one) for one in text]  # type: ignore[attr-defined]  # a tuple then


def is_whole(message: Message) -> bool:
    """Tell whether a message is translated and nothing in it is lost or invented."""
    wanted = set(_PLACES.findall(list_forms(message.id)[-1]))
    forms = list_forms(message.string) if message.string else []
    return bool(forms) and all(form.strip() and set(_PLACES.findall(form)) - {"%(num)s"} == wanted - {"%(num)s"} for form in forms)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language: str) -> None:
    known = read_language(language)
    said = [message.id for message in extract_catalogue() if message.id]

    missing = [text for text in said if known.get(list_forms(text)[0]) is None or not is_whole(known[list_forms(text)[0]])]

    assert len(said) > 1000
    assert not missing, f"{len(missing)} texts; run python -m tests.site.catalogue, then translate what is empty: {missing[:20]}"


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    said = {list_forms(message.id)[0] for message in extract_catalogue() if message.id}

    surplus = [message.id for message in read_language(language) if message.id and list_forms(message.id)[0] not in said]

    assert not surplus


def test_numbers_money_and_times_are_written_as_the_reader_does(shared_site: LiveSite) -> None:
    client = shared_site.website.app.test_client()

    pages = {code: client.get("/", headers={"Accept-Language": code}, base_url="http://localhost").text for code in ("en", "de", "fr")}

    assert 'lang="de"' in pages["de"]
    assert 'lang="en"' in pages["en"]
    assert 'lang="en"' in pages["fr"]


def test_days_are_written_as_the_reader_does(shared_site: LiveSite) -> None:
    app = shared_site.website.app
    written = {}
    for code in ("en", "de"):
        with app.test_request_context("/", headers={"Accept-Language": code}):
            written[code] = (write_day(date(2025, 3, 1)), write_moment("2025-03-01T12:00:00Z"))

    assert written == {"en": ("1 Mar 2025", "1 Mar 2025, 12:00 UTC"), "de": ("1. März 2025", "1. März 2025, 12:00 UTC")}


def test_what_is_signed_is_said_in_the_readers_numbers_and_times_with_every_decimal(shared_site: LiveSite) -> None:
    load = a_dispatch(quantity=Decimal("1125.50"), gross=None, tare=None, dispatched_at=datetime(2025, 1, 2, 10, tzinfo=UTC))
    with shared_site.website.app.test_request_context("/", headers={"Accept-Language": "de"}):
        g.zone = ZoneInfo("Europe/Copenhagen")
        values = [line.value for line in describe_lines(load, speech=make_speech())]

    assert "1125,50 t" in values
    assert "2. Jan. 2025, 11:00:00 MEZ" in values
