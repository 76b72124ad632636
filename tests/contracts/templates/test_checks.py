"""Checking parameters: every fault at once, each with its place; loosely typed numbers are mended by normalising only."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.templates.catalogue import check_parameters, find_template, load_templates, normalise_parameters
from ledger.canonical import JSON
from tests.contracts.templates.conftest import Agreement, build_example

MATERIAL = find_template("material-supply@1")
POOLING = "shared-infrastructure@1"
WATER = "water-supply@1"
ENERGY = "energy-supply@1"

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)

INDEXED: dict[str, JSON] = {
    "price_model": "indexed",
    "index_fixed_share": "0.4",
    "index_terms": [{"index": "PPI-DK", "base_value": "118.2", "base_month": "2026-01", "weight": "0.6", "lag_months": 2}],
}
TIERED: dict[str, JSON] = {
    "price_model": "tiered",
    "base_price": None,
    "tier_mode": "marginal",
    "price_tiers": [{"from": "0", "to": "40000", "price": "14"}, {"from": "40000", "to": None, "price": "11"}],
}
ROW: dict[str, JSON] = {"parameter": "pH", "basis": "as_received", "min": "5", "max": "9", "unit": "Q30", "method": "ISO 10523"}


def find_codes(parameters: dict[str, JSON], ref: str = "material-supply@1") -> set[tuple[str, str]]:
    return {(finding.field.removeprefix("parameters."), finding.code) for finding in check_parameters(find_template(ref), parameters)}


def test_all_faults_are_reported_at_once() -> None:
    parameters = build_example(
        MATERIAL,
        {"colour": "red", "receiver": None, "base_price": 12.4, "initial_term": 361, "currency": "ZZZ", "quantity_unit": "MWH"},  # type: ignore[dict-item]  # a float is the fault under test
    )

    assert find_codes(parameters) == {
        ("colour", "unknown-parameter"),
        ("receiver", "missing"),
        ("base_price", "float"),
        ("initial_term", "above-maximum"),
        ("currency", "unknown-currency"),
        ("quantity_unit", "unknown-value"),
    }


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"base_price": "1e3"}, "base_price", "not-a-decimal"),
        ({"base_price": True}, "base_price", "wrong-type"),
        ({"initial_term": "60"}, "initial_term", "wrong-type"),
        ({"initial_term": True}, "initial_term", "wrong-type"),
        ({"initial_term": 2**60}, "initial_term", "out-of-range"),
        ({"annual_contract_quantity": "0"}, "annual_contract_quantity", "not-above"),
        ({"down_tolerance": "101"}, "down_tolerance", "above-maximum"),
        ({"down_tolerance": "-1"}, "down_tolerance", "below-minimum"),
        ({"silent_accept": "yes"}, "silent_accept", "wrong-type"),
        ({"effective_date": "2026-02-30"}, "effective_date", "not-a-date"),
        ({"contract_year_start": "13-01"}, "contract_year_start", "not-a-month-day"),
        ({"supplier": "Power Co"}, "supplier", "not-an-id"),
        ({"contract_no": "no spaces"}, "contract_no", "pattern"),
        ({"material_name": "   \u200b"}, "material_name", "control-character"),
        ({"material_name": "e\u0301"}, "material_name", "not-nfc"),
        ({"material_name": "x" * 201}, "material_name", "too-long"),
        ({"material_name": " "}, "material_name", "empty"),
        ({"meter_ids": "WB-2"}, "meter_ids", "wrong-type"),
        ({"meter_ids": ["WB-2", "WB-2"]}, "meter_ids.1", "duplicate"),
        ({"meter_ids": [None]}, "meter_ids.0", "missing"),
        ({"quality_spec": []}, "quality_spec", "too-few-rows"),
        ({"quality_spec": ["pH"]}, "quality_spec.0", "wrong-type"),
        ({"signatories": [{"organisation": "powerco"}]}, "signatories.0.role", "missing"),
        ({"disputes": [{"step": "talk", "days": 1, "where": "bar"}]}, "disputes.0.where", "unknown-column"),
        ({"price_model": "two_part"}, "price_model", "not-supported-yet"),
        ({"price_model": "barter"}, "price_model", "unknown-value"),
        ({"measurement_authority": "third_party"}, "measurement_authority", "not-supported-yet"),
        ({"price_cap": "20"}, "price_cap", "not-applicable"),
        ({"base_price": None}, "base_price", "missing"),
        ({"certain_use": None}, "certain_use", "missing"),
        ({"benefit_rule": "fixed_split", "supplier_share": None}, "supplier_share", "missing"),
        ({"invoice_mass": "dry_capped", "moisture_reference": None}, "moisture_reference", "missing"),
    ],
)
def test_a_value_of_the_wrong_form_is_found_at_its_place(changes: dict[str, JSON], field: str, code: str) -> None:
    parameters: dict[str, JSON] = {one.name: one.example for one in MATERIAL.parameters if one.example is not None}
    parameters.update(changes)

    assert (field, code) in find_codes(parameters)


@pytest.mark.parametrize(
    ("ref", "changes", "field", "code"),
    [
        (MATERIAL.ref, {"receiver": "powerco"}, "receiver", "parties-differ"),
        (MATERIAL.ref, {"first_delivery_date": "2026-03-31"}, "first_delivery_date", "dates-in-order"),
        (MATERIAL.ref, {"take_or_pay": "95"}, "take_or_pay", "take-or-pay-consistent"),
        (MATERIAL.ref, {"quantity_model": "spot"}, "take_or_pay", "take-or-pay-consistent"),
        (MATERIAL.ref, {"price_model": "gate_fee", "base_price": "-20"}, "take_or_pay", "take-or-pay-consistent"),
        (MATERIAL.ref, {"base_price": "-20"}, "base_price", "price-sign"),
        (MATERIAL.ref, {"price_model": "gate_fee", "base_price": "20"}, "base_price", "price-sign"),
        (MATERIAL.ref, {"price_model": "free", "base_price": "1"}, "base_price", "price-sign"),
        (MATERIAL.ref, INDEXED | {"index_fixed_share": "0.5"}, "index_terms", "weights-sum"),
        (MATERIAL.ref, INDEXED | {"price_floor": "18", "price_cap": "6"}, "price_cap", "floor-below-cap"),
        (
            MATERIAL.ref,
            INDEXED | {"index_values": [{"index": "CPI", "month": "2026-02", "value": "1"}]},
            "index_values.0.index",
            "weights-sum",
        ),
        (
            MATERIAL.ref,
            TIERED | {"price_tiers": [{"from": "1", "price": "14"}]},
            "price_tiers.0.from",
            "tiers-contiguous",
        ),
        (
            MATERIAL.ref,
            TIERED | {"price_tiers": [{"from": "0", "to": "5", "price": "14"}, {"from": "6", "price": "11"}]},
            "price_tiers.1.from",
            "tiers-contiguous",
        ),
        (
            MATERIAL.ref,
            TIERED | {"price_tiers": [{"from": "0", "to": "5", "price": "14"}]},
            "price_tiers.0.to",
            "tiers-contiguous",
        ),
        (
            MATERIAL.ref,
            TIERED | {"price_tiers": [{"from": "0", "price": "14"}, {"from": "5", "price": "11"}]},
            "price_tiers.1.from",
            "tiers-contiguous",
        ),
        (MATERIAL.ref, {"quality_spec": [ROW]}, "quality_spec", "discount-needs-step"),
        (MATERIAL.ref, {"quality_spec": [ROW | {"min": "10"}]}, "quality_spec.0.max", "specification-consistent"),
        (MATERIAL.ref, {"quality_spec": [ROW | {"reject_max": "8"}]}, "quality_spec.0.reject_max", "specification-consistent"),
        (
            MATERIAL.ref,
            {"quality_spec": [ROW | {"min": None, "max": None, "target": "7"}]},
            "quality_spec.0",
            "specification-consistent",
        ),
        (MATERIAL.ref, {"quality_spec": [ROW | {"adjustment_step": "1"}]}, "quality_spec.0", "specification-consistent"),
        (MATERIAL.ref, {"quality_spec": [ROW, ROW]}, "quality_spec.1", "duplicate"),
        (
            MATERIAL.ref,
            {"decision_rule": "guarded", "quality_spec": [ROW]},
            "quality_spec.0.uncertainty",
            "specification-consistent",
        ),
        (MATERIAL.ref, {"inspection_period": 200}, "retained_sample_days", "samples-kept-long-enough"),
        (MATERIAL.ref, {"renewal_notice": 336}, "renewal_notice", "notice-within-term"),
        (
            MATERIAL.ref,
            {"early_exit_payment": [{"year": 1, "amount": 5}, {"year": 2, "amount": 6}]},
            "early_exit_payment",
            "exit-table-falls",
        ),
        (
            MATERIAL.ref,
            {"permits": [{"number": "1", "holder": "powerco", "expiry": "2026-04-30"}]},
            "permits.0.expiry",
            "permits-cover-start",
        ),
        (
            MATERIAL.ref,
            {"signatories": [{"organisation": "powerco", "role": "CFO", "order": 1, "joint": 1}]},
            "signatories",
            "signatories-bind-all",
        ),
        (MATERIAL.ref, {"load_size_min": "31"}, "load_size_max", "load-sizes"),
        (WATER, {"daily_max": "1912"}, "daily_max", "daily-covers-annual"),
        (WATER, {"flow_normal": "121"}, "flow_max", "flows-in-order"),
        (ENERGY, {"supply_pressure_nominal": "12"}, "supply_pressure_max", "pressures-in-order"),
        (ENERGY, {"carrier": "hot_water", "dryness_min": None, "return_share_min": None}, "sensor_side", "missing"),
        (ENERGY, {"interval": 25}, "interval", "unknown-value"),
        (POOLING, {"reserve_share": "11"}, "shares", "shares-leave-reserve"),
        (POOLING, {"stand_alone_cost": [{"organisation": "powerco", "cost": 1}]}, "stand_alone_cost", "shares-leave-reserve"),
        (POOLING, {"lend_price": "2.01"}, "overuse_price", "lending-below-overuse"),
        (POOLING, {"booking_closes": 336}, "booking_closes", "booking-window-open"),
        (POOLING, {"fixed_key": "peak_use"}, "fixed_key", "not-supported-yet"),
    ],
)
def test_a_rule_across_parameters_is_held(ref: str, changes: dict[str, JSON], field: str, code: str) -> None:
    assert (field, code) in find_codes(build_example(find_template(ref), changes), ref)


@pytest.mark.parametrize(
    "changes",
    [
        INDEXED,
        INDEXED | {"price_floor": "6", "price_cap": "18", "adjustment_dates": ["01-01", "07-01"]},
        TIERED,
        {"price_model": "free", "base_price": None, "take_or_pay": "0"},
        {"price_model": "gate_fee", "base_price": "-20", "take_or_pay": "0"},
        {"quantity_model": "output", "take_or_pay": "0", "supply_or_pay": "0"},
        {"legal_status": "waste", "treatment_code": "R5", "ewc_code": "100105"},
        {"take_or_pay": "90"},
    ],
)
def test_every_price_model_that_can_be_settled_can_be_agreed(changes: dict[str, JSON]) -> None:
    assert find_codes(build_example(MATERIAL, changes)) == set()


def test_a_signatory_needs_a_limit_that_holds_the_value_of_the_contract(an_agreement: Agreement) -> None:
    value = 60_000 * 1240 * 5
    rows: list[JSON] = [
        {"organisation": "powerco", "role": "plant manager", "order": 1, "limit": value, "joint": 1},
        {"organisation": "plasterco", "role": "managing director", "order": 1, "limit": None, "joint": 2},
    ]

    assert find_codes(an_agreement(signatories=rows)) == set()
    assert find_codes(an_agreement(signatories=rows, base_price="12.41")) == {("signatories", "signatories-bind-all")}


def test_loosely_typed_numbers_become_canonical_text(an_agreement: Agreement) -> None:
    parameters = an_agreement(base_price=" +012.40", annual_contract_quantity=60000, down_tolerance="-0.0", material_name=" FGD gypsum ")

    assert parameters["base_price"] == "12.40"
    assert parameters["annual_contract_quantity"] == "60000"
    assert parameters["down_tolerance"] == "0.0"
    assert parameters["material_name"] == "FGD gypsum"


def test_defaults_are_filled_and_absent_parameters_left_out(an_agreement: Agreement) -> None:
    parameters = an_agreement(confirm_within=None, asset=None)

    assert parameters["confirm_within"] == 72
    assert "asset" not in parameters
    assert "price_places" not in parameters


@example(ref="material-supply@1", name="fixed_cost", value="")
@given(
    ref=st.sampled_from(sorted(load_templates())),
    name=st.sampled_from(sorted({one.name for template in load_templates().values() for one in template.parameters})),
    value=JSON_VALUES,
)
def test_no_value_whatever_breaks_the_check(ref: str, name: str, value: JSON) -> None:
    template = find_template(ref)
    parameters: dict[str, JSON] = {one.name: one.example for one in template.parameters if one.example is not None}
    parameters[name] = value

    check_parameters(template, parameters)
    normal = normalise_parameters(template, parameters)

    assert normalise_parameters(template, normal) == normal or _holds_nan(value)


def _holds_nan(value: object) -> bool:
    if isinstance(value, dict):
        return any(_holds_nan(one) for one in value.values())
    if isinstance(value, list):
        return any(_holds_nan(one) for one in value)
    return isinstance(value, float) and value != value  # noqa: PLR0124  only NaN differs from itself


@given(amount=st.decimals(-(10**6), 10**6, places=4))
def test_a_normalised_decimal_has_the_same_value(amount: Decimal) -> None:
    text = normalise_parameters(MATERIAL, {"base_price": f" {amount:f}"})["base_price"]

    assert isinstance(text, str)
    assert Decimal(text) == amount
