"""The life of an agreement: refused, taken back, suspended, resumed, ended; its history and what may be erased of it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.agreements.facts import (
    AgreementDeclined,
    AgreementResumed,
    AgreementSuspended,
    AgreementTerminated,
    AgreementWithdrawn,
)
from contracts.agreements.service import list_history
from contracts.agreements.tables import Agreement, AgreementState, find_reason, list_versions
from contracts.own_facts import ContentsErased
from tests.contracts.agreements.building import (
    a_counter,
    a_signature,
    admit_parties,
    agree,
    an_offer,
    publish_templates,
    see_agreement,
)
from tests.network import OPERATOR, TestNetwork

SUMMER = date(2025, 7, 1)


@pytest.fixture
def offered(network: TestNetwork) -> tuple[TestNetwork, str]:
    """A network in which powerco has offered an agreement to plasterco; and the offer's hash."""
    publish_templates(network)
    admit_parties(network, "powerco", "plasterco", "cementco")
    return network, network.accept(an_offer(network), by="powerco").statement_hash


def test_a_party_that_declines_says_why_and_ends_the_matter(offered: tuple[TestNetwork, str]) -> None:
    network, standing = offered

    network.accept(AgreementDeclined("a-1", "the chloride is too high"), by="plasterco")

    with network.connect() as connection:
        assert find_reason(connection, network.log_id, "a-1") == "the chloride is too high"
    assert see_agreement(network).state is AgreementState.DECLINED
    assert network.refuse_codes(a_signature(), by="powerco", refs=[standing]) == {("agreement", "not-open")}


def test_who_offered_withdraws_and_others_decline(offered: tuple[TestNetwork, str]) -> None:
    network, _ = offered

    assert network.refuse_codes(AgreementDeclined("a-1", "no"), by="powerco") == {("statement.author", "own-offer")}
    assert network.refuse_codes(AgreementWithdrawn("a-1", "no"), by="plasterco") == {("statement.author", "other-offer")}
    assert network.refuse_codes(AgreementDeclined("a-1", "no"), by="cementco") == {("agreement", "unknown-agreement")}
    network.accept(AgreementWithdrawn("a-1", "the kiln stays shut"), by="powerco")
    assert see_agreement(network).state is AgreementState.WITHDRAWN


def test_who_has_signed_an_offer_does_not_decline_it(offered: tuple[TestNetwork, str]) -> None:
    network, standing = offered
    network.accept(a_signature(), by="plasterco", refs=[standing])

    assert network.refuse_codes(AgreementDeclined("a-1", "second thoughts"), by="plasterco") == {("statement.author", "already-signed")}


def test_an_offer_may_be_withdrawn_until_the_last_signature(offered: tuple[TestNetwork, str]) -> None:
    network, standing = offered
    network.accept(a_signature(), by="plasterco", refs=[standing])

    network.accept(AgreementWithdrawn("a-1", "the kiln stays shut"), by="powerco")

    assert network.refuse_codes(a_signature(), by="powerco", refs=[standing]) == {("agreement", "not-open")}


def test_nobody_counters_its_own_offer_or_swaps_the_parties(offered: tuple[TestNetwork, str]) -> None:
    network, standing = offered
    other = a_counter(network, receiver=network.id("cementco"), signatories=None)
    rows = [{"organisation": network.id(name), "role": "boss", "order": 1, "limit": None, "joint": 1} for name in ("powerco", "cementco")]
    swapped = a_counter(network, receiver=network.id("cementco"), signatories=rows)

    own = network.refuse_codes(a_counter(network, base_price="1"), by="powerco", refs=[standing])
    changed = network.refuse_codes(swapped, by="plasterco", refs=[standing])

    assert own == {("statement.author", "own-offer")}
    assert ("parties", "parties-changed") in changed
    assert ("parameters.signatories", "missing") in network.refuse_codes(other, by="plasterco", refs=[standing])


def test_the_history_shows_what_each_version_changed(offered: tuple[TestNetwork, str]) -> None:
    network, standing = offered
    second = network.accept(a_counter(network, base_price="9.10"), by="plasterco", refs=[standing]).statement_hash
    network.accept(a_counter(network, payment_days=45), by="powerco", refs=[second])

    with network.connect() as connection:
        versions = list_history(connection, network.log_id, "a-1")

    assert [one.offered_by for one in versions] == [network.id("powerco"), network.id("plasterco"), network.id("powerco")]
    assert versions[0].changes == ()
    assert [(one.field, one.after) for one in versions[1].changes] == [("parameters.base_price", "9.10")]
    assert [(one.field, one.after) for one in versions[2].changes] == [("parameters.payment_days", 45)]
    assert see_agreement(network).version == 3


