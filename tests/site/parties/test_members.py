"""Members and rights to read: the register, one member, admission, steps, roles, grants and what was read by right of them."""

from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from contracts.facts import Role
from contracts.own_facts import KeyRevoked
from contracts.parties.facts import GrantGiven, GrantScope
from tests.contracts.agreements.building import agree
from tests.network import OPERATOR
from tests.site.agreements.desk import Desk, read_faults, read_form, read_signed
from tests.site.live_site import LiveSite
from tests.site.signing.acting import bring_key, press_sign
from webui.pages import exporting, listing

ADMIT = "/organisations/admit"
NAMES = ["Auditco A/S", "Lab A/S", "Plasterco A/S", "Powerco A/S", "Symbio A/S", "Town A/S"]


@pytest.fixture(scope="module")
def register(shared_site: LiveSite) -> LiveSite:
    """The cast, an agreement that an auditor has read by right of a grant, and a key that was revoked."""
    network = shared_site.network
    agree(network, "a-1", contract_no="C-1")
    network.enrol("powerco/second", [Role.OPERATOR])
    second = network.key("powerco/second").multikey
    network.accept(KeyRevoked(second, second, "lost", None), by="powerco")
    network.accept(
        GrantGiven("g-1", "o-auditco", GrantScope.NETWORK, None, sealed=True, valid_until=date(2025, 6, 30), reason="audit"), by=OPERATOR
    )
    auditor = Desk(shared_site, "auditco")
    for _again in range(3):
        assert auditor.get("/agreements/a-1").status_code == 200
    return shared_site


@pytest.fixture(scope="module")
def facilitator(register: LiveSite) -> Desk:
    """Who runs the network."""
    return Desk(register, OPERATOR)


def read_names(desk: Desk, query: str) -> list[str]:
    """List the names of a CSV export of the register."""
    answer = desk.get(f"/organisations?format=csv{query}")
    return [line.split(",")[0] for line in answer.data.decode("utf-8-sig").splitlines()[1:]]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", NAMES),
        ("&sort=-name", NAMES[::-1]),
        ("&sort=organisation", NAMES),
        ("&sort=entry", ["Symbio A/S", "Powerco A/S", "Plasterco A/S", "Lab A/S", "Town A/S", "Auditco A/S"]),
        ("&kind=partner&sort=-entry", ["Plasterco A/S", "Powerco A/S"]),
        ("&state=left", []),
    ],
)
def test_the_register_is_filtered_and_ordered_alike_on_pages_and_in_files(
    register: LiveSite, monkeypatch: pytest.MonkeyPatch, query: str, wanted: list[str]
) -> None:
    monkeypatch.setattr(listing, "ROWS", 4)
    monkeypatch.setattr(exporting, "STEP", 1)
    desk = Desk(register, "powerco")

    assert read_names(desk, query) == wanted
    page = desk.get(f"/organisations?x=1{query}").text
    assert [name in page for name in wanted] == [place < 4 for place in range(len(wanted))]


def test_one_member_shows_its_keys_with_their_states_and_the_contracts_that_one_shares(register: LiveSite) -> None:
    partner, stranger = (
        Desk(register, "plasterco").get("/organisations/o-powerco").text,
        Desk(register, "lab").get("/organisations/o-powerco").text,
    )

    assert all(words in partner for words in ("valid", "revoked by entry", "DK-00000767-powerco", "Kalundborg", "C-1"))
    assert "C-1<" not in stranger
    assert Desk(register, "lab").get("/organisations/o-nobody9").status_code == 404


def test_steps_and_roles_are_offered_to_who_may_take_them(register: LiveSite, facilitator: Desk) -> None:
    texts = {
        "facilitator": facilitator.get("/organisations/o-powerco").text,
        "board": Desk(register, "town").get("/organisations/o-powerco").text,
        "itself": Desk(register, "powerco").get("/organisations/o-powerco").text,
        "another": Desk(register, "plasterco").get("/organisations/o-powerco").text,
        "operator": facilitator.get("/organisations/o-symbio").text,
    }

    offered = {
        who: {step for step in ("suspend", "leave") if f"o-powerco/{step}" in text or f"o-symbio/{step}" in text}
        for who, text in texts.items()
    }
    assert offered == {"facilitator": {"suspend", "leave"}, "board": {"suspend"}, "itself": {"leave"}, "another": set(), "operator": set()}
    assert ["Grant a role" in text for text in texts.values()] == [True, False, False, False, True]


def test_an_admission_tells_all_its_faults_at_once(facilitator: Desk) -> None:
    form = read_form(facilitator.get(ADMIT))
    changes = {"legal_id": "DK-00000767-powerco", "name": "", "country": "Denmark", "kind": "partner", "sites.0.name": "=cmd|' /C calc'!A0"}

    answer = facilitator.post(ADMIT, {**form, **changes})

    assert answer.status_code == 422
    assert {"name", "country", "sites.0.site", "sites.0.place"} <= read_faults(answer)
    assert read_form(answer)["sites.0.name"] == changes["sites.0.name"]


def test_a_register_number_that_another_member_has_is_a_fault_of_its_field(facilitator: Desk) -> None:
    form = read_form(facilitator.get(ADMIT))

    answer = facilitator.post(ADMIT, {**form, "legal_id": "DK-00000767-powerco", "name": "Twin", "country": "DK", "kind": "partner"})

    assert (answer.status_code, read_faults(answer)) == (422, {"legal_id"})


