"""Offers: complete, by a party, word for word what template and parameters give."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.agreements.facts import Party, TemplatePublished
from contracts.agreements.tables import AgreementState, list_agreements, list_published
from contracts.parties.facts import OrganisationSuspended
from contracts.templates.catalogue import find_template
from ledger.outcome import Refused
from tests.contracts.agreements.building import (
    admit_parties,
    agree,
    an_offer,
    draft,
    publish_templates,
    see_agreement,
    some_parameters,
)
from tests.network import OPERATOR, TestNetwork


@pytest.fixture
def market(network: TestNetwork) -> TestNetwork:
    """A network with published templates and three firms."""
    publish_templates(network)
    admit_parties(network, "powerco", "plasterco", "cementco")
    return network


@pytest.mark.parametrize(
    ("ref", "parties"),
    [
        ("material-supply@1", ("powerco", "plasterco")),
        ("energy-supply@1", ("powerco", "refinery")),
        ("water-supply@1", ("lakeco", "powerco")),
        ("shared-infrastructure@1", ("utility", "powerco", "refinery")),
    ],
)
def test_each_standard_contract_comes_into_force_when_all_have_signed(network: TestNetwork, ref: str, parties: tuple[str, ...]) -> None:
    found = agree(network, "a-1", ref, parties=parties)

    assert found.state is AgreementState.IN_FORCE
    assert set(found.organisations) == {network.id(name) for name in parties}


def test_an_offer_alone_binds_nobody(market: TestNetwork) -> None:
    receipt = market.accept(an_offer(market), by="powerco")

    found = see_agreement(market)
    assert (found.state, found.was_signed, found.offer_hash) == (AgreementState.OFFERED, False, receipt.statement_hash)
    assert not found.allows_delivery(date(2025, 6, 1))


def test_a_template_is_published_once_and_with_its_own_hash(network: TestNetwork) -> None:
    wrong = network.refuse_codes(TemplatePublished("material-supply@1", "0" * 64), by=OPERATOR)
    unknown = network.refuse_codes(TemplatePublished("barter@1", "0" * 64), by=OPERATOR)
    publish_templates(network)
    with network.connect() as connection:
        published = list_published(connection, network.log_id)

    again = network.refuse_codes(TemplatePublished("material-supply@1", published["material-supply@1"]), by=OPERATOR)

    assert wrong == {("statement.public.hash", "other-template")}
    assert unknown == {("template", "unknown-template")}
    assert again == {("template", "already-published")}


def test_an_offer_of_a_template_that_was_not_published_is_refused(network: TestNetwork) -> None:
    admit_parties(network, "powerco", "plasterco")

    assert network.refuse_codes(an_offer(network), by="powerco") == {("template", "unpublished-template")}


def test_an_offer_that_cites_another_template_text_is_refused(market: TestNetwork) -> None:
    offer = replace(an_offer(market), template_hash="0" * 64)

    assert market.refuse_codes(offer, by="powerco") == {("template_hash", "other-template")}


def test_one_changed_byte_of_the_text_is_refused_and_its_line_is_named(market: TestNetwork) -> None:
    offer = an_offer(market)
    lines = offer.text.split("\n")
    lines[7] = lines[7].replace("e", "a", 1)

    findings = market.refuse(replace(offer, text="\n".join(lines)), by="powerco")

    assert [(finding.field, finding.code) for finding in findings] == [("text", "text-differs")]
    assert findings[0].message.startswith("line 8 ")


def test_text_that_is_cut_off_or_goes_on_is_refused(market: TestNetwork) -> None:
    offer = an_offer(market)

    for text in (offer.text[:-1], offer.text + "The Receiver also pays for lunch.\n", offer.text.rpartition("\n")[0] + " \n"):
        assert market.refuse_codes(replace(offer, text=text), by="powerco") == {("text", "text-differs")}


def test_all_faults_of_an_offer_are_told_at_once(market: TestNetwork) -> None:
    offer = an_offer(market, base_price="many", currency="DKK", annual_contract_quantity="-1", colour="red")
    offer = replace(offer, reply_by=date(2024, 12, 31), parties=(offer.parties[0],))

    codes = market.refuse_codes(offer, by="cementco")

    assert codes == {
        ("parameters.base_price", "not-a-decimal"),
        ("parameters.annual_contract_quantity", "not-above"),
        ("parameters.colour", "unknown-parameter"),
        ("parameters.currency", "other-currency"),
        ("parties", "parties-differ"),
        ("statement.author", "not-a-party"),
        ("reply_by", "past"),
    }


def test_parameters_are_signed_in_their_one_normal_form(market: TestNetwork) -> None:
    offer = an_offer(market)

    loose = replace(offer, parameters={**offer.parameters, "base_price": "012.40"})
    absent = replace(offer, parameters={**offer.parameters, "asset": None})

    assert ("parameters.base_price", "not-normal") in market.refuse_codes(loose, by="powerco")
    assert ("parameters.asset", "not-normal") in market.refuse_codes(absent, by="powerco")


def test_parties_and_their_roles_are_those_of_the_parameters(market: TestNetwork) -> None:
    offer = an_offer(market)
    swapped = tuple(Party(party.organisation, role.role) for party, role in zip(offer.parties, reversed(offer.parties), strict=True))
    added = (*offer.parties, Party(market.id("cementco"), "receiver"))

    for parties in (swapped, added, ()):
        assert ("parties", "parties-differ") in market.refuse_codes(replace(offer, parties=parties), by="powerco")


def test_only_active_members_are_parties(market: TestNetwork) -> None:
    market.accept(OrganisationSuspended(market.id("plasterco"), "data withheld"), by=OPERATOR)

    suspended = market.refuse_codes(an_offer(market), by="powerco")
    stranger = market.refuse_codes(draft(market, some_parameters(market, parties=("powerco", "nobody"))), by="powerco")

    assert suspended == stranger == {("parties.1.organisation", "not-a-member")}


def test_a_contract_number_and_an_id_are_used_once_in_the_network(market: TestNetwork) -> None:
    market.accept(an_offer(market, contract_no="C-7"), by="powerco")

    number = market.refuse_codes(an_offer(market, "a-2", contract_no="C-7"), by="powerco")
    same_id = market.refuse_codes(an_offer(market, contract_no="C-8"), by="powerco")

    assert number == {("parameters.contract_no", "contract-no-taken")}
    assert same_id == {("agreement", "agreement-exists")}


def test_agreements_are_listed_by_party_and_state_page_by_page(market: TestNetwork) -> None:
    for number, receiver in enumerate(("plasterco", "cementco", "plasterco")):
        market.accept(an_offer(market, f"a-{number}", parties=("powerco", receiver), contract_no=f"C-{number}"), by="powerco")

    with market.connect() as connection:
        everything = list_agreements(connection, market.log_id)
        page = list_agreements(connection, market.log_id, after="a-0", limit=1)
        of_one = list_agreements(connection, market.log_id, organisation=market.id("plasterco"))
        in_force = list_agreements(connection, market.log_id, state=AgreementState.IN_FORCE)

    assert [one.agreement for one in everything] == ["a-0", "a-1", "a-2"]
    assert [one.agreement for one in page] == ["a-1"]
    assert [one.agreement for one in of_one] == ["a-0", "a-2"]
    assert in_force == []


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text("aZ0-.:/ é", max_size=8)
    | st.sampled_from(["1e9", "-0", "NaN"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["organisation", "role", "limit", "x"]), inner, max_size=3),
    max_leaves=6,
)


def test_any_json_in_any_parameter_is_judged_and_never_breaks_the_service(market: TestNetwork) -> None:
    offer = an_offer(market)
    names = sorted({one.name for one in find_template(offer.template).parameters} | {"colour"})

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.dictionaries(st.sampled_from(names), _JSON, min_size=1, max_size=4))
    def try_values(values: dict[str, Any]) -> None:
        outcome = market.say(replace(offer, parameters={**offer.parameters, **values}), by="powerco")

        if isinstance(outcome, Refused):
            assert "quarantined" not in {finding.code for finding in outcome.findings}
        else:
            pytest.fail(f"an offer with {values} was entered though its text says otherwise")

    try_values()
