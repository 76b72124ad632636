"""Signing: under the standing offer only, in order, within limits, by as many holders as the contract wants."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.agreements.facts import AgreementDeclined, AgreementWithdrawn
from contracts.agreements.service import list_missing_signatures
from contracts.agreements.tables import AgreementState, list_signatures
from contracts.facts import Role
from tests.contracts.agreements.building import (
    OFFICE,
    a_counter,
    a_signature,
    admit_parties,
    an_offer,
    publish_templates,
    see_agreement,
    sign_by_all,
)
from tests.network import TestNetwork

ONE_OFFICE = {"order": 1, "limit": None, "joint": 1}


@pytest.fixture
def market(network: TestNetwork) -> TestNetwork:
    """A network with published templates and three firms, two of which have a second signatory."""
    publish_templates(network)
    admit_parties(network, "powerco", "plasterco", "cementco")
    network.enrol("plasterco/second", [Role.SIGNATORY])
    return network


def signatories(network: TestNetwork, *rows: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Make the parameter: each row of a firm in the office of managing director, with changes."""
    return [{"organisation": network.id(name), "role": OFFICE, **ONE_OFFICE, **changes} for name, changes in rows]


def offer(network: TestNetwork, *rows: tuple[str, dict[str, Any]], **changes: Any) -> str:
    """Offer an agreement of powerco and plasterco with these signatories; gives the offer's hash."""
    chosen = rows or (("powerco", {}), ("plasterco", {}))
    return network.accept(an_offer(network, signatories=signatories(network, *chosen), **changes), by="powerco").statement_hash


def test_the_last_signature_brings_an_agreement_into_force(market: TestNetwork) -> None:
    standing = offer(market)
    market.accept(a_signature(), by="powerco", refs=[standing])
    between = see_agreement(market)
    with market.connect() as connection:
        missing = list_missing_signatures(connection, market.log_id, between)

    last = market.accept(a_signature(), by="plasterco", refs=[standing])

    assert (between.state, missing) == (AgreementState.OFFERED, (market.id("plasterco"),))
    found = see_agreement(market)
    assert (found.state, found.in_force_entry, found.in_force_at) == (AgreementState.IN_FORCE, last.index, last.received_at)


def test_a_signature_names_the_standing_offer_and_nothing_older(market: TestNetwork) -> None:
    first = offer(market)
    market.accept(a_counter(market, base_price="9.10"), by="plasterco", refs=[first])

    stale = market.refuse_codes(a_signature(), by="plasterco", refs=[first])
    none = market.refuse_codes(a_signature(), by="plasterco")

    assert stale == none == {("statement.refs.0", "stale-offer")}


def test_a_counter_offer_voids_the_signatures_so_far(market: TestNetwork) -> None:
    first = offer(market)
    market.accept(a_signature(), by="powerco", refs=[first])
    second = market.accept(a_counter(market, base_price="9.10"), by="plasterco", refs=[first]).statement_hash

    market.accept(a_signature(), by="plasterco", refs=[second])

    assert see_agreement(market).state is AgreementState.OFFERED
    market.accept(a_signature(), by="powerco", refs=[second])
    assert see_agreement(market).state is AgreementState.IN_FORCE


def test_nobody_signs_for_others_or_twice(market: TestNetwork) -> None:
    standing = offer(market)
    market.accept(a_signature(), by="powerco", refs=[standing])

    assert market.refuse_codes(a_signature(), by="cementco", refs=[standing]) == {("agreement", "unknown-agreement")}
    assert market.refuse_codes(a_signature(), by="powerco", refs=[standing]) == {("statement.author", "already-signed")}


def test_a_party_that_is_bound_needs_no_second_signatory(market: TestNetwork) -> None:
    standing = offer(market)
    market.accept(a_signature(), by="plasterco", refs=[standing])

    assert market.refuse_codes(a_signature(), by="plasterco/second", refs=[standing]) == {("statement.author", "already-bound")}


def test_joint_signatures_come_from_different_holders(market: TestNetwork) -> None:
    market.enrol("plasterco/tablet", [Role.SIGNATORY], holder=market.holder("plasterco"))
    standing = offer(market, ("powerco", {}), ("plasterco", {"joint": 2}))
    market.accept(a_signature(), by="powerco", refs=[standing])
    market.accept(a_signature(), by="plasterco", refs=[standing])

    same_person = market.refuse_codes(a_signature(), by="plasterco/tablet", refs=[standing])
    alone = see_agreement(market).state
    market.accept(a_signature(), by="plasterco/second", refs=[standing])

    assert same_person == {("statement.author", "already-signed")}
    assert alone is AgreementState.OFFERED
    assert see_agreement(market).state is AgreementState.IN_FORCE