def test_an_admission_a_step_and_a_role_come_to_their_facts(facilitator: Desk) -> None:
    form = read_form(facilitator.get(ADMIT))
    sites = {"sites.0.site": "works", "sites.0.name": "Works", "sites.0.place": "geo:55.68,11.09"}

    admitted = read_signed(
        facilitator.post(ADMIT, {**form, "legal_id": "DK-7", "name": "Seven", "country": "DK", "kind": "partner", **sites})
    )
    suspended = read_signed(facilitator.post("/organisations/o-powerco/suspend", {"reason": "unpaid"}))
    granted = read_signed(facilitator.post("/organisations/o-powerco/roles", {"role": "board", "change": "granted"}))

    assert (admitted["said"], admitted["about"]) == ("organisation.admitted", f"organisation:{form['organisation']}")
    assert admitted["sites"] == [{"site": "works", "name": "Works", "place": "geo:55.68,11.09"}]
    assert (suspended["said"], suspended["reason"]) == ("organisation.suspended", "unpaid")
    assert (granted["said"], granted["organisation"], granted["role"]) == ("role.granted", "o-powerco", "board")
    assert facilitator.post("/organisations/o-powerco/roles", {"role": "king", "change": "granted"}).status_code == 404
    assert facilitator.post("/organisations/o-powerco/promote", {"reason": "x"}).status_code == 404


def test_a_firm_admits_nobody_and_gives_no_roles(register: LiveSite) -> None:
    desk = Desk(register, "powerco")

    answers = [desk.get(ADMIT), desk.post(ADMIT, {}), desk.post("/organisations/o-powerco/roles", {"role": "board", "change": "granted"})]

    assert [one.status_code for one in answers] == [403] * 3
    assert desk.post("/organisations/o-plasterco/suspend", {"reason": "envy"}).status_code == 422


def test_what_was_read_by_a_grant_is_shown_to_its_holder_and_the_operator_and_in_files(register: LiveSite, facilitator: Desk) -> None:
    shown = {by: Desk(register, by).get("/grants/g-1").text for by in ("auditco", "powerco")}
    book = load_workbook(BytesIO(facilitator.get("/grants/g-1?format=xlsx").data)).active

    rows = list(book.iter_rows(values_only=True))
    assert rows[0] == ("By the holder", "Of", "id", "Entry that was read", "When")
    assert {row[0] for row in rows[1:]} == {register.network.holder("auditco")}
    assert len(rows) == 4
    assert [register.network.holder("auditco") in text for text in shown.values()] == [True, False]
    assert "everything in the network, sealed costs too" in shown["powerco"]


def test_a_grant_is_given_with_all_faults_named_and_withdrawn_with_a_reason(register: LiveSite, facilitator: Desk) -> None:
    form = read_form(facilitator.get("/grants/give"))
    wrong = {
        "organisation": "o-powerco",
        "scope": "agreement",
        "agreement": "",
        "sealed": "yes",
        "valid_until": "2024-01-01",
        "reason": "x",
    }

    refused = facilitator.post("/grants/give", {**form, **wrong})
    right = {"organisation": "o-auditco", "scope": "agreement", "agreement": "a-1", "valid_until": "2025-03-01", "reason": "x"}
    given = read_signed(facilitator.post("/grants/give", {**form, **right}))
    withdrawn = read_signed(facilitator.post("/grants/g-1/withdraw", {"reason": "audit done"}))

    assert (refused.status_code, read_faults(refused)) == (422, {"agreement", "sealed", "valid_until"})
    assert (given["said"], given["scope"], given["agreement"], given["sealed"]) == ("grant.given", "agreement", "a-1", False)
    assert (withdrawn["said"], withdrawn["about"]) == ("grant.withdrawn", "grant:g-1")
    assert Desk(register, "powerco").post("/grants/give", {**form, **right}).status_code == 422
    assert facilitator.get("/grants/g-9").status_code == 404


def test_the_list_of_grants_tells_those_that_hold_from_those_that_ended(facilitator: Desk) -> None:
    assert ["g-1" in facilitator.get(f"/grants?state={state}").text for state in ("holds", "ended")] == [True, False]


def test_the_facilitator_admits_a_firm_and_grants_it_a_seat_in_a_browser(register: LiveSite) -> None:
    with register.visit(OPERATOR) as page:
        bring_key(register, page)
        page.get_by_role("link", name="Network", exact=True).click()
        page.get_by_role("link", name="Organisations", exact=True).click()
        page.get_by_role("link", name="Admit an organisation").click()
        page.get_by_label("Legal name").fill("Brewery <b>A/S</b>")
        page.get_by_label("Register number").fill("DK-4711")
        page.get_by_label("Country").fill("DK")
        page.get_by_label("Kind").select_option("partner")
        page.get_by_role("button", name="Check and go on to sign").click()
        press_sign(page)
        expect(page.get_by_role("heading", name="Brewery <b>A/S</b>")).to_be_visible()

        page.get_by_label("Grant a role").select_option("board")
        page.get_by_role("button", name="Grant the role").click()
        press_sign(page)
        expect(page.locator("#roles-title + ul")).to_contain_text("board: reviews and votes")
        expect(page.get_by_text("It has no key yet and can sign nothing.")).to_be_visible()
