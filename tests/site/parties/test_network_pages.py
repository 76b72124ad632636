"""The network's first page and its flows: figures for everybody, what waits and what is missing for the facilitator alone."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from contracts.parties.facts import GrantGiven, GrantScope, OrganisationAdmitted, OrganisationKind, OrganisationSuspended
from tests.contracts.agreements.building import agree, an_offer
from tests.contracts.deliveries.building import a_dispatch, a_receipt
from tests.network import OPERATOR
from tests.site.agreements.desk import Desk, read_signed
from tests.site.live_site import LiveSite
from webui.jobs import remind

HOSTILE = "Nobody <script>alert(1)</script>"


@pytest.fixture(scope="module")
def town(shared_site: LiveSite) -> LiveSite:
    """A network with a delivery, an offer that lapses soon, a member without key and site, and a suspended one."""
    network = shared_site.network
    agree(network, "a-1", contract_no="C-1")
    network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(), by="plasterco")
    agree(network, "a-2", parties=("town", "plasterco"), contract_no="C-2")
    network.accept(an_offer(network, "a-3", contract_no="C-3"), by="powerco")
    network.accept(OrganisationAdmitted("o-nobody1", HOSTILE, "DK-1", "DK", OrganisationKind.PARTNER, ()), by=OPERATOR)
    network.accept(OrganisationSuspended("o-auditco", "unpaid"), by=OPERATOR)
    network.clock.advance(timedelta(days=27))
    remind(shared_site.website.runtime)
    return shared_site


def test_every_member_sees_who_belongs_to_it_and_by_which_rules(town: LiveSite) -> None:
    text = Desk(town, "powerco").get("/network").text

    assert all(words in text for words in ("partner firm 3", "1 suspended", "Shapley", "Europe/Copenhagen", "ledger.kalundborg.test/main"))
    assert "How the network fares" not in text
    assert "<script>alert" not in text


def test_the_facilitator_sees_what_waits_and_what_is_missing(town: LiveSite) -> None:
    text = Desk(town, OPERATOR).get("/network").text

    waits = text.partition("<h3>What waits</h3>")[2].partition("<h3>What is missing</h3>")[0]
    missing = text.partition("<h3>What is missing</h3>")[2].partition("</section>")[0]
    assert all(name in waits for name in ("Powerco A/S", "Plasterco A/S", "Read and sign, or decline"))
    assert missing.count("Nobody &lt;script&gt;") == 2
    assert "the board has adopted none" in missing
    assert "Powerco A/S" not in missing


def test_flows_are_shown_by_months_and_unit_and_exported_as_numbers(town: LiveSite) -> None:
    desk = Desk(town, "powerco")
    query = "/flows?first=2025-01&last=2025-01"

    text, book = desk.get(query).text, load_workbook(BytesIO(desk.get(f"{query}&unit=TNE&format=xlsx").data)).active
    strange, nothing = desk.get("/flows?first=2020-01&last=2025-01"), desk.get("/flows?first=2024-11&last=2024-12")

    assert all(words in text for words in ("FGD gypsum", "Plasterco A/S", "<svg"))
    assert [row[-2:] for row in book.iter_rows(values_only=True)] == [("Amount", "Unit"), (23.23, "t")]
    assert (strange.status_code, "Nothing was settled" in nothing.text) == (422, True)


def test_a_standard_contract_is_published_by_the_facilitator_alone(town: LiveSite) -> None:
    path = "/templates/water-supply@1"
    firm, facilitator = Desk(town, "powerco"), Desk(town, OPERATOR)

    refused = firm.post(path, {}).status_code
    again = facilitator.post(path, {})

    assert (refused, again.status_code) == (403, 422)
    assert "was published already" in again.text
    assert "Publish for this network" not in firm.get("/templates").text
    assert firm.get("/templates/nothing@1").status_code == 404


def test_the_map_and_the_first_page_fit_a_narrow_screen(town: LiveSite) -> None:
    with town.visit(OPERATOR, viewport={"width": 320, "height": 640}) as page:
        for path in ("/network", "/organisations", "/organisations/o-powerco", "/grants", "/flows"):
            page.goto(town.path(path))
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_contracts_without_deliveries_are_named_as_far_as_a_grant_lets_the_facilitator_see_them(town: LiveSite) -> None:
    town.network.clock.advance(timedelta(days=8))
    facilitator = Desk(town, OPERATOR)
    before = facilitator.get("/network").text
    grant = GrantGiven("g-op", "o-symbio", GrantScope.AGREEMENT, "a-2", sealed=False, valid_until=date(2025, 3, 1), reason="mediation")
    town.network.accept(grant, by=OPERATOR)

    after = facilitator.get("/network").text

    assert "had no delivery in 31 days" not in before
    assert [number in after.partition("What is missing")[2].partition("</section>")[0] for number in ("C-1<", "C-2<")] == [False, True]


def test_a_template_that_is_new_to_the_network_is_signed_for_it(site: LiveSite) -> None:
    facilitator = Desk(site, OPERATOR)

    shown = facilitator.get("/templates").text.count("Publish for this network")
    signed = read_signed(facilitator.post("/templates/water-supply@1", {}))

    assert (shown, signed["said"], signed["about"]) == (4, "template.published", "template:water-supply@1")
