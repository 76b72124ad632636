"""The guided form: faults beside the fields, the text as it grows, fields that appear with choices, values that come back as they were."""

import pytest

from tests.contracts.agreements.building import agree, an_offer, publish_templates, see_agreement
from tests.site.agreements.desk import Desk, read_faults, read_form, read_signed
from tests.site.live_site import LiveSite

NEW = "/agreements/new"
ONE = f"{NEW}?template=material-supply@1"


@pytest.fixture(scope="module")
def desk(shared_site: LiveSite) -> Desk:
    """A signatory of the power company."""
    return Desk(shared_site, "powerco")


@pytest.fixture(scope="module", autouse=True)
def published(shared_site: LiveSite) -> None:
    """All standard contracts are published."""
    publish_templates(shared_site.network)


def an_order(**changes: str) -> dict[str, str]:
    """Fill the form with the least that makes an offer of sulphur from the power company to the plaster works."""
    parameters = {
        "contract_no": "C-77",
        "supplier": "o-powerco",
        "receiver": "o-plasterco",
        "material_name": "sulphur",
        "physical_form": "Powder",
        "quality_spec.0.parameter": "moisture",
        "quality_spec.0.max": "3.5",
        "quality_spec.0.unit": "P1",
        "quality_spec.0.method": "EN 14346",
        "legal_status": "product",
        "quantity_model": "best_efforts",
        "annual_contract_quantity": "1,250.5",
        "quantity_unit": "TNE",
        "delivery_place": "Quay 9",
        "currency": "EUR",
        "price_model": "fixed",
        "base_price": "12.40",
        "baseline_supplier_cost": "38",
        "baseline_receiver_cost": "22.00",
        "effective_date": "2025-02-01",
        "first_delivery_date": "2025-02-01",
        "initial_term": "24",
        "signatories.0.organisation": "o-powerco",
        "signatories.0.role": "director",
        "signatories.0.order": "1",
        "signatories.0.joint": "1",
        "signatories.1.organisation": "o-plasterco",
        "signatories.1.role": "plant manager",
        "signatories.1.order": "2",
        "signatories.1.joint": "1",
    }
    fields = {f"parameters.{name}": value for name, value in parameters.items()}
    return {"template": "material-supply@1", "agreement": "a-new", "reply_by": "2025-01-20", "message": "", **fields, **changes}


def test_a_complete_form_leads_to_an_offer_that_says_what_was_typed(desk: Desk) -> None:
    signed = read_signed(desk.post(NEW, an_order()))

    assert (signed["said"], signed["about"]) == ("agreement.offered", "agreement:a-new")
    assert signed["parameters"]["annual_contract_quantity"] == "1250.5"
    second = {"organisation": "o-plasterco", "role": "plant manager", "order": 2, "limit": None, "joint": 1}
    assert signed["parameters"]["signatories"][1] == second
    assert "C13.1  The price is 12.40 EUR per t." in signed["text"]


def test_all_faults_stand_beside_their_fields_at_once_and_what_was_typed_stays(desk: Desk) -> None:
    changes = {
        "parameters.receiver": "o-powerco",
        "parameters.initial_term": "999",
        "parameters.base_price": "12,4,0",
        "parameters.material_name": "",
        "parameters.quality_spec.0.unit": "",
        "parameters.signatories.1.role": "",
        "parameters.signatories.3.organisation": "o-town00",
        "parameters.signatories.3.role": "<b>mayor</b>",
        "parameters.signatories.3.order": "one",
        "reply_by": "2024-12-31",
    }

    answer = desk.post(NEW, an_order(**changes))

    assert answer.status_code == 422
    wanted = {"receiver", "initial_term", "base_price", "material_name", "quality_spec.0.unit", "signatories.1.role", "signatories.3.order"}
    assert {f"parameters.{name}" for name in wanted} | {"reply_by"} <= read_faults(answer)
    kept = read_form(answer)
    assert {name: kept[name] for name in changes} == changes
    assert "<b>mayor</b>" not in answer.text


