"""Settled quantities: invoice mass, steam and hot water by others' steam tables, tolerance, wrong meters."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import Invalid
from contracts.quantity import Quantity, parse_quantity, round_half_even
from contracts.templates.metering import (
    SteamInterval,
    correct_meter_error,
    find_correction_days,
    hot_water_energy,
    invoice_mass,
    match_tolerance,
    steam_energy,
)


@pytest.mark.parametrize(
    ("mode", "moisture", "expected"),
    [
        ("wet", "8.4", "25.36"),
        ("dry", "8.4", "23.230"),
        ("dry_capped", "8.4", "25.36"),
        ("dry_capped", "10.0", "25.36"),
        ("dry_capped", "12", "24.796"),
    ],
)
def test_the_invoice_mass_follows_the_agreed_rule(mode: str, moisture: str, expected: str) -> None:
    assert invoice_mass(parse_quantity("25.36", "TNE"), Decimal(moisture), mode, Decimal("10.0")).text == expected


@given(net=st.decimals("0.001", 60, places=3), moisture=st.decimals(0, 90, places=1).map(abs))
def test_dry_capped_pays_no_less_than_dry_and_no_more_than_wet(net: Decimal, moisture: Decimal) -> None:
    wet = Quantity(net, "TNE")
    masses = [invoice_mass(wet, moisture, mode, Decimal(10)) for mode in ("dry", "dry_capped", "wet")]

    assert masses == sorted(masses)


@pytest.mark.parametrize(("mode", "reference"), [("dry_capped", None), ("dry_capped", Decimal(100)), ("damp", Decimal(10))])
def test_an_invoice_mass_that_cannot_be_applied_is_refused(mode: str, reference: Decimal | None) -> None:
    with pytest.raises(Invalid):
        invoice_mass(parse_quantity("25.36", "TNE"), Decimal(12), mode, reference)


def test_steam_and_hot_water_agree_with_the_published_steam_tables(shared: Path) -> None:
    file = shared / "vectors" / "iapws-if97" / "verification.json"
    rows = {row["what"]: row for row in json.loads(file.read_text(), parse_float=Decimal)["contract_examples_computed_with_iapws_1.5.5"]}
    steam = rows["steam 11 bar(a) 195 degC"]["h_kJ_kg"]
    water = rows["water 5 bar(a) 90 degC"]["h_kJ_kg"]
    supply = rows["hot water 85/45 degC 16 bar(a), flow sensor in supply"]["kWh_per_m3"]
    back = rows["hot water 85/45 degC 16 bar(a), flow sensor in return"]["kWh_per_m3"]

    energy = steam_energy([SteamInterval(Decimal(1), steam)], water)

    assert round_half_even(energy, 6) == Decimal("0.675644")
    assert round_half_even(hot_water_energy(Decimal(1), supply), 3) == Decimal("45.053")
    assert round_half_even(hot_water_energy(Decimal(1), back), 3) == Decimal("46.056")


def test_the_energy_of_a_tonne_of_process_steam_over_returned_condensate_is_0_675644_mwh() -> None:
    energy = steam_energy([SteamInterval(Decimal("0.25"), Decimal("2809.62"))] * 4, Decimal("377.30"))

    assert round_half_even(energy, 5) == Decimal("0.67564")


def test_condensate_of_the_supplier_is_taken_off() -> None:
    gross = steam_energy([SteamInterval(Decimal(10), Decimal(2800))], Decimal(0))
    net = steam_energy([SteamInterval(Decimal(10), Decimal(2800))], Decimal(0), Decimal(8), Decimal(375))

    assert gross - net == Fraction(8 * 375, 3600)


@pytest.mark.parametrize(
    ("mine", "theirs", "absolute", "percent", "matches"),
    [("25.42", "25.36", "0.10", "0.5", True), ("1204.6", "1188.9", "0", "0.5", False), ("25.47", "25.36", "0.10", "0", False)],
)
def test_the_worked_pairs_of_figures_match_or_do_not(mine: str, theirs: str, absolute: str, percent: str, *, matches: bool) -> None:
    tolerance = match_tolerance(Decimal(theirs), Decimal(absolute), Decimal(percent))

    assert (abs(Decimal(mine) - Decimal(theirs)) <= tolerance) is matches


def test_the_worked_tolerances_are_exact() -> None:
    assert match_tolerance(Decimal("25.36"), Decimal("0.10"), Decimal("0.5")) == Decimal("0.1268")
    assert match_tolerance(Decimal("1188.9"), Decimal(0), Decimal("0.5")) == Decimal("5.9445")


def test_a_meter_that_reads_high_is_corrected_down() -> None:
    assert correct_meter_error(Decimal(1000), Decimal(4), 3) == Decimal("961.538")
    assert correct_meter_error(Decimal(1000), Decimal(-4), 3) == Decimal("1041.667")
    with pytest.raises(Invalid):
        correct_meter_error(Decimal(1000), Decimal(-100), 3)


@pytest.mark.parametrize(
    ("known", "since_test", "limit", "days"), [(12, 200, 60, 12), (None, 101, 60, 50), (None, 200, 60, 60), (90, 90, None, 90)]
)
def test_a_wrong_meter_is_corrected_over_the_agreed_time(known: int | None, since_test: int, limit: int | None, days: int) -> None:
    assert find_correction_days(known, since_test, limit) == days
