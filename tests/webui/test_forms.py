"""Forms: what was typed becomes a draft; numbers and times as people write them, rows that move up over empty ones."""

from zoneinfo import ZoneInfo

import pytest
from flask import g
from werkzeug.datastructures import MultiDict

from contracts.errors import Finding, Invalid
from tests.webui.website import Website
from webui.pages.forms import Field, Form, close_gaps, read_draft_form, read_moment, read_number

ROWS = Form("costs.reported", "Costs", [Field("items", kind="rows", columns=[Field("item"), Field("amount", kind="whole")])])


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "1,234.5", "1234.5"),
        ("de", "1.234,5", "1234.5"),
        ("de", "23,230", "23.230"),
        ("en", "−7", "-7"),
        ("en", "1,234,567", "1234567"),
    ],
)
def test_numbers_are_read_as_the_reader_writes_them(shared_website: Website, language: str, text: str, wanted: str) -> None:
    with shared_website.app.test_request_context(headers={"Accept-Language": language}):
        assert f"{read_number(text):f}" == wanted


@pytest.mark.parametrize(
    ("language", "text"), [("en", "1,234"), ("de", "1.234"), ("en", "1e9"), ("en", "12 t"), ("de", "1.2.3"), ("en", "NaN")]
)
def test_a_number_that_may_be_meant_in_two_ways_is_refused(shared_website: Website, language: str, text: str) -> None:
    with shared_website.app.test_request_context(headers={"Accept-Language": language}), pytest.raises(Invalid):
        read_number(text)


def test_times_are_those_of_the_network_and_gaps_of_the_clock_are_refused(shared_website: Website) -> None:
    with shared_website.app.test_request_context():
        g.zone = ZoneInfo("Europe/Copenhagen")
        summer = read_moment("2025-07-01T08:00")
        with pytest.raises(Invalid):
            read_moment("2025-03-30T02:30")

    assert summer == "2025-07-01T06:00:00Z"


def test_rows_move_up_over_empty_ones_so_that_findings_name_the_right_row(shared_website: Website) -> None:
    sent = MultiDict({"items.0.item": "drying", "items.0.amount": "1", "items.2.item": "pumping", "items.2.amount": "x"})
    findings: list[Finding] = []
    with shared_website.app.test_request_context(headers={"Accept-Language": "en"}):
        closed = close_gaps(ROWS, sent)
        read_draft_form(ROWS, closed, findings)

    assert closed.to_dict() == {"items.0.item": "drying", "items.0.amount": "1", "items.1.item": "pumping", "items.1.amount": "x"}
    assert [finding.field for finding in findings] == ["items.1.amount"]
