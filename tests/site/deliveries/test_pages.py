"""What the pages of deliveries show, to whom, in which order, and what they say of what was typed."""

import csv
import io
import json
import re
from datetime import timedelta

import openpyxl
import pytest

from contracts.parties.facts import GrantGiven, GrantScope
from ledger.outcome import Receipt
from tests.contracts.deliveries.building import a_dispatch, a_metered_day, see_delivery
from tests.network import OPERATOR
from tests.site.deliveries.trading import Reader, deliver, dispatch, find_faults, say
from tests.site.live_site import LiveSite

HOSTILE = '"><script>alert(1)</script>'
MANY = 120


@pytest.fixture(scope="module")
def busy_site(trade_site: LiveSite) -> LiveSite:
    """A site with more loads than one page of a list shows; every other one was handed over in the reverse order."""
    network = trade_site.network
    start = network.clock.now() - timedelta(minutes=30)
    moments = [start - timedelta(seconds=number if number % 2 else MANY - number) for number in range(MANY)]
    facts = [
        a_dispatch(delivery=f"d-b{number:03d}", ticket=f"B-{number:03d}", dispatched_at=moment) for number, moment in enumerate(moments)
    ]
    outcomes = network.log.submit_many([network.sign(fact, by="powerco") for fact in facts])
    assert all(isinstance(one, Receipt) for one in outcomes), outcomes
    return trade_site


def list_names(page: str) -> list[str]:
    """List the deliveries of a list, as linked from its first column."""
    return re.findall(r'<th scope="row"[^>]*><a href="[^"]*/deliveries/([^"]+)">', page)


