"""Languages: which one a reader gets, the catalogues, and numbers, money, quantities and times as that reader writes them."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_decimal_symbol
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale, gettext

from contracts.clock import parse_instant
from contracts.money import CURRENCY_EXPONENTS
from contracts.quantity import format_decimal as write_exactly
from contracts.units import UNITS
from contracts.words import Speech

LANGUAGES = {"en": "English", "de": "Deutsch"}
COOKIE = "language"
FOLDER = Path(__file__).resolve().parents[1] / "translations"
KEPT = 1 << 14  #: numbers kept as they were written: a page writes hundreds, most of them more than once
_FORMS = {"en": "en_GB", "de": "de_DE"}  #: day before month, as everywhere in Europe
_DAYS = {"en": "d MMM y", "de": "d. MMM y"}  #: with the month in letters: nobody takes it for the day


class CatalogueDomain(Domain):  # type: ignore[misc]  # flask-babel ships no types
    """Catalogues read from their .po files as they stand: nothing that is compiled lies in the tree."""

    def get_translations(self) -> NullTranslations:
        """Give the translations for whoever is answered."""
        return read_catalogue(find_locale().language)


class Speaker(Babel):  # type: ignore[misc]  # the same
    """Flask-Babel with our catalogues."""

    domain_instance = CatalogueDomain(domain="messages")


@cache
def read_catalogue(language: str) -> NullTranslations:
    """Read a language's catalogue; English is the source and has none."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    packed = BytesIO()
    with path.open("rb") as file:
        write_mo(packed, read_po(file, locale=language))
    packed.seek(0)
    return Translations(packed)


def choose_language() -> str:
    """Choose by the reader's own choice, else by what the browser asks for."""
    chosen = request.cookies.get(COOKIE, "")
    return _FORMS[chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "en")]


def register_languages(app: Flask) -> None:
    """Let an app speak with its readers."""
    Speaker(app, locale_selector=choose_language)


def find_locale() -> Locale:
    """Give the reader's locale; English outside a request."""
    if not has_request_context():
        return Locale.parse(_FORMS["en"])
    if "locale" not in g:  # asked for with every word and number of a page
        g.locale = get_locale() or Locale.parse(_FORMS["en"])
    found: Locale = g.locale
    return found


def find_zone() -> ZoneInfo:
    """Give the time zone of the network that is looked at."""
    if has_request_context() and "zone" not in g:
        from webui.pages.rendering import find_place  # noqa: PLC0415 - it imports this module

        find_place()
    zone: ZoneInfo | None = g.get("zone") if has_request_context() else None
    return zone or ZoneInfo("UTC")


def write_money(minor: int | None, currency: str, *, sign: bool = False) -> str:
    """Write whole minor units as the reader writes money; `sign`: with a plus where it is positive."""
    if minor is None:
        return "–"
    text = _format_money(minor, currency, find_locale())
    return f"+{text}" if sign and minor > 0 else text


@lru_cache(maxsize=KEPT)
def _format_money(minor: int, currency: str, locale: Locale) -> str:
    amount = Decimal(minor).scaleb(-CURRENCY_EXPONENTS[currency])
    return format_currency(amount, currency, locale=locale, currency_digits=True)


def write_number(value: Decimal | int | None) -> str:
    """Write a number with as many decimals as it has."""
    return "–" if value is None else _format_number(str(value), find_locale())


@lru_cache(maxsize=KEPT)
def _format_number(text: str, locale: Locale) -> str:
    return format_decimal(Decimal(text), locale=locale, decimal_quantization=False)  # of the text: equal numbers may differ in decimals


def write_quantity(value: Decimal | int | None, unit: str) -> str:
    """Write a quantity with its unit's symbol; `unit` is a UN/ECE Rec 20 code."""
    return "–" if value is None else f"{write_number(value)}\u202f{write_symbol(unit)}"


def write_symbol(unit: str) -> str:
    """Write a unit's symbol as print has it, with m³ for m3; `unit` is a UN/ECE Rec 20 code, and what is none stays as it is."""
    return UNITS[unit].symbol.replace("m3", "m³") if unit in UNITS else unit


def write_moment(value: datetime | str | None, *, seconds: bool = False) -> str:
    """Write an instant in the network's time zone, with the zone's name."""
    if value is None:
        return "–"
    moment = (parse_instant(value) if isinstance(value, str) else value).astimezone(find_zone())
    form = f"{_DAYS[find_locale().language]}, {'HH:mm:ss' if seconds else 'HH:mm'} zzz"
    return format_datetime(moment, form, tzinfo=find_zone(), locale=find_locale())


def write_day(value: date | None) -> str:
    """Write a day."""
    return "–" if value is None else format_date(value, _DAYS[find_locale().language], locale=find_locale())


def write_period(value: str | None) -> str:
    """Write a month such as 2025-03 in words."""
    if not value:
        return "–"
    year, month = (int(part) for part in value.split("-"))
    return format_date(datetime(year, month, 1, tzinfo=UTC).date(), "LLLL y", locale=find_locale())


def read_month(text: str) -> str:
    """Read a month as people write it where their browser has no picker for months, 3/2025 or 2025-3, as 2025-03; or leave it."""
    if found := re.fullmatch(r"(\d{1,2})[./ -](\d{4})", text, re.ASCII):
        return f"{found[2]}-{found[1]:0>2}"
    found = re.fullmatch(r"(\d{4})[./ -](\d{1,2})", text, re.ASCII)
    return f"{found[1]}-{found[2]:0>2}" if found else text


def make_speech() -> Speech:
    """Give how facts are said to the reader before they are signed: numbers keep every decimal that is signed."""
    point = get_decimal_symbol(find_locale())
    return Speech(
        translate=gettext,
        decimal=lambda value: write_exactly(value).replace(".", point),
        instant=lambda value: write_moment(value, seconds=True),
        day=write_day,
        money=write_money,
        count=write_number,
    )


FILTERS = {
    "money": write_money,
    "number": write_number,
    "quantity": write_quantity,
    "moment": write_moment,
    "day": write_day,
    "period": write_period,
}
