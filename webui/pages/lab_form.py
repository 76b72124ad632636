"""The laboratory's form: what was typed becomes the words of a certificate, with all faults beside their fields."""

import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from contracts.certificates.facts import Result
from contracts.certificates.service import CertificateDraft, LabWords
from contracts.clock import parse_instant
from contracts.errors import Finding, Invalid
from contracts.views.certificates import Certificate
from contracts.views.laboratory import Bench, prepare
from contracts.views.sight import Sight
from ledger.authority import KeyRecord
from webui.pages.certificate_words import write_measured
from webui.pages.forms import read_moment, read_number, type_value
from webui.pages.signing import list_signing_keys
from webui.pages.wording import word_finding

NAMES = ("certificate", "replaces", "number", "batch", "more", "sampled_at", "tested_on", "key")
CELLS = ("value", "uncertainty", "method")
MOST_TYPED = 200  #: characters of one field
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_VALUE = re.compile(r"([<>]?) ?(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a laboratory typed, as read."""

    words: LabWords
    key: str  #: Multikey text of the key that signs
    tested_on: date | None
    places: Mapping[int, int]  #: rows of the form by the number of their result in the certificate


def list_lab_keys() -> list[KeyRecord]:
    """List the reader's own keys that may certify now."""
    return list_signing_keys(["certificate.issued"])


def read_typed(sent: MultiDict[str, str], bench: Bench, faults: dict[str, list[str]]) -> Typed | None:
    """Read the form; None, with faults by the form's names, where something cannot be read."""
    values = {name: sent.get(name, "").strip()[:MOST_TYPED] for name in NAMES}
    keys = {key.key for key in list_lab_keys()}
    if values["key"] not in keys:
        faults["key"] = [_("Choose a key of yours that may certify.")]
    if not values["number"]:
        faults["number"] = [_("Write the number by which people know the certificate.")]
    deliveries = list(dict.fromkeys([*sent.getlist("deliveries"), *values["more"].split()]))
    if any(not _ID.fullmatch(one) for one in deliveries):
        faults["more"] = [_("These are no ids of deliveries.")]
    if not deliveries and not values["batch"]:
        faults["deliveries"] = [_("Tick the deliveries, or name a batch.")]
    moment = read_sampling(values["sampled_at"], faults)
    tested_on = read_day(values["tested_on"], faults)
    results, places = read_results(sent, bench, faults)
    if not results and not any(name.startswith("results") for name in faults):
        faults["results"] = [_("Write one result at least.")]
    if faults or moment is None:
        return None
    words: LabWords = {
        "certificate": values["certificate"] if _ID.fullmatch(values["certificate"]) else f"c-{secrets.token_hex(16)}",
        "number": values["number"],
        "agreement": bench.agreement,
        "deliveries": deliveries,
        "sampled_at": moment,
        "results": results,
        "batch": values["batch"] or None,
        "replaces": values["replaces"] or None,
    }
    return Typed(words, values["key"], tested_on, places)


def read_sampling(text: str, faults: dict[str, list[str]]) -> datetime | None:
    """Read when the sample was taken."""
    try:
        return parse_instant(read_moment(text))
    except Invalid as refusal:
        faults["sampled_at"] = [refusal.message]
        return None


def read_day(text: str, faults: dict[str, list[str]]) -> date | None:
    """Read the day of the tests; empty means that of sampling."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults["tested_on"] = [_("A day is wanted.")]
        return None


def read_results(
    sent: Mapping[str, str], bench: Bench, faults: dict[str, list[str]]
) -> tuple[list[Result], dict[int, int]]:  # fmt: skip
    """Read the grid: a row without a value was not measured."""
    results: list[Result] = []
    places: dict[int, int] = {}
    for number, row in enumerate(bench.rows):
        value, spread, method = ((sent.get(f"results.{number}.{cell}") or "").strip()[:MOST_TYPED] for cell in CELLS)
        if not value:
            if spread:
                faults[f"results.{number}.value"] = [_("There is an uncertainty, but no value.")]
            continue
        found = _VALUE.fullmatch(value)
        figure = read_cell(found[2] if found else value, f"results.{number}.value", faults)
        uncertainty = read_cell(spread, f"results.{number}.uncertainty", faults) if spread else None
        places[len(results)] = number
        if figure is not None and found is not None:
            results.append(Result(row.parameter, f"{found[1]}{figure:f}", row.unit, method or row.method, uncertainty))
    return results, places


def read_cell(text: str, name: str, faults: dict[str, list[str]]) -> Any:  # noqa: ANN401 - a Decimal, or None with a fault
    """Read a number of the grid."""
    try:
        return read_number(text)
    except Invalid as refusal:
        faults[name] = [refusal.message]
        return None


def prepare_typed(sight: Sight, typed: Typed, issued_at: datetime, faults: dict[str, list[str]]) -> CertificateDraft | None:
    """Prepare the certificate of what was typed; None, with faults by the form's names, where no credential can hold it."""
    try:
        return prepare(sight, key=typed.key, issued_at=issued_at, tested_on=typed.tested_on, **typed.words)
    except Invalid as refusal:
        sort_findings(refusal.findings or (Finding("", refusal.code, refusal.message),), typed, faults)
        return None


def sort_findings(findings: Sequence[Finding], typed: Typed, faults: dict[str, list[str]]) -> None:
    """Sort the log's findings by the form's names; what is said of the credential, which is not signed yet, is left out."""
    for finding in findings:
        if finding.field.startswith(("credential", "statement.")) or finding.code.startswith("credential-"):
            continue
        words = word_finding(finding)
        first, _mark, number = finding.field.partition(".")
        if first == "deliveries" and number.isdecimal():
            words = f"{typed.words['deliveries'][int(number)]}: {words}"
        faults.setdefault(find_name(finding.field, typed), []).append(words)


def find_name(path: str, typed: Typed) -> str:
    """Find the form's name for a finding's path."""
    first, _mark, rest = path.partition(".")
    if first == "results" and rest:
        number, _mark, cell = rest.partition(".")
        place = typed.places.get(int(number)) if number.isdecimal() else None
        return "results" if place is None else f"results.{place}.{cell if cell in CELLS else 'value'}"
    return first if first in (*NAMES, "deliveries", "results") else ""


def type_certificate(one: Certificate, bench: Bench) -> MultiDict[str, str]:
    """Write an earlier certificate as it would be typed, to be issued anew."""
    values: MultiDict[str, str] = MultiDict(
        {"replaces": one.certificate, "batch": one.batch or "", "sampled_at": type_value("moment", one.sampled_at)}
    )
    values.setlist("deliveries", list(one.deliveries))
    by_name = {result.get("parameter"): result for result in one.results}
    for number, row in enumerate(bench.rows):
        result = by_name.get(row.parameter)
        for cell in CELLS:
            values[f"results.{number}.{cell}"] = "" if result is None else type_cell(cell, result.get(cell))
    return values


def type_cell(cell: str, text: str | None) -> str:
    """Write a stored value as it would be typed."""
    from contracts.certificates.conformity import parse_measured  # noqa: PLC0415 - only where a certificate is issued anew

    if text is None or cell == "method":
        return text or ""
    with suppress(Invalid):
        return write_measured(parse_measured(text))
    return text