def strip_tokens(page: str) -> str:
    """Leave out what differs in each answer."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def walk(reader: Reader, path: str) -> list[str]:
    """Walk through all pages of a list."""
    found: list[str] = []
    while path:
        page = reader.get(path).text
        found += list_names(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&").partition("/n/kalundborg")[2] if following else ""
    return found


@pytest.mark.parametrize("order", ["", "recorded", "-handed_over", "handed_over"])
def test_pages_of_a_list_follow_each_other_without_gap_or_repeat(busy_site: LiveSite, order: str) -> None:
    found = walk(Reader(busy_site, "plasterco"), f"/deliveries?side=wait&sort={order}")

    mine = [name for name in found if name.startswith("d-b")]
    moments = [see_delivery(busy_site.network, name).dispatched_at for name in mine]
    assert len(found) == len(set(found))
    assert len(mine) == MANY
    if "handed_over" in order:
        assert moments == sorted(moments, reverse=order.startswith("-"))
    else:
        assert mine == sorted(mine, reverse=not order)


def test_exports_have_the_rows_of_the_list(busy_site: LiveSite) -> None:
    reader = Reader(busy_site, "powerco")
    query = "/deliveries?state=dispatched&side=out&sort=-handed_over"

    text = reader.get(query + "&format=csv").data.decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(reader.get(query + "&format=xlsx").data))

    names = [see_delivery(busy_site.network, name).ticket for name in walk(reader, query)]
    written = [row["Delivery"].removeprefix("Load ") for row in csv.DictReader(io.StringIO(text))]
    cells = [str(row[0]).removeprefix("Load ") for row in book.active.iter_rows(min_row=2, values_only=True)]
    assert written == cells == names


def test_a_list_is_filtered_by_state_period_side_and_contract(busy_site: LiveSite) -> None:
    deliver(busy_site, "d-filter")
    supplier, receiver = Reader(busy_site, "powerco"), Reader(busy_site, "plasterco")

    settled = list_names(receiver.get("/deliveries?state=settled&period=2025-01&side=in&agreement=a-1").text)
    others = [
        list_names(reader.get(path).text)
        for reader, path in (
            (supplier, "/deliveries?state=settled&side=in"),
            (receiver, "/deliveries?period=2024-12"),
            (receiver, "/deliveries?agreement=a-2"),
        )
    ]

    assert "d-filter" in settled
    assert others == [[], [], []]


@pytest.mark.parametrize("query", ["sort=ticket", "after=x", "after=1", "period=2025-13", "state=lost", "format=pdf"])
def test_a_query_that_means_nothing_is_said_on_a_page(trade_site: LiveSite, query: str) -> None:
    answer = Reader(trade_site, "powerco").get(f"/deliveries?{query}")

    assert (answer.status_code, answer.content_type) == (422, "text/html; charset=utf-8")


def test_a_delivery_is_not_there_for_those_who_are_no_side_of_it(trade_site: LiveSite) -> None:
    deliver(trade_site, "d-private")
    town = Reader(trade_site, "town")
    paths = ("", "/slip", "/receive", "/contest", "/resolve", "/correct", f"/resolve/{'0' * 64}", f"/approve/{'0' * 64}")

    answers = [town.get(f"/deliveries/d-private{path}") for path in paths]
    unknown = town.get("/deliveries/d-never")

    assert {answer.status_code for answer in answers} == {404}
    assert strip_tokens(answers[0].text).replace("d-private", "d-never") == strip_tokens(unknown.text)
    assert list_names(town.get("/deliveries").text) == []


def test_a_grant_shows_a_delivery_and_no_form(trade_site: LiveSite) -> None:
    network = trade_site.network
    deliver(trade_site, "d-audited")
    until = (network.clock.now() + timedelta(days=9)).date()
    say(
        trade_site,
        GrantGiven("g-audit", network.id("auditco"), GrantScope.NETWORK, None, sealed=False, valid_until=until, reason="audit"),
        by=OPERATOR,
    )
    auditor = Reader(trade_site, "auditco")

    shown, form = auditor.get("/deliveries/d-audited"), auditor.get("/deliveries/d-audited/receive")

    assert (shown.status_code, form.status_code) == (200, 404)
    assert "Propose a correction" in shown.text
    assert "/correct" not in shown.text
    assert "d-audited" in list_names(auditor.get("/deliveries").text)


def test_hostile_words_are_shown_and_do_nothing(trade_site: LiveSite) -> None:
    dispatch(trade_site, "d-hostile", ticket=f"H {HOSTILE}", vehicle=HOSTILE, driver=HOSTILE)
    reader = Reader(trade_site, "plasterco")

    pages = [
        reader.get(path).text
        for path in ("/deliveries", "/deliveries/d-hostile", "/deliveries/d-hostile/slip", "/weighbridge", "/deliveries/confirm")
    ]

    assert all("&lt;script&gt;alert(1)" in page for page in pages)
    assert not any("<script>alert" in page for page in pages)


def test_all_faults_of_a_receipt_stand_beside_their_fields(trade_site: LiveSite) -> None:
    dispatch(trade_site, "d-faulty")
    reader = Reader(trade_site, "plasterco")
    fields = {"received_at": "2031-01-01T00:00", "gross": "40", "tare": "20", "quantity": "21", "accepted": "part", "refused": "3"}

    unread = reader.send("/deliveries/d-faulty/receive", {"received_at": "soon", "quantity": "1.2.3"})
    judged = reader.send("/deliveries/d-faulty/receive", fields)

    assert set(find_faults(unread.text)) == {"received_at", "quantity", "accepted"}
    assert set(find_faults(judged.text)) == {"received_at", "quantity", "reason"}
    assert (unread.status_code, judged.status_code) == (422, 422)
    assert 'value="1.2.3"' in unread.text


def test_all_faults_of_a_load_stand_beside_their_fields(trade_site: LiveSite) -> None:
    dispatch(trade_site, "d-before", ticket="T-before")
    reader = Reader(trade_site, "powerco")

    nothing = find_faults(reader.send("/weighbridge", {}).text)
    unread = find_faults(reader.send("/weighbridge", {"agreement": "a-1", "gross": "40", "tare": "x", "new_id": "d-new"}).text)
    judged = reader.send(
        "/weighbridge",
        {
            "agreement": "a-1",
            "ticket": "T-before",
            "gross": "40",
            "tare": "45",
            "moisture": "101",
            "moment": "2031-01-01T00:00",
            "new_id": "d-new",
        },
    )

    assert set(nothing) == {"agreement"}
    assert set(unread) == {"ticket", "tare"}
    assert set(find_faults(judged.text)) == {"ticket", "quantity", "moisture", "moment"}
    assert 'value="T-before"' in judged.text


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", "[" * 5000, '[{"agreement": {"x": 1}}]'])
def test_unsent_loads_in_no_readable_form_are_refused(trade_site: LiveSite, text: str) -> None:
    answer = Reader(trade_site, "powerco").send("/weighbridge/loads", {"loads": text})

    assert answer.status_code == 422


def test_a_ticket_that_stands_among_unsent_loads_twice_is_refused(trade_site: LiveSite) -> None:
    load = {"agreement": "a-1", "ticket": "T-twin", "gross": "40", "tare": "20", "moment": "2025-01-02T08:00:00Z"}
    loads = [{**load, "new_id": f"d-twin-{number}"} for number in (1, 2)]

    answer = Reader(trade_site, "powerco").send("/weighbridge/loads", {"loads": json.dumps(loads)})

    assert answer.status_code == 422
    assert answer.text.count("stands among the unsent loads twice") == 1


def test_what_may_happen_next_names_who_must_act(trade_site: LiveSite) -> None:
    dispatch(trade_site, "d-next")

    mine = Reader(trade_site, "plasterco").get("/deliveries/d-next").text
    theirs = Reader(trade_site, "powerco").get("/deliveries/d-next").text

    assert "/deliveries/d-next/receive" in mine
    assert "/deliveries/d-next/receive" not in theirs
    assert "This is for Plasterco A/S." in theirs


def test_a_metered_day_shows_its_intervals_and_registers(site: LiveSite) -> None:
    from tests.contracts.agreements.building import agree  # noqa: PLC0415 - beside its only use

    agree(site.network, "a-heat", "energy-supply@1")
    site.network.clock.advance(timedelta(days=2))
    site.network.accept(a_metered_day(agreement="a-heat", delivery="d-day"), by="powerco")

    page = Reader(site, "plasterco").get("/deliveries/d-day").text

    assert page.count('<td class="figure">1.5\u202fMWh</td>') == 96
    assert "1,000\u202fMWh – 1,144\u202fMWh" in page


def test_a_delivery_and_its_slip_name_the_contract_as_both_sides_file_it(trade_site: LiveSite) -> None:
    dispatch(trade_site, "d-filed")
    reader = Reader(trade_site, "plasterco")

    pages = [reader.get(f"/deliveries/d-filed{rest}").text for rest in ("", "/slip")]

    assert ["C-powerco-plasterco" in page for page in pages] == [True, True]
