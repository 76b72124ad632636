"""Quality that changes after a close: the next close prices the difference once, and a reversal takes back what was counted."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.certificates.facts import CertificateReinstated, CertificateRevoked, CertificateSuspended
from contracts.deliveries.facts import CorrectionApproved, CorrectionProposed
from contracts.parties.tables import get_network
from contracts.period import Period
from contracts.savings.facts import LineCause, PeriodClosed
from contracts.savings.tables import CountedDelivery, list_counted
from tests.contracts.agreements.building import agree
from tests.contracts.certificates.building import admit_lab, draft, some_results
from tests.contracts.settlement.closing import SERVICE, WET, draft_close, hand_over
from tests.network import TestNetwork

#: 12.40 EUR for a tonne; 10.35 % of water take 0.60 EUR off it, 12.5 % take all of it
MOIST, SOAKED = some_results(moisture="10.35"), some_results(moisture="12.5")
TIERS: dict[str, Any] = {
    "price_model": "tiered",
    "base_price": None,
    "price_tiers": [{"from": "0", "to": "10", "price": "12.40"}, {"from": "10", "to": None, "price": "10.00"}],
    "tier_mode": "marginal",
}


def deliver(network: TestNetwork, quantity: str = "10.00", **terms: Any) -> None:
    """Hand over d-1 in January under a-1, with a laboratory at hand."""
    agree(network, "a-1", **{**WET, **terms})
    admit_lab(network)
    hand_over(network, "d-1", "a-1", quantity)


def close(network: TestNetwork, period: str) -> PeriodClosed:
    """Let a period end and close it."""
    network.clock.set_to(max(network.clock.now(), Period(period).find_bounds(find_zone(network))[1]))
    fact = draft_close(network, period)
    network.accept(fact, by=SERVICE)
    return fact


def find_zone(network: TestNetwork) -> ZoneInfo:
    """Give the network's time zone."""
    with network.connect() as connection:
        return get_network(connection, network.log_id).zone


def correct(network: TestNetwork, quantity: str) -> None:
    """Replace d-1 by d-1b."""
    proposal = network.accept(CorrectionProposed("d-1", "d-1b", Decimal(quantity), "read from another ticket"), by="powerco")
    network.accept(CorrectionApproved("d-1", None), by="plasterco", refs=[proposal.statement_hash])


def find_prices(network: TestNetwork, fact: PeriodClosed) -> dict[str, int]:
    """Give the supplier's price of each period that a close has lines of."""
    return {line.of_period: line.price for line in fact.lines if line.organisation == network.id("powerco")}


def see_counted(network: TestNetwork) -> dict[str, CountedDelivery]:
    """Read what was counted, by delivery."""
    with network.connect() as connection:
        return {one.delivery: one for one in list_counted(connection, network.log_id)}


def test_a_certificate_after_the_close_prices_the_difference_in_the_next_close_and_once(network: TestNetwork) -> None:
    deliver(network)
    january = close(network, "2025-01")
    network.accept(draft(network, results=MOIST), by="lab")

    february, march = close(network, "2025-02"), close(network, "2025-03")

    assert find_prices(network, january) == {"2025-01": 12_400}
    assert find_prices(network, february) == {"2025-01": -600}
    assert find_prices(network, march) == {}
    line = february.lines[0]
    assert (line.cause, line.deliveries, line.quantity, line.baseline, line.cost) == (LineCause.TRUE_UP, 0, Decimal(0), 0, 0)
    assert sum(line.price for line in february.lines) == 0
    network.check_replay()


def test_a_certificate_taken_back_after_the_close_gives_the_discount_back(network: TestNetwork) -> None:
    deliver(network)
    network.accept(draft(network, results=SOAKED), by="lab")
    january = close(network, "2025-01")
    network.accept(CertificateSuspended("c-1", "a balance was out of order"), by="lab")
    february = close(network, "2025-02")
    network.accept(CertificateReinstated("c-1", "the balance was in order"), by="lab")
    march = close(network, "2025-03")
    network.accept(CertificateRevoked("c-1", "the sample was another one's"), by="lab")
    april = close(network, "2025-04")

    assert find_prices(network, january) == {"2025-01": 0}
    assert [find_prices(network, one) for one in (february, march, april)] == [{"2025-01": each} for each in (12_400, -12_400, 12_400)]
    network.check_replay()


def test_a_change_that_was_undone_before_the_next_close_prices_nothing(network: TestNetwork) -> None:
    deliver(network)
    close(network, "2025-01")
    network.accept(draft(network, results=MOIST), by="lab")
    network.accept(CertificateRevoked("c-1", "the sample was another one's"), by="lab")

    assert find_prices(network, close(network, "2025-02")) == {}


@pytest.mark.parametrize(("results", "replaced"), [(MOIST, 10_620), (SOAKED, 0)])
def test_a_reversal_takes_back_what_was_counted_and_not_what_was_certified_since(network: TestNetwork, results: Any, replaced: int) -> None:
    deliver(network)
    close(network, "2025-01")
    network.accept(draft(network, results=results), by="lab")
    correct(network, "9.00")

    february = close(network, "2025-02")

    counted = see_counted(network)
    assert counted["d-1.reversal"].price == -counted["d-1"].price == -12_400
    assert counted["d-1b"].price == replaced
    assert find_prices(network, february) == {"2025-01": replaced - 12_400}
    network.check_replay()


def test_a_reversal_takes_back_a_true_up_too(network: TestNetwork) -> None:
    deliver(network)
    close(network, "2025-01")
    network.accept(draft(network, results=MOIST), by="lab")
    close(network, "2025-02")
    correct(network, "10.00")
    march = close(network, "2025-03")
    network.accept(CertificateRevoked("c-1", "the sample was another one's"), by="lab")
    april = close(network, "2025-04")

    assert see_counted(network)["d-1.reversal"].price == -11_800
    assert find_prices(network, march) == {"2025-01": 0}
    assert find_prices(network, april) == {"2025-01": 600}
    network.check_replay()


def test_a_correction_within_one_close_cancels_and_leaves_the_replacement(network: TestNetwork) -> None:
    deliver(network)
    network.accept(draft(network, results=MOIST), by="lab")
    correct(network, "9.00")

    january = close(network, "2025-01")

    counted = see_counted(network)
    assert counted["d-1.reversal"].price == -counted["d-1"].price == -11_800
    assert find_prices(network, january) == {"2025-01": 10_620}


def test_a_refused_load_that_is_paid_after_all_is_paid_in_the_tiers_in_which_it_was_counted(network: TestNetwork) -> None:
    deliver(network, "8.00", **TIERS)
    hand_over(network, "d-2", "a-1", "4.00")
    network.accept(draft(network, results=SOAKED, deliveries=("d-2",)), by="lab")
    january = close(network, "2025-01")
    network.accept(CertificateRevoked("c-1", "the sample was another one's"), by="lab")

    february = close(network, "2025-02")

    assert find_prices(network, january) == {"2025-01": 9_920}
    assert find_prices(network, february) == {"2025-01": 2 * 1_240 + 2 * 1_000}