def test_the_order_of_signatures_is_kept(market: TestNetwork) -> None:
    standing = offer(market, ("powerco", {"order": 2}), ("plasterco", {"order": 1, "joint": 2}))

    early = market.refuse_codes(a_signature(), by="powerco", refs=[standing])
    market.accept(a_signature(), by="plasterco", refs=[standing])
    half = market.refuse_codes(a_signature(), by="powerco", refs=[standing])
    market.accept(a_signature(), by="plasterco/second", refs=[standing])
    market.accept(a_signature(), by="powerco", refs=[standing])

    assert early == half == {("statement.author", "not-your-turn")}
    assert see_agreement(market).state is AgreementState.IN_FORCE


def test_a_signature_is_given_in_an_office_that_the_contract_names(market: TestNetwork) -> None:
    standing = offer(market)

    findings = market.refuse(a_signature(capacity="janitor"), by="plasterco", refs=[standing])

    assert [(finding.field, finding.code) for finding in findings] == [("capacity", "unknown-capacity")]
    assert OFFICE in findings[0].message


def test_an_office_signs_up_to_its_limit_only(market: TestNetwork) -> None:
    manager = ("plasterco", {"role": "plant manager", "limit": 100_000})
    standing = offer(market, ("powerco", {}), ("plasterco", {}), manager)

    over = market.refuse_codes(a_signature(capacity="plant manager"), by="plasterco", refs=[standing])

    assert over == {("capacity", "over-limit")}


@pytest.mark.parametrize("margin", [-1, 0])
def test_a_key_signs_up_to_its_own_limit_to_the_cent(market: TestNetwork, margin: int) -> None:
    value = 60_000 * 1240 * 2  # cents: 60,000 t a year at 12.40 EUR for two years
    market.enrol("plasterco/limited", [Role.SIGNATORY], limits={"signatory": {"amount": value + margin}})
    standing = offer(
        market, quantity_model="firm", annual_contract_quantity="60000", base_price="12.40", price_model="fixed", take_or_pay="0",
        supply_or_pay="0", index_terms=None, index_values=None, index_fixed_share=None, price_tiers=None, tier_mode=None, price_floor=None,
        price_cap=None,
    )  # fmt: skip

    if margin < 0:
        assert market.refuse_codes(a_signature(), by="plasterco/limited", refs=[standing]) == {("statement.key", "over-limit")}
    else:
        market.accept(a_signature(), by="plasterco/limited", refs=[standing])


@pytest.mark.parametrize(
    "limits", [{"signatory": 5}, {"signatory": {"amount": "much"}}, {"signatory": {"amount": True}}, {"signatory": []}]
)
def test_a_limit_that_cannot_be_read_allows_nothing(market: TestNetwork, limits: dict[str, Any]) -> None:
    market.enrol("plasterco/odd", [Role.SIGNATORY], limits=limits)
    standing = offer(market)

    assert market.refuse_codes(a_signature(), by="plasterco/odd", refs=[standing]) == {("statement.key", "over-limit")}


def test_an_offer_lapses_after_its_last_day_in_the_networks_time_zone(market: TestNetwork) -> None:
    standing = offer(market)
    last_second = market.clock.now().replace(month=1, day=31, hour=22, minute=59, second=57)  # 23:59:57 in Copenhagen

    market.clock.set_to(last_second)
    market.accept(a_signature(), by="powerco", refs=[standing])
    market.clock.advance(timedelta(seconds=2))

    assert market.refuse_codes(a_signature(), by="plasterco", refs=[standing]) == {("agreement", "lapsed")}
    assert market.refuse_codes(a_counter(market, base_price="1"), by="plasterco", refs=[standing]) == {("agreement", "lapsed")}


def test_what_binds_back_in_time_says_why(market: TestNetwork) -> None:
    standing = offer(market, effective_date="2025-01-02", retroactive_reason=None)
    market.accept(a_signature(), by="powerco", refs=[standing])
    market.clock.advance(timedelta(days=1))

    assert market.refuse_codes(a_signature(), by="plasterco", refs=[standing]) == {("agreement", "retroactive")}


def test_what_is_in_force_is_not_signed_countered_declined_or_withdrawn_again(market: TestNetwork) -> None:
    standing = offer(market)
    sign_by_all(market)

    for fact in (a_signature(), a_counter(market, base_price="1"), AgreementDeclined("a-1", "no"), AgreementWithdrawn("a-1", "no")):
        assert market.refuse_codes(fact, by="plasterco", refs=[standing]) == {("agreement", "not-open")}


def test_signatures_are_kept_with_office_and_person(market: TestNetwork) -> None:
    offer(market)
    sign_by_all(market)

    with market.connect() as connection:
        signed = list_signatures(connection, market.log_id, "a-1", 1)

    assert [(one.organisation, one.holder, one.capacity) for one in signed] == [
        (market.id("powerco"), market.holder("powerco"), OFFICE),
        (market.id("plasterco"), market.holder("plasterco"), OFFICE),
    ]
