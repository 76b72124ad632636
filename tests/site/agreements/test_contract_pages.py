"""Pages of contracts: who sees them, the list in all its orders and files, one contract with its signatures, two versions, the steps."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from contracts.agreements.facts import AgreementDeclined
from contracts.parties.facts import GrantGiven, GrantScope
from tests.contracts.agreements.building import OFFICE, a_counter, a_signature, agree, an_offer, see_agreement
from tests.contracts.deliveries.building import a_dispatch, a_receipt
from tests.site.agreements.desk import Desk, read_faults, read_signed
from tests.site.live_site import LiveSite
from webui.pages import exporting, listing

HOSTILE = "Quay <script>alert(1)</script> =1+1"


@pytest.fixture(scope="module")
def market(shared_site: LiveSite) -> LiveSite:
    """Five contracts: in force with a delivery, countered, declined, with the town, and one between others."""
    network = shared_site.network
    agree(network, "a-1", contract_no="C-10")
    network.accept(a_dispatch(), by="powerco")
    network.accept(a_receipt(), by="plasterco")
    network.accept(an_offer(network, "a-2", contract_no="C-30", supply_site=HOSTILE), by="powerco")
    changes = {"base_price": "13.10", "material_name": "washed gypsum", "meter_ids": ["WB-2", "WB-3"]}
    network.accept(a_counter(network, "a-2", **changes), by="plasterco", refs=[see_agreement(network, "a-2").offer_hash])
    network.accept(an_offer(network, "a-3", contract_no="C-20"), by="powerco")
    network.accept(AgreementDeclined("a-3", "too dear <b>by far</b>"), by="plasterco")
    network.accept(an_offer(network, "a-4", "water-supply@1", parties=("town", "powerco"), contract_no="C-05"), by="town")
    network.accept(an_offer(network, "a-5", parties=("town", "plasterco"), contract_no="C-07"), by="town")
    return shared_site


@pytest.fixture(scope="module")
def desk(market: LiveSite) -> Desk:
    """A signatory of the power company."""
    return Desk(market, "powerco")


@pytest.mark.parametrize("rest", ["", "/compare", "/sign", "/counter", "/decline", "/withdraw", "/suspend", "/resume", "/terminate"])
def test_a_foreign_contract_is_not_found_by_any_page_of_it(market: LiveSite, rest: str) -> None:
    foreign, missing = (Desk(market, "lab").get(f"/agreements/{name}{rest}") for name in ("a-1", "a-nothing"))

    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert "C-10" not in foreign.text


def test_the_list_names_ones_own_contracts_and_no_others(market: LiveSite) -> None:
    shown = {by: Desk(market, by).get("/agreements").text for by in ("powerco", "town", "lab")}

    assert ["C-05" in text for text in shown.values()] == [True, True, False]
    assert ["C-07" in text for text in shown.values()] == [False, True, False]
    assert "You have no contract yet." in shown["lab"]


def read_numbers(desk: Desk, query: str) -> list[str]:
    """List the contract numbers of a CSV export of the list."""
    answer = desk.get(f"/agreements?format=csv{query}")
    assert answer.status_code == 200, answer.text
    return [line.split(",")[0] for line in answer.data.decode("utf-8-sig").splitlines()[1:]]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["C-05", "C-20", "C-30", "C-10"]),
        ("&sort=entry", ["C-10", "C-30", "C-20", "C-05"]),
        ("&sort=contract_no", ["C-05", "C-10", "C-20", "C-30"]),
        ("&sort=-contract_no", ["C-30", "C-20", "C-10", "C-05"]),
        ("&state=offered", ["C-05", "C-30"]),
        ("&state=declined&sort=contract_no", ["C-20"]),
        ("&partner=o-town00", ["C-05"]),
        ("&partner=o-plasterco&state=in_force", ["C-10"]),
        ("&template=material-supply%401&sort=contract_no", ["C-10", "C-20", "C-30"]),
    ],
)
def test_filters_and_orders_give_the_same_rows_on_pages_and_in_files(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, query: str, wanted: list[str]
) -> None:
    monkeypatch.setattr(listing, "ROWS", 2)
    monkeypatch.setattr(exporting, "STEP", 1)

    assert read_numbers(desk, query) == wanted
    page = desk.get(f"/agreements?x=1{query}")
    numbers, following = [one for one in wanted if one in page.text], 'rel="next"' in page.text
    assert (set(numbers), following) == (set(wanted[:2]), len(wanted) > 2)


def test_the_workbook_holds_days_as_days_and_hostile_words_as_words(desk: Desk) -> None:
    answer = desk.get("/agreements?format=xlsx&sort=contract_no")

    rows = list(load_workbook(BytesIO(answer.data)).active.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["Contract", "C-05", "C-10", "C-20", "C-30"]
    assert str(rows[2][rows[0].index("Binds from")]).startswith("2025-01-02")
    assert rows[4][rows[0].index("What")] == "washed gypsum"


def test_an_unknown_order_or_filter_is_refused_in_words(desk: Desk) -> None:
    assert [desk.get(f"/agreements?{query}").status_code for query in ("sort=what", "state=gone", "partner=o-nobody0", "format=exe")] == [
        422
    ] * 4


def test_a_contract_in_force_shows_what_was_handed_over_what_settled_as_dry_mass_and_what_remains(desk: Desk) -> None:
    text = desk.get("/agreements/a-1").text

    shown = [
        text.partition(f"<dt>{name}</dt><dd>")[2].partition("<")[0]
        for name in ("Contracted", "Called off", "Delivered", "Settled", "Remaining")
    ]
    assert [one.replace("\u202f", " ") for one in shown] == ["120,000 t", "25.42 t", "25.36 t", "23.23 t", "119,976.77 t"]


def test_each_signature_stands_with_name_time_key_entry_and_hashes(desk: Desk, market: LiveSite) -> None:
    text = desk.get("/agreements/a-1").text

    for by in ("powerco", "plasterco"):
        entry = next(one for one in market.network.log.list_entries(kinds=["agreement.signed"], author=market.network.id(by)))
        assert all(
            part in text
            for part in (entry.key, entry.statement_hash, entry.leaf_hash, market.network.holder(by), f"/entries/{entry.index}")
        )
    assert text.count(OFFICE) >= 2
    assert see_agreement(market.network, "a-1").offer_hash in text


def test_hostile_words_stay_words(desk: Desk) -> None:
    pages = [
        desk.get(path).text
        for path in ("/agreements/a-2", "/agreements/a-2/compare", "/agreements/a-2/sign", "/agreements/a-2/counter", "/agreements/a-3")
    ]

    assert all("<script>alert" not in text and "<b>by far" not in text for text in pages)
    assert "too dear &lt;b&gt;by far" in pages[4]


def test_two_versions_stand_side_by_side_in_parameters_and_text(desk: Desk) -> None:
    text = desk.get("/agreements/a-2/compare").text

    assert "<del><bdi>12.40 EUR per t</bdi></del>" in text
    assert "<ins><bdi>13.10 EUR per t</bdi></ins>" in text
    assert "The price is <del>12.40</del> EUR per t." in text
    assert "The price is <ins>13.10</ins> EUR per t." in text
    assert "Meters and scales, row 2" in text
    assert desk.get("/agreements/a-2/compare?old=1&new=9").status_code == 404


@pytest.mark.parametrize(
    ("by", "contract", "steps"),
    [
        ("powerco", "a-1", {"suspend", "terminate"}),
        ("powerco", "a-2", {"sign", "counter", "decline"}),
        ("plasterco", "a-2", {"sign", "withdraw"}),
        ("powerco", "a-3", set()),
        ("town", "a-4", {"sign", "withdraw"}),
    ],
)
def test_only_the_steps_that_a_party_may_take_have_buttons(market: LiveSite, by: str, contract: str, steps: set[str]) -> None:
    text = Desk(market, by).get(f"/agreements/{contract}").text

    every = {"sign", "counter", "decline", "withdraw", "suspend", "resume", "terminate"}
    assert {step for step in every if f'href="/n/kalundborg/agreements/{contract}/{step}"' in text} == steps


def test_a_reason_is_wanted_beside_its_field_and_leads_to_the_signing(desk: Desk, market: LiveSite) -> None:
    path = "/agreements/a-2/decline"

    without, signed = desk.post(path, {"reason": " "}), read_signed(desk.post(path, {"reason": "too <i>dear</i>"}))

    assert (without.status_code, read_faults(without)) == (422, {"reason"})
    assert (signed["said"], signed["reason"]) == ("agreement.declined", "too <i>dear</i>")
    assert signed["refs"] == [see_agreement(market.network, "a-2").offer_hash]


def test_an_end_in_the_past_is_a_fault_of_its_day(desk: Desk) -> None:
    answer = desk.post("/agreements/a-1/terminate", {"effective": "2024-12-31", "reason": "closed"})

    assert (answer.status_code, read_faults(answer)) == (422, {"effective"})


def test_a_signature_names_the_standing_offer_and_the_office(desk: Desk, market: LiveSite) -> None:
    signed = read_signed(desk.post("/agreements/a-2/sign", {"capacity": OFFICE}))
    refused = desk.post("/agreements/a-2/sign", {"capacity": "porter"})

    assert (signed["said"], signed["capacity"], signed["refs"]) == (
        "agreement.signed",
        OFFICE,
        [see_agreement(market.network, "a-2").offer_hash],
    )
    assert (refused.status_code, read_faults(refused)) == (422, {"capacity"})


def test_who_signs_later_is_told_whom_to_await(market: LiveSite) -> None:
    rows = [
        {"organisation": market.network.id(name), "role": OFFICE, "order": order, "limit": None, "joint": 1}
        for name, order in (("powerco", 1), ("plasterco", 2))
    ]
    market.network.accept(an_offer(market.network, "a-order", contract_no="C-order", signatories=rows), by="powerco")
    later = Desk(market, "plasterco")
    before = later.get("/agreements/a-order").text
    offer = see_agreement(market.network, "a-order").offer_hash
    market.network.accept(a_signature("a-order"), by="powerco", refs=[offer])

    after = later.get("/agreements/a-order").text

    assert ["Signs after Powerco A/S." in text for text in (before, after)] == [True, False]
    assert ["agreements/a-order/sign" in text for text in (before, after)] == [False, True]


def test_an_auditor_reads_by_right_of_a_grant_takes_no_steps_and_the_parties_see_who_read(desk: Desk, market: LiveSite) -> None:
    grant = GrantGiven(
        "g-1", "o-auditco", GrantScope.AGREEMENT, "a-1", sealed=False, valid_until=see_agreement(market.network).reply_by, reason="audit"
    )
    market.network.accept(grant, by="symbio")

    text = Desk(market, "auditco").get("/agreements/a-1").text

    assert "only its parties take these steps" in text
    assert 'agreements/a-1/suspend"' not in text
    assert "Read by right of a grant" not in text
    assert "Read by right of a grant" in desk.get("/agreements/a-1").text