def test_a_row_left_empty_in_between_does_not_move_the_faults_of_the_rows_below(desk: Desk) -> None:
    second = "parameters.signatories.1."
    moved = {f"parameters.signatories.3.{name}": an_order()[f"{second}{name}"] for name in ("organisation", "order", "joint")}
    emptied = {f"{second}{name}": "" for name in ("organisation", "role", "order", "joint")}

    answer = desk.post(NEW, an_order(**emptied, **moved))

    assert read_faults(answer) == {"parameters.signatories.3.role"}


def test_what_belongs_to_no_field_stands_above_the_form(shared_site: LiveSite) -> None:
    answer = Desk(shared_site, "lab").post(NEW, an_order())

    assert answer.status_code == 422
    assert "o-lab000 is no party to what it offers" in answer.text


def test_the_text_is_shown_while_parameters_are_missing_and_nothing_is_kept(desk: Desk, shared_site: LiveSite) -> None:
    size = shared_site.website.count()

    answer = desk.post(NEW, an_order(**{"parameters.delivery_place": "", "parameters.material_name": "<i>ash</i>", "preview": "1"}))

    assert answer.status_code == 200
    assert "&lt;i&gt;ash&lt;/i&gt; (powder)" in answer.text
    assert "parameters.delivery_place" in read_faults(answer)
    assert shared_site.website.count() == size


def test_fields_appear_with_the_choice_that_wants_them(desk: Desk) -> None:
    before = desk.get(ONE)

    after = desk.post(NEW, an_order(**{"parameters.price_model": "indexed", "preview": "1"}))

    assert 'name="parameters.index_terms.0.weight"' not in before.text
    assert "Index terms (Price model:" in before.text
    assert {"parameters.index_terms", "parameters.index_fixed_share"} <= read_faults(after)
    assert 'name="parameters.index_terms.0.weight"' in after.text


def test_going_back_from_the_signing_page_shows_the_form_as_it_was(desk: Desk) -> None:
    typed = an_order(message="Dear neighbours")

    answer = desk.post(NEW, {**typed, "edit": "1"})

    form = read_form(answer)
    assert {name: form.get(name) for name, value in typed.items() if value} == {name: value for name, value in typed.items() if value}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("ref", ["energy-supply@1", "material-supply@1", "shared-infrastructure@1", "water-supply@1"])
def test_a_counter_offer_begins_with_the_standing_values_to_the_letter(shared_site: LiveSite, ref: str, language: str) -> None:
    name, parties = f"a-{ref[:3]}-{language}", ("powerco", "plasterco", *(["town"] if ref.startswith("shared") else []))
    shared_site.network.accept(an_offer(shared_site.network, name, ref, parties=parties, contract_no=name), by="powerco")
    standing, other = see_agreement(shared_site.network, name), Desk(shared_site, "plasterco", language)

    form = read_form(other.get(f"/agreements/{name}/counter"))
    signed = read_signed(other.post(f"/agreements/{name}/counter", {**form, "reply_by": "2025-01-20"}))

    assert signed["said"] == "agreement.countered"
    assert signed["refs"] == [standing.offer_hash]
    assert signed["parameters"] == standing.parameters


def test_ones_own_offer_is_not_countered(desk: Desk, shared_site: LiveSite) -> None:
    shared_site.network.accept(an_offer(shared_site.network, "a-own", contract_no="C-own"), by="powerco")

    assert desk.get("/agreements/a-own/counter").status_code == 409


def test_a_renewal_begins_where_the_earlier_contract_ends_and_wants_a_number_of_its_own(desk: Desk, shared_site: LiveSite) -> None:
    agree(shared_site.network, "a-old", contract_no="C-old", renewal_mode="none", renewal_term=None, renewal_notice=None)

    form = read_form(desk.get(f"{ONE}&like=a-old"))

    assert (form["parameters.contract_no"], form["parameters.retroactive_reason"]) == ("", "")
    assert (form["parameters.effective_date"], form["parameters.base_price"]) == ("2027-01-02", "12.40")
    assert Desk(shared_site, "town").get(f"{ONE}&like=a-old").status_code == 404
