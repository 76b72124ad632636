"""Pages of savings: states in words, totals over three organisations only, sealed costs for their owner, faults beside their fields."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest

from contracts.facts import Role
from contracts.views import savings
from tests.contracts.agreements.building import agree
from tests.contracts.settlement.closing import WET, close, hand_over
from tests.contracts.views.played import look
from tests.network import OPERATOR
from tests.site.agreements.desk import Desk, read_faults, read_signed
from tests.site.live_site import LiveSite
from tests.site.settlement.reading import crawl, read_form_with, read_text, read_workbook

SEALED = {"powerco": {"pumping", "heating", "€7.77", "€12.34"}, "plasterco": {"drying", "€123.45"}}  #: by who reported them


def test_periods_stand_with_their_states_and_totals(played_site: LiveSite) -> None:
    text = read_text(Desk(played_site, "outsider").get("/savings"))

    assert "March 2025 runs" in text
    assert "January 2025 closed -€19,435.30 – 3" in text


def test_a_period_shows_its_lines_costs_and_baselines_with_their_source(played_site: LiveSite) -> None:
    text = read_text(Desk(played_site, "plasterco").get("/periods/2025-01"))

    assert "Our saving lines" in text
    assert "drying €123.45 Entry" in text
    assert "a-tier none reported" in text
    assert "avoided purchase 22 EUR/t Contract a-pool, version 1" in text
    assert "From baseline cost to the account" in text


def test_a_total_over_two_organisations_is_shown_to_nobody_else(site: LiveSite) -> None:
    network = site.network
    for name in ("powerco", "plasterco", "outsider"):
        network.admit(name)
    agree(network, "a-pool", **{**WET, "contract_no": "C-1"})
    hand_over(network, "d-1", "a-pool", "25.36")
    close(network)
    desk = Desk(site, "outsider")

    page, listed, exported = desk.get("/periods/2025-01"), desk.get("/savings"), desk.get("/periods/2025-01/lines?format=xlsx")

    with network.connect() as connection:
        sights = [look(network, connection, by) for by in ("powerco", "plasterco")]
        total = sum(line.saving for sight in sights for _, line in savings.list_numbered_lines(sight, "2025-01"))
    assert "over fewer than 3 organisations and not shown" in read_text(page)
    assert f"{total / 100:,.2f}" not in page.text + listed.text
    assert len(read_workbook(exported)) == 1
    assert desk.get("/why/totals/2025-01").status_code == 404


@pytest.mark.parametrize("by", ["powerco", "plasterco", "pharma", OPERATOR, "outsider"])
def test_sealed_costs_stand_on_no_page_of_anybody_else(played_site: LiveSite, by: str) -> None:
    pages = crawl(Desk(played_site, by))

    assert {answer.status_code for answer in pages.values()} == {200}
    for owner, words in SEALED.items():
        told = {word for word in words for answer in pages.values() if word in answer.text}
        assert told == (words if owner == by else set())


def test_an_auditor_whose_grant_does_not_say_so_reads_no_sealed_item(played_site: LiveSite) -> None:
    pages = crawl(Desk(played_site, "lookers"))

    told = {word for answer in pages.values() for word in ("drying", "pumping", "heating") if word in answer.text}
    assert told == set()


def test_an_auditor_whose_grant_says_so_reads_each_sealed_item(played_site: LiveSite) -> None:
    text = read_text(Desk(played_site, "auditco").get("/why/totals/2025-01"))

    assert {word for word in ("drying", "pumping", "heating") if word in text} == {"drying", "pumping", "heating"}


def test_anothers_waterfall_is_not_drawn(played_site: LiveSite) -> None:
    answer = Desk(played_site, "pharma").get(f"/periods/2025-01?organisation={played_site.network.id('plasterco')}")

    assert (answer.status_code, "From baseline cost to the account" in answer.text) == (200, False)


def test_all_faults_of_a_report_stand_beside_their_fields(played_site: LiveSite) -> None:
    desk = Desk(played_site, "plasterco")
    items = {"items.0.item": "drying", "items.0.amount": "-5", "items.1.amount": "many"}
    fields = read_form_with(desk.get("/costs/new"), "report") | {"agreement": "a-pool", "period": "2025-01", **items}

    answer = desk.post("/costs/new", fields)

    assert answer.status_code == 422
    assert read_faults(answer) >= {"period", "items.0.amount", "items.1.amount"}
    assert read_form_with(answer, "report")["items.1.amount"] == "many"


def test_a_report_goes_on_to_be_signed_with_each_item(played_site: LiveSite) -> None:
    desk = Desk(played_site, "plasterco")
    form = read_form_with(desk.get("/costs/new?agreement=a-pool&period=2025-03"), "report")
    fields = form | {"items.0.item": "drying", "items.0.amount": "1,234.50"}

    signed = read_signed(desk.post("/costs/new", fields))

    assert (signed["said"], signed["agreement"], signed["period"]) == ("costs.reported", "a-pool", "2025-03")
    assert signed["items"] == [{"item": "drying", "amount": 123_450}]


def test_the_export_of_lines_is_the_views_rows(played_site: LiveSite) -> None:
    rows = read_workbook(Desk(played_site, "auditco").get("/periods/2025-02/lines?format=xlsx"))

    with played_site.network.connect() as connection:
        lines = savings.list_numbered_lines(look(played_site.network, connection, "auditco", Role.AUDITOR), "2025-02")
    saved = rows[0].index("Saving")
    assert [Decimal(str(row[saved])) for row in rows[1:]] == [Decimal(line.saving) / 100 for _, line in lines]
    assert {type(row[saved]) for row in rows[1:]} <= {int, float}


def test_only_the_facilitator_closes_a_period(played_site: LiveSite) -> None:
    refused = Desk(played_site, "plasterco").post("/periods/2025-03/close", {})
    early = Desk(played_site, OPERATOR).post("/periods/2025-03/close", {})

    assert (refused.status_code, early.status_code) == (403, 409)
    assert "a period is closed after its end" in early.text


def test_baselines_of_other_months_are_asked_for_by_period(played_site: LiveSite) -> None:
    desk = Desk(played_site, "pharma")

    here, before = (read_text(desk.get("/baselines?" + urlencode({"period": month}))) for month in ("2025-02", "2024-01"))

    assert "a plant of its own" in here
    assert "Nothing fits these filters" in before
