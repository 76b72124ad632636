"""Two figures compared as settlement does: what is shown as within the tolerance settles, and nothing else does."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from contracts.deliveries.delivery import Figure
from contracts.deliveries.settling import compare_figures, settle_figures
from contracts.deliveries.trade import Authority
from tests.contracts.deliveries.building import a_trade

figures = st.decimals(min_value=0, max_value=100, places=3)


@given(figures, figures, st.sampled_from(Authority), st.sampled_from(["TNE", "KGM"]))
def test_what_is_within_the_tolerance_settles_and_nothing_else(sent: Decimal, got: Decimal, authority: Authority, unit: str) -> None:
    trade = a_trade(authority=authority)

    found = compare_figures(trade, unit, sent, got)

    settled = settle_figures(trade, unit, Figure(sent), Figure(got), Decimal(0))
    assert found.within == (settled is not None)
    assert not (found.near and not found.within)
    assert found.difference == found.got - found.sent


def test_half_of_the_tolerance_is_near_its_end_and_the_whole_is_within() -> None:
    trade = a_trade(tolerance=Decimal("0.10"), tolerance_percent=Decimal(0))

    found = [compare_figures(trade, "TNE", Decimal(20), Decimal(got)) for got in ("20.05", "20.06", "20.10", "20.11")]

    lights = [(one.within, one.near) for one in found]
    assert lights == [(True, False), (True, True), (True, True), (False, False)]
    assert compare_figures(trade, "TNE", Decimal(20), Decimal(20)).tolerance == Decimal("0.1")
