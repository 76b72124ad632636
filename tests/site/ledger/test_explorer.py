"""The ledger's list: every header for every member, filtered and paged; contents for those concerned; nothing for strangers."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import event

from contracts.own_facts import LogHeartbeat
from ledger.store import find_first_at
from tests.contracts.agreements.building import agree
from tests.databases import Databases
from tests.network import LOG, OPERATOR
from tests.webui.website import NETWORK, Answer, Caller, Website, admit_cast

HERE = f"/n/{NETWORK}"


@pytest.fixture(scope="module")
def traded(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """A network in which two firms agreed on a later day."""
    url = databases.create(database_kind)
    website = Website(url, tmp_path_factory.mktemp("data"))
    admit_cast(website.network)
    website.network.clock.advance(timedelta(days=3))
    agree(website.network, "a-1")
    website.network.clock.set_to(datetime(2025, 1, 7, 23, 30, tzinfo=UTC))  # where the network is, it is the 8th already
    website.network.accept(LogHeartbeat(f"log:{LOG}"), by=f"{OPERATOR}/service")
    website.network.log.publish_checkpoint(website.runtime.now_text())
    yield website
    website.close()
    databases.drop(url)


@pytest.fixture(scope="module")
def member(traded: Website) -> Caller:
    """A firm that is no party to the agreement's contents."""
    return traded.session("town")


@pytest.fixture(scope="module")
def party(traded: Website) -> Caller:
    """A firm that is."""
    return traded.session("plasterco")


def look(caller: Caller, path: str) -> Answer:
    return caller.knock("GET", HERE + path)


def list_indexes(answer: Answer) -> list[int]:
    """List the entries that a page shows, in its order."""
    return [int(one) for one in re.findall(rf'data-label="Entry"><a href="{HERE}/entries/(\d+)"', answer.text)]


def test_the_newest_entry_comes_first_and_every_member_sees_every_header(traded: Website, member: Caller) -> None:
    found = list_indexes(look(member, "/ledger"))

    assert found == list(reversed(range(traded.count())))


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("kind=agreement.signed", {"agreement.signed"}),
        ("kind=key.enrolled&author=o-symbio", {"key.enrolled"}),
        ("kind=key.enrolled&author=o-powerco", set()),
        ("author=o-powerco", {"agreement.offered", "agreement.signed"}),
        ("about=agreement:a-1", {"agreement.offered", "agreement.signed"}),
        ("about=agreement:a-1&author=o-plasterco", {"agreement.signed"}),
        ("about=agreement:a-1&kind=agreement.offered", {"agreement.offered"}),
        ("about=agreement:none", set()),
        ("about=agreement:none&author=o-powerco", set()),
        ("from=2025-01-05&author=o-powerco", {"agreement.offered", "agreement.signed"}),
        ("until=2025-01-04&author=o-powerco", set()),
        ("from=2025-01-05&until=2025-01-05&kind=agreement.signed", {"agreement.signed"}),
        ("from=2025-01-06&author=o-powerco", set()),
        ("from=2025-01-08", {"log.heartbeat"}),
        ("from=2025-01-06&until=2025-01-07", set()),
    ],
)
def test_filters_give_just_what_fits_them(traded: Website, member: Caller, query: str, kinds: set[str]) -> None:
    rows = [traded.network.log.read_entries(index, index + 1)[0] for index in list_indexes(look(member, f"/ledger?{query}"))]
    wanted = dict(part.split("=") for part in query.split("&"))

    assert {row.kind for row in rows} == kinds
    assert all(row.author == wanted.get("author", row.author) for row in rows)
    everything = traded.network.log.read_entries(0, traded.count())
    missed = [
        row.index
        for row in everything
        if row not in rows
        and row.kind != "log.heartbeat"  # its day depends on the time zone
        and (row.kind, row.author, row.about)
        == (wanted.get("kind", row.kind), wanted.get("author", row.author), wanted.get("about", row.about))
        and wanted.get("from", "") <= row.received_at[:10] <= wanted.get("until", "9")
    ]
    assert missed == []


@pytest.mark.parametrize("sort", ["-entry", "entry"])
@pytest.mark.parametrize("query", ["author=o-symbio&", "kind=key.enrolled&", "from=2025-01-02&"])
def test_pages_follow_each_other_without_gap_or_repetition(member: Caller, monkeypatch: pytest.MonkeyPatch, sort: str, query: str) -> None:
    whole = list_indexes(look(member, f"/ledger?{query}sort={sort}"))
    monkeypatch.setattr("webui.pages.listing.ROWS", 4)

    found: list[int] = []
    path = f"/ledger?{query}sort={sort}"
    while path:
        answer = look(member, path)
        found += list_indexes(answer)
        following = re.search(rf'rel="next" href="{HERE}([^"]+)"', answer.text)
        path = unescape(following[1]) if following else ""

    assert found == whole
    assert len(whole) > 4


def test_the_first_entry_at_an_instant_is_found_by_halving(traded: Website) -> None:
    size = traded.count()
    times = [row.received_at for row in traded.network.log.read_entries(0, size)]
    asked = {*times, "2024-01-01T00:00:00Z", "2025-01-06T00:00:00Z", "2026-01-01T00:00:00Z"}

    with traded.runtime.reading() as connection:
        found = {instant: find_first_at(connection, traded.network.log_id, instant, size) for instant in asked}

    assert found == {instant: sum(one < instant for one in times) for instant in asked}


