"""How an agreement stands: who may take which step, in which office one may sign, and who waits for whom."""

from datetime import date
from typing import Any

from contracts.agreements.facts import AgreementSuspended, AgreementTerminated
from contracts.agreements.standing import Standing, Step, find_standing
from contracts.agreements.tables import list_binding_offers, list_in_force, list_signatures
from tests.contracts.agreements.building import (
    OFFICE,
    REPLY_BY,
    a_signature,
    admit_parties,
    agree,
    an_offer,
    publish_templates,
    see_agreement,
)
from tests.network import OPERATOR, TestNetwork

TODAY = date(2025, 1, 3)


def stand(network: TestNetwork, by: str, today: date = TODAY) -> Standing:
    """See how a-1 stands for somebody."""
    agreement = see_agreement(network)
    with network.connect() as connection:
        signatures = list_signatures(connection, network.log_id, agreement.agreement, agreement.version)
    return find_standing(agreement, network.id(by.partition("/")[0]), network.holder(by), signatures, today)


def offer(network: TestNetwork, **changes: Any) -> None:
    publish_templates(network)
    admit_parties(network, "powerco", "plasterco", "pharma")
    network.accept(an_offer(network, **changes), by="powerco")


def test_an_open_offer_is_signed_countered_or_declined_by_the_other_and_withdrawn_by_its_maker(network: TestNetwork) -> None:
    offer(network)

    steps = {by: stand(network, by).steps for by in ("powerco", "plasterco", "pharma")}

    assert steps == {"powerco": (Step.SIGN, Step.WITHDRAW), "plasterco": (Step.SIGN, Step.COUNTER, Step.DECLINE), "pharma": ()}


def test_who_has_signed_neither_signs_nor_declines_again(network: TestNetwork) -> None:
    offer(network)
    network.accept(a_signature(), by="plasterco", refs=[see_agreement(network).offer_hash])

    standing = stand(network, "plasterco")

    assert (standing.steps, standing.offices) == ((Step.COUNTER,), ())
    assert [(party.organisation, party.bound) for party in standing.parties] == [("o-powerco", False), ("o-plasterco", True)]


def test_a_lapsed_offer_allows_nothing(network: TestNetwork) -> None:
    offer(network)

    standing = stand(network, "plasterco", date(2025, 2, 1))

    assert (standing.lapsed, standing.steps, standing.offices) == (True, (), ())
    assert not stand(network, "plasterco", REPLY_BY).lapsed


def test_joint_signatures_are_counted_by_holder_and_the_later_party_waits(network: TestNetwork) -> None:
    rows = [
        {"organisation": "o-powerco", "role": OFFICE, "order": 1, "limit": None, "joint": 2},
        {"organisation": "o-plasterco", "role": OFFICE, "order": 2, "limit": None, "joint": 1},
    ]
    offer(network, signatories=rows)
    network.accept(a_signature(), by="powerco", refs=[see_agreement(network).offer_hash])

    first, second = stand(network, "powerco"), stand(network, "plasterco")

    assert [(way.given, way.joint) for way in first.parties[0].ways] == [(1, 2)]
    assert (first.offices, second.offices) == ((), ())
    assert second.parties[1].awaits == ("o-powerco",)


def test_an_office_whose_limit_the_value_exceeds_is_not_offered(network: TestNetwork) -> None:
    rows = [
        {"organisation": "o-powerco", "role": "clerk", "order": 1, "limit": 100, "joint": 1},
        {"organisation": "o-powerco", "role": "director", "order": 1, "limit": None, "joint": 1},
        {"organisation": "o-plasterco", "role": OFFICE, "order": 1, "limit": None, "joint": 1},
    ]
    offer(network, signatories=rows)

    standing = stand(network, "powerco")

    assert standing.offices == ("director",)
    assert [way.holds for way in standing.parties[0].ways] == [False, True]


def test_in_force_each_party_may_suspend_or_end_it_and_only_who_suspended_resumes(network: TestNetwork) -> None:
    agree(network)
    running = stand(network, "plasterco").steps
    network.accept(AgreementSuspended("a-1", "no power"), by="powerco")
    suspended = {by: stand(network, by).steps for by in ("powerco", "plasterco")}
    network.accept(AgreementTerminated("a-1", date(2025, 2, 1), "closed"), by="plasterco")

    ended = stand(network, "powerco").steps

    assert running == (Step.SUSPEND, Step.TERMINATE)
    assert suspended == {"powerco": (Step.RESUME, Step.TERMINATE), "plasterco": (Step.TERMINATE,)}
    assert ended == ()


def test_agreements_are_found_on_the_days_on_which_they_bind(network: TestNetwork) -> None:
    ending: dict[str, Any] = {"renewal_mode": "none", "renewal_term": None, "renewal_notice": None}
    for name, changes in {"a-open": {"renewal_mode": "auto"}, "a-term": ending, "a-ended": {}}.items():
        agree(network, name, contract_no=f"C-{name}", **changes)
    network.accept(an_offer(network, "a-offered", contract_no="C-offered"), by="powerco")
    network.accept(AgreementTerminated("a-ended", date(2025, 7, 1), "the line is rebuilt"), by="powerco")

    def find(first: date, last: date, party: str | None = None) -> list[str]:
        with network.connect() as connection:
            found = list_in_force(connection, network.log_id, first, last, party=party and network.id(party))
            offers = list_binding_offers(connection, network.log_id, first, last)
        assert party is not None or [one.agreement for one in found] == [one.agreement for one in offers]
        return [one.agreement for one in found]

    assert find(date(2024, 12, 1), date(2025, 1, 2)) == []
    assert find(date(2024, 12, 1), date(2025, 1, 3)) == ["a-ended", "a-open", "a-term"]
    assert find(date(2025, 6, 30), date(2025, 8, 1)) == ["a-ended", "a-open", "a-term"]
    assert find(date(2025, 7, 1), date(2025, 8, 1)) == ["a-open", "a-term"]
    assert find(date(2027, 1, 1), date(2027, 2, 1)) == ["a-open", "a-term"]
    assert find(date(2027, 1, 2), date(2027, 2, 1)) == ["a-open"]
    assert find(date(2025, 7, 1), date(2025, 8, 1), "plasterco") == ["a-open", "a-term"]
    assert find(date(2025, 7, 1), date(2025, 8, 1), OPERATOR) == []