def test_who_suspended_resumes_and_nobody_else(network: TestNetwork) -> None:
    agree(network)
    network.accept(AgreementSuspended("a-1", "three loads off specification"), by="plasterco")

    suspended = see_agreement(network)
    other = network.refuse_codes(AgreementResumed("a-1", "all is well"), by="powerco")
    twice = network.refuse_codes(AgreementSuspended("a-1", "again"), by="powerco")
    network.accept(AgreementResumed("a-1", "the mill was mended"), by="plasterco")

    assert (suspended.state, suspended.allows_delivery(SUMMER)) == (AgreementState.SUSPENDED, False)
    assert other == {("statement.author", "other-suspension")}
    assert twice == {("agreement", "wrong-state")}
    assert see_agreement(network).allows_delivery(SUMMER)


def test_a_terminated_agreement_allows_deliveries_before_its_last_day_only(network: TestNetwork) -> None:
    agree(network)

    past = network.refuse_codes(AgreementTerminated("a-1", date(2025, 1, 1), "closure"), by="powerco")
    network.accept(AgreementTerminated("a-1", SUMMER, "closure"), by="powerco")
    again = network.refuse_codes(AgreementTerminated("a-1", SUMMER, "closure"), by="plasterco")

    found = see_agreement(network)
    assert past == {("effective", "past")}
    assert again == {("agreement", "wrong-state")}
    assert (found.allows_delivery(SUMMER - timedelta(days=1)), found.allows_delivery(SUMMER)) == (True, False)


def test_a_stranger_ends_nothing(network: TestNetwork) -> None:
    agree(network)
    network.admit("cementco")

    for fact in (AgreementSuspended("a-1", "envy"), AgreementTerminated("a-1", SUMMER, "envy")):
        assert network.refuse_codes(fact, by="cementco") == {("agreement", "unknown-agreement")}
    assert network.refuse_codes(AgreementSuspended("a-9", "what"), by="powerco") == {("agreement", "unknown-agreement")}


def test_deliveries_begin_on_the_first_day_and_end_with_the_term_unless_it_renews_itself(network: TestNetwork) -> None:
    found = agree(
        network, first_delivery_date="2025-02-01", initial_term=12, renewal_mode="none", renewal_term=None, renewal_notice=None
    )  # fmt: skip
    renewing = with_parameters(found, renewal_mode="auto")

    assert found.end_day == date(2026, 1, 2)
    assert [found.allows_delivery(day) for day in (date(2025, 1, 31), date(2025, 2, 1), date(2026, 1, 1), date(2026, 1, 2))] == [
        False,
        True,
        True,
        False,
    ]
    assert renewing.end_day is None
    assert renewing.allows_delivery(date(2040, 1, 1))


def with_parameters(agreement: Agreement, **changes: Any) -> Agreement:
    return replace(agreement, parameters={**agreement.parameters, **changes})


def test_terms_of_an_open_agreement_are_not_erased_and_those_of_a_refused_one_are_gone_for_good(offered: tuple[TestNetwork, str]) -> None:
    network, standing = offered
    erasure = ContentsErased(standing, standing, (3, 4, 6), "the negotiation is over")

    early = network.refuse_codes(erasure, by="powerco")
    network.accept(AgreementDeclined("a-1", "too dear"), by="plasterco")
    network.accept(erasure, by="powerco")

    assert early == {("statement.public.statement", "kept-for-now")}
    with network.connect() as connection:
        row = list_versions(connection, network.log_id, "a-1")[0]
    assert (row.parameters, row.text, row.message) == ({}, "", None)
    index = see_agreement(network).offer_entry
    assert "base_price" not in str(network.log.read_contents(index))


def test_terms_that_all_signed_are_kept_for_good_and_the_reason_of_their_end_is_not(network: TestNetwork) -> None:
    offer = agree(network).offer_hash
    ended = network.accept(AgreementTerminated("a-1", date(2025, 6, 1), "the plant closes"), by="plasterco").statement_hash
    terms = ContentsErased(offer, offer, (0, 1, 2, 3, 4, 5, 6), "it has ended")
    day, reason = (ContentsErased(ended, ended, (position,), "it has ended") for position in (0, 1))

    kept = network.refuse(terms, by="powerco")
    kept_day = network.refuse(day, by="plasterco")
    network.accept(reason, by="plasterco")

    assert "signed by all" in kept[0].message
    assert "the day is kept" in kept_day[0].message
    with network.connect() as connection:
        assert find_reason(connection, network.log_id, "a-1") is None


def test_the_register_keeps_a_members_name_until_it_has_left(network: TestNetwork) -> None:
    network.admit("powerco")
    admitted = next(entry for entry in network.log.list_entries(kinds=["organisation.admitted"]) if network.id("powerco") in entry.about)

    erasure = ContentsErased(admitted.statement_hash, admitted.statement_hash, (0,), "by its own wish")

    assert network.refuse_codes(erasure, by=OPERATOR) == {("statement.public.statement", "kept-for-now")}
