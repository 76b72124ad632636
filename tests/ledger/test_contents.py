"""Contents: nothing opens in two ways, anything can be withheld, and a root fits one statement of one log only."""

import secrets
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import JSON
from ledger.contents import Binding, RowList, commit_contents, open_contents, show_only, withhold_fields, withhold_rows
from ledger.errors import BadProof, Malformed

BINDING = Binding("ledger.example/main", "o-firm00", "0190f6c2-0000-7000-8000-000000000001")
VALUES: list[tuple[str, JSON | RowList]] = [
    ("net", "23.230"),
    ("shares", RowList(({"o": "a", "cents": 1}, {"o": "b", "cents": 2}, {"o": "c", "cents": 3}))),
    ("reason", None),
]


@dataclass(frozen=True)
class Header:
    """As much of a statement as contents are bound to."""

    log: str = BINDING.log
    author: str = BINDING.author
    id: str = BINDING.id
    contents_root: str = ""
    fields: int = 0


def make_salt() -> str:
    return secrets.token_hex(32)


def committed() -> tuple[Header, dict[str, Any]]:
    contents, root = commit_contents(BINDING, VALUES, make_salt)
    return Header(contents_root=root, fields=len(VALUES)), contents


def test_what_was_committed_opens_whole() -> None:
    header, contents = committed()

    opened = open_contents(header, contents)

    assert opened.values == {
        "net": "23.230",
        "shares": [{"o": "a", "cents": 1}, {"o": "b", "cents": 2}, {"o": "c", "cents": 3}],
        "reason": None,
    }
    assert opened.withheld == ()


@pytest.mark.parametrize("positions", [[0], [1], [2], [0, 2], [0, 1, 2]])
def test_withheld_fields_leave_the_others_provable(positions: list[int]) -> None:
    header, contents = committed()

    opened = open_contents(header, withhold_fields(header, contents, positions))

    assert opened.withheld == tuple(positions)
    assert set(opened.values) == {name for number, (name, _) in enumerate(VALUES) if number not in positions}


def test_one_row_can_be_shown_alone() -> None:
    header, contents = committed()

    opened = open_contents(header, withhold_rows(header, contents, 1, [0, 2]))

    assert opened.rows == {"shares": {1: {"o": "b", "cents": 2}}}
    assert opened.withheld == (1,)


@pytest.mark.parametrize(
    "change", [{"log": "ledger.example/other"}, {"author": "o-thief0"}, {"id": "0190f6c2-0000-7000-8000-000000000002"}]
)
def test_a_root_copied_into_another_statement_opens_nothing(change: dict[str, str]) -> None:
    header, contents = committed()

    with pytest.raises(BadProof):
        open_contents(replace(header, **change), contents)  # type: ignore[arg-type]  # names of the header


def test_a_value_that_looks_like_a_list_s_root_is_no_list() -> None:
    contents, root = commit_contents(BINDING, [("shares", RowList(("a", "b")))], make_salt)
    fields: Any = contents["fields"]
    field = fields[0]
    lookalike: JSON = {"fields": [{"name": "shares", "salt": field["salt"], "value": {"rows": 2, "root": root}}]}

    with pytest.raises(BadProof):
        open_contents(Header(contents_root=root, fields=1), lookalike)


def test_two_commitments_to_the_same_values_share_nothing() -> None:
    first, second = committed()[0], committed()[0]

    assert first.contents_root != second.contents_root


@given(place=st.integers(0, 2), cents=st.integers(-5, 5))
def test_a_changed_row_is_found(place: int, cents: int) -> None:
    header, contents = committed()
    row = contents["fields"][1]["rows"][place]
    before = row["value"]["cents"]
    row["value"] = {**row["value"], "cents": cents}

    if cents == before:
        assert open_contents(header, contents).withheld == ()
    else:
        with pytest.raises(BadProof):
            open_contents(header, contents)


@pytest.mark.parametrize(
    "contents",
    [
        {},
        {"fields": {}},
        {"fields": [], "more": 1},
        {"fields": [1, 2, 3]},
        {"fields": [{"name": "net"}, {"leaf": "0" * 64}, {"leaf": "0" * 64}]},
        {"fields": [{"leaf": "0" * 63}, {"leaf": "0" * 64}, {"leaf": "0" * 64}]},
        {"fields": [{"name": "Net", "salt": "0" * 64, "value": 1}, {"leaf": "0" * 64}, {"leaf": "0" * 64}]},
        {"fields": [{"name": "net", "salt": 5, "value": 1}, {"leaf": "0" * 64}, {"leaf": "0" * 64}]},
        {"fields": [{"name": "net", "salt": "0" * 64, "rows": 7}, {"leaf": "0" * 64}, {"leaf": "0" * 64}]},
        {"fields": [{"name": "net", "salt": "0" * 64, "rows": [7]}, {"leaf": "0" * 64}, {"leaf": "0" * 64}]},
    ],
)
def test_other_forms_are_refused(contents: JSON) -> None:
    header, _ = committed()

    with pytest.raises((Malformed, BadProof)):
        open_contents(header, contents)


@pytest.mark.parametrize(
    ("wanted", "values", "rows"),
    [
        (["net"], {"net": "23.230"}, {}),
        (["shares"], {"shares": [{"o": "a", "cents": 1}, {"o": "b", "cents": 2}, {"o": "c", "cents": 3}]}, {}),
        (["shares.1"], {}, {"shares": {1: {"o": "b", "cents": 2}}}),
        (["shares.2", "shares.0", "reason"], {"reason": None}, {"shares": {0: {"o": "a", "cents": 1}, 2: {"o": "c", "cents": 3}}}),
        (["shares.1", "shares"], {"shares": [{"o": "a", "cents": 1}, {"o": "b", "cents": 2}, {"o": "c", "cents": 3}]}, {}),
    ],
)
def test_one_field_or_one_row_is_shown_and_nothing_else_can_be_read(
    wanted: list[str], values: dict[str, JSON], rows: dict[str, dict[int, JSON]]
) -> None:
    header, contents = committed()

    kept = show_only(header, contents, wanted)

    opened = open_contents(header, kept)
    assert (opened.values, opened.rows) == (values, rows)
    hidden = {str(field["salt"]) for field in contents["fields"] if field["name"] not in "".join(wanted)}
    hidden |= {row["salt"] for number, row in enumerate(contents["fields"][1]["rows"]) if not {"shares", f"shares.{number}"} & set(wanted)}
    assert not [salt for salt in hidden if salt in str(kept)]


@pytest.mark.parametrize("wanted", ["weight", "net.0", "shares.3", "shares.-1", "shares.01", "shares.x", "", "."])
def test_what_is_not_there_cannot_be_shown(wanted: str) -> None:
    header, contents = committed()

    with pytest.raises(Malformed):
        show_only(header, contents, [wanted])


def test_what_was_withheld_before_is_shown_by_nobody() -> None:
    header, contents = committed()
    less = withhold_rows(header, withhold_fields(header, contents, [0]), 1, [1])

    for wanted in ("net", "shares.1"):
        with pytest.raises(Malformed, match=wanted):
            show_only(header, less, [wanted])
    assert open_contents(header, show_only(header, less, ["shares"])).rows == {
        "shares": {0: {"o": "a", "cents": 1}, 2: {"o": "c", "cents": 3}}
    }
