"""Two figures become one settled quantity."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.deliveries.delivery import Figure
from contracts.deliveries.settling import claim_figure, find_mean, negate, settle_figures
from contracts.deliveries.trade import Authority
from contracts.quantity import check_decimal
from tests.contracts.deliveries.building import a_trade

NOTHING = Decimal(0)
masses = st.decimals(min_value=0, max_value=1000, places=3, allow_nan=False, allow_infinity=False)
moistures = st.decimals(min_value=0, max_value=100, places=1)


def figure(quantity: str, moisture: str | None = None) -> Figure:
    return Figure(Decimal(quantity), moisture=None if moisture is None else Decimal(moisture))


def test_figures_within_the_tolerance_settle_at_the_authoritys() -> None:
    settled = settle_figures(a_trade(), "TNE", figure("25.42"), figure("25.36"), NOTHING)

    assert str(settled) == "25.36"


def test_figures_outside_the_tolerance_settle_nothing() -> None:
    trade = a_trade(unit="MWH", tolerance=NOTHING)

    assert settle_figures(trade, "MWH", figure("1204.6"), figure("1188.9"), NOTHING) is None


def test_the_larger_tolerance_counts_and_its_edge_matches() -> None:
    trade = a_trade(tolerance=Decimal("0.10"), tolerance_percent=Decimal("0.5"))

    assert settle_figures(trade, "TNE", figure("25.4868"), figure("25.36"), NOTHING) == Decimal("25.36")
    assert settle_figures(trade, "TNE", figure("25.4869"), figure("25.36"), NOTHING) is None
    assert settle_figures(trade, "TNE", figure("2.10"), figure("2.00"), NOTHING) == Decimal("2.00")


def test_dry_mass_is_rounded_once_at_the_settled_quantity() -> None:
    trade = a_trade(invoice_mass="dry")

    assert str(settle_figures(trade, "TNE", figure("25.42"), figure("25.36", "8.4"), NOTHING)) == "23.230"


def test_dry_capped_pays_moisture_up_to_the_reference() -> None:
    trade = a_trade(invoice_mass="dry_capped", moisture_reference=Decimal(10))

    assert str(settle_figures(trade, "TNE", figure("25.42"), figure("25.36", "8.4"), NOTHING)) == "25.36"
    assert str(settle_figures(trade, "TNE", figure("25.42"), figure("25.36", "12"), NOTHING)) == "24.796"


def test_what_was_refused_is_taken_off() -> None:
    assert settle_figures(a_trade(), "TNE", figure("25.42"), figure("25.36"), Decimal("5.36")) == Decimal("20.00")


def test_a_load_refused_whole_settles_at_nothing_whoever_has_the_authority() -> None:
    trade = a_trade(authority=Authority.SUPPLIER)

    assert settle_figures(trade, "TNE", figure("25.42"), figure("25.36"), Decimal("25.36")) == 0


def test_figures_in_kilograms_settle_in_tonnes() -> None:
    assert settle_figures(a_trade(), "KGM", figure("25420"), figure("25360"), NOTHING) == Decimal("25.36")


def test_gigajoules_that_are_no_exact_megawatt_hours_are_rounded_half_even() -> None:
    assert str(claim_figure(a_trade(unit="MWH"), "GV", figure("1"))) == "0.277777778"


@pytest.mark.parametrize(
    ("one", "other", "mean"), [("25.42", "25.36", "25.39"), ("25.3", "25.4", "25.35"), ("100", "200", "150"), ("0", "0", "0")]
)
def test_a_mean_has_no_more_places_than_it_needs(one: str, other: str, mean: str) -> None:
    assert str(find_mean(Decimal(one), Decimal(other))) == mean


@given(masses, masses, masses)
def test_a_settled_mean_lies_between_the_figures_less_what_was_refused(mine: Decimal, theirs: Decimal, refused: Decimal) -> None:
    trade = a_trade(authority=Authority.MEAN, tolerance=Decimal(2000))
    refused = min(refused, theirs)

    settled = settle_figures(trade, "TNE", Figure(mine), Figure(theirs), refused)

    assert settled is not None
    assert max(NOTHING, min(mine, theirs) - refused) <= settled <= max(NOTHING, max(mine, theirs) - refused)
    check_decimal(settled)


@given(masses, moistures)
def test_dry_is_never_more_than_net(net: Decimal, moisture: Decimal) -> None:
    settled = settle_figures(a_trade(invoice_mass="dry"), "TNE", Figure(net), Figure(net, moisture=moisture), NOTHING)

    assert settled is not None
    assert 0 <= settled <= net


@given(masses)
def test_a_reversal_cancels_exactly(quantity: Decimal) -> None:
    assert quantity + negate(quantity) == 0
    check_decimal(negate(quantity))