def test_exports_hold_the_same_rows_with_hashes(traded: Website, member: Caller) -> None:
    shown = list_indexes(look(member, "/ledger?author=o-powerco"))
    as_csv = list(csv.DictReader(io.StringIO(look(member, "/ledger?author=o-powerco&format=csv").data.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(look(member, "/ledger?author=o-powerco&format=xlsx").data)).active
    assert sheet is not None

    rows = list(sheet.iter_rows(values_only=True))
    assert [int(row["Entry"]) for row in as_csv] == shown == [row[0] for row in rows[1:]]
    assert [row["Leaf hash"] for row in as_csv] == [traded.network.log.read_entries(index, index + 1)[0].leaf_hash for index in shown]
    assert rows[0][-1] == "Leaf hash"


@pytest.mark.parametrize(
    "query", ["kind=no.kind", "author=o-nobody", "from=2025-02-30", "until=9999-12-31", "from=0001-01-01", "after=x", "after=-1"]
)
def test_what_is_no_value_of_a_filter_is_said(member: Caller, query: str) -> None:
    assert look(member, f"/ledger?{query}").status_code in (400, 422)


def test_contents_are_shown_to_those_concerned_and_withheld_from_others(traded: Website, member: Caller, party: Caller) -> None:
    offer = traded.network.log.list_entries(kinds=["agreement.offered"])[0].index

    theirs, others = look(party, f"/entries/{offer}"), look(member, f"/entries/{offer}")

    assert ("material-supply@1" in theirs.text, "Withheld" in theirs.text) == (True, False)
    assert ("material-supply@1" in others.text, "PowerCo silo" in others.text, "Withheld" in others.text) == (False, False, True)
    assert "o-powerco" in others.text


def test_an_entry_leads_to_its_neighbours_its_grounds_and_its_thing(traded: Website, party: Caller) -> None:
    offered, signed = traded.network.log.list_entries(about="agreement:a-1")[:2]

    page = look(party, f"/entries/{signed.index}").text

    for path in (f"/entries/{offered.index}", f"/entries/{signed.index + 1}", "/agreements/a-1", "/ledger?about=agreement%3Aa-1"):
        assert f'"{HERE}{path}"' in page, path
    assert signed.body.decode() in unescape(page)
    assert offered.leaf_hash in page


def test_public_parts_are_in_words_for_every_member(member: Caller) -> None:
    founding = look(member, "/entries/0")

    assert ("Log founded" in founding.text, "Europe/Copenhagen" in founding.text, "Withheld" in founding.text) == (True, True, False)


@pytest.mark.parametrize(
    ("query", "status", "location"),
    [
        ("index=3", 303, f"{HERE}/entries/3"),
        ("index=0007", 303, f"{HERE}/entries/7"),
        ("", 303, f"{HERE}/ledger"),
        ("about=log:x", 303, f"{HERE}/ledger?about=log%3Ax"),
        ("index=99999", 404, None),
        ("index=1e3", 404, None),
        ("index=٣", 404, None),
    ],
)
def test_an_index_that_is_typed_in_leads_to_its_entry(member: Caller, query: str, status: int, location: str | None) -> None:
    answer = look(member, f"/entries?{query}")

    assert (answer.status_code, answer.headers.get("Location")) == (status, location)


def test_an_entry_that_is_not_there_yet_is_not_found(traded: Website, member: Caller) -> None:
    assert [look(member, f"/entries/{index}").status_code for index in (traded.count(), 10**14)] == [404, 404]


def test_strangers_are_sent_to_the_login_and_members_of_other_networks_find_nothing(traded: Website, member: Caller) -> None:
    for path in ("/ledger", "/entries/0", "/entries?index=0", "/audit", "/ledger?format=csv"):
        stranger, elsewhere = look(traded.anybody(), path), member.knock("GET", f"/n/harbour{path}")

        assert (stranger.status_code, stranger.headers["Location"].startswith("/login?next=")) == (303, True)
        assert elsewhere.status_code == 404


def test_the_desk_shows_everybody_the_key_and_only_auditors_the_file(traded: Website, member: Caller) -> None:
    auditor, others = (unescape(look(one, "/audit").text) for one in (traded.session("auditco"), member))

    for page in (auditor, others):
        assert traded.network.keys.log_verifier.to_text() in page
        assert traded.network.log.read_entries(0, 1)[0].leaf_hash in page
    assert ("audit.zip" in auditor, f"/api/v1/networks/{NETWORK}/audit.zip" in others) == (True, False)
    assert "no grant at present" in auditor


def test_every_way_to_filter_runs_through_an_index(traded: Website, member: Caller) -> None:
    if traded.network.engine.dialect.name != "sqlite":
        return  # plans on PostgreSQL depend on statistics; the indexes are the same
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        if "ledger_entries" in statement and "SELECT" in statement:
            asked.append((statement, values))

    event.listen(traded.runtime.engine, "before_cursor_execute", note)
    for query in (
        "",
        "kind=vote.cast",
        "author=o-powerco",
        "author=o-powerco&kind=vote.cast",
        "from=2025-01-03&until=2025-01-05",
        "about=x:1",
    ):
        look(member, f"/ledger?{query}")
    event.remove(traded.runtime.engine, "before_cursor_execute", note)

    with traded.runtime.reading() as connection:
        plans = [str(row[3]) for one in asked for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one[0]}", one[1])]
    assert len(asked) > 50
    assert [plan for plan in plans if not plan.startswith("SEARCH ledger_entries USING")] == []
