"""Certificates over the log: issued, judged, replaced, suspended; and what they do to prices."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from contracts.certificates.facts import CertificateIssued, CertificateReinstated, CertificateRevoked, CertificateSuspended, Verdict
from contracts.certificates.rules import CertificateState
from contracts.certificates.service import HANDLERS, forget_contents
from contracts.certificates.tables import Adjustment, find_adjustments, find_certificate, list_certificates
from contracts.certificates.verify import State, verify_certificate
from contracts.own_facts import ContentsErased
from contracts.parties.tables import find_readers
from contracts.said import Said
from ledger.canonical import JSON
from tests.contracts.agreements.building import agree
from tests.contracts.certificates.building import (
    admit_lab,
    deliver,
    draft,
    see_adjustments,
    see_certificate,
    see_quality,
    set_up,
    some_results,
    with_credential,
)
from tests.contracts.deliveries.building import a_correction, a_dispute, an_approval
from tests.network import TestNetwork


def correct(network: TestNetwork) -> None:
    """Replace d-1 by d-1b."""
    proposal = network.accept(a_correction(), by="powerco")
    network.accept(an_approval(), by="plasterco", refs=[proposal.statement_hash])


def test_a_conforming_delivery_is_certified_and_the_credential_verifies_offline(network: TestNetwork) -> None:
    set_up(network)
    before = see_quality(network)
    receipt = network.accept(draft(network), by="lab")
    found = see_certificate(network)
    with network.connect() as connection:
        readers = find_readers(connection, network.log_id, [receipt.index])[receipt.index]
    report = verify_certificate((found.credential or "").encode(), now=network.clock.now())

    assert before.state == "uncertified"
    assert (found.state, found.verdict, found.words) == (CertificateState.ISSUED, Verdict.CONFORM, "stands: the goods are as agreed")
    assert see_quality(network).state == "conform"
    assert readers == {"agreement:a-1"}
    assert {answer.question for answer in report.answers if answer.state is State.HOLDS} == {"form", "proof", "validity", "results"}
    assert report.certificate is not None
    assert report.certificate.receiver.name == "Plasterco A/S"
    assert see_adjustments(network, "d-1") == {}


@pytest.mark.parametrize(
    ("terms", "results", "adjustment"),
    [
        ({}, {"moisture": "10.35"}, Adjustment(Decimal("-0.60"), refused=False, certificate="c-1")),
        ({"base_price": "0.40"}, {"moisture": "10.35"}, Adjustment(Decimal("-0.40"), refused=False, certificate="c-1")),
        ({}, {"moisture": "12.5"}, Adjustment(Decimal(0), refused=True, certificate="c-1")),
        ({}, {"mercury": "1.2"}, Adjustment(Decimal(0), refused=True, certificate="c-1")),
        ({}, {"chloride": "120"}, None),
        ({"offspec_rule": "reject"}, {"moisture": "10.35"}, Adjustment(Decimal(0), refused=True, certificate="c-1")),
        ({"offspec_rule": "accept_no_claim"}, {"moisture": "12.5"}, None),
    ],
)
def test_what_does_not_conform_costs_what_the_agreement_says(
    network: TestNetwork, terms: dict[str, JSON], results: dict[str, str], adjustment: Adjustment | None
) -> None:
    set_up(network, **terms)
    network.accept(draft(network, results=some_results(**results)), by="lab")

    assert see_quality(network).state == "nonconform"
    assert see_adjustments(network, "d-1") == ({} if adjustment is None else {"d-1": adjustment})


def test_a_missing_result_leaves_the_delivery_undecided(network: TestNetwork) -> None:
    set_up(network)
    network.accept(draft(network, results=some_results()[:-1]), by="lab")

    assert (see_quality(network).state, see_certificate(network).verdict) == ("undecided", Verdict.UNDECIDED)


def test_the_verdict_must_follow_from_results_and_specification(network: TestNetwork) -> None:
    set_up(network)
    fact = draft(network, results=some_results(moisture="10.35"))
    conform = json.loads(draft(network, "c-2").credential)

    assert network.refuse_codes(replace(fact, verdict=Verdict.CONFORM), by="lab") == {("verdict", "credential-differs")}
    lying = with_credential(replace(fact, verdict=Verdict.CONFORM), json.dumps(conform))
    assert ("results", "credential-differs") in network.refuse_codes(lying, by="lab")


def test_an_audit_recomputes_the_verdict_and_names_one_that_was_flipped(network: TestNetwork) -> None:
    set_up(network)
    fact = draft(network, results=some_results(moisture="10.35"))
    recompute = HANDLERS[CertificateIssued].recompute
    assert recompute is not None

    def ask(said: CertificateIssued) -> list[str]:
        statement = network.sign(said, by="lab").signed.statement
        lab, key = statement.author, statement.key
        moment = network.clock.now()
        shown = Said(said, network.log_id, 99, "0" * 64, "id", lab, key, "h-1", frozenset(), {}, moment, moment, ())
        with network.connect() as connection:
            return [f"{one.field}: {one.message}" for one in recompute(connection, shown)]

    assert ask(fact) == []
    assert ask(replace(fact, verdict=Verdict.CONFORM)) == ["verdict: says conform, recomputed nonconform"]


def test_a_credential_that_says_something_else_is_refused(network: TestNetwork) -> None:
    set_up(network)
    fact = draft(network)
    document = json.loads(fact.credential)
    document["issuer"]["name"] = "Another Laboratory"
    tampered = json.dumps(document)

    assert network.refuse_codes(replace(fact, credential_hash="0" * 64), by="lab") == {("statement.public.credential_hash", "other-hash")}
    assert network.refuse_codes(replace(fact, number="QC-9"), by="lab") == {("number", "credential-differs")}
    assert ("credential", "credential-proof") in network.refuse_codes(with_credential(fact, tampered), by="lab")
    assert network.refuse_codes(with_credential(fact, "not JSON"), by="lab") == {("credential", "credential-form")}
    assert network.refuse_codes(replace(fact, results=some_results(moisture="9.9")), by="lab") == {("results", "credential-differs")}


def test_a_credential_by_another_key_is_refused(network: TestNetwork) -> None:
    set_up(network)
    admit_lab(network, "rival")
    fact = draft(network, by="rival")

    assert network.refuse_codes(fact, by="lab") == {("credential", "credential-differs")}


def test_only_laboratories_certify(network: TestNetwork) -> None:
    set_up(network)

    assert network.refuse_codes(draft(network, by="powerco"), by="powerco") == {("statement.kind", "wrong-role")}


def test_deliveries_and_results_must_be_those_of_the_agreement(network: TestNetwork) -> None:
    set_up(network)
    fact = draft(network)
    strange = replace(fact, deliveries=("d-1", "d-9"))

    assert ("deliveries.1", "unknown-delivery") in network.refuse_codes(strange, by="lab")
    assert ("deliveries", "missing") in network.refuse_codes(replace(fact, deliveries=()), by="lab")
    assert ("agreement", "unknown-agreement") in network.refuse_codes(replace(fact, agreement="a-9"), by="lab")
    wrong = (replace(fact.results[0], parameter="colour", value="8,4", unit="XXX", uncertainty=Decimal(-1)),)
    assert network.refuse_codes(replace(fact, results=wrong), by="lab") == {
        ("results.0.parameter", "unknown-parameter"),
        ("results.0.unit", "unknown-unit"),
        ("results.0.uncertainty", "negative"),
        ("results.0.value", "not-a-value"),
    }


def test_ids_and_numbers_are_given_once(network: TestNetwork) -> None:
    set_up(network)
    network.accept(draft(network), by="lab")

    assert network.refuse_codes(draft(network), by="lab") == {("certificate", "certificate-taken"), ("number", "number-taken")}


def test_a_certificate_issued_anew_supersedes_the_old_one(network: TestNetwork) -> None:
    set_up(network)
    deliver(network, "d-2")
    network.accept(draft(network, results=some_results(moisture="10.35")), by="lab")
    other = network.refuse_codes(draft(network, "c-2", deliveries=("d-2",), replaces="c-1"), by="lab")
    network.accept(draft(network, "c-2", replaces="c-1"), by="lab")
    again = network.refuse_codes(draft(network, "c-3", replaces="c-1"), by="lab")

    assert other == {("replaces", "other-deliveries")}
    assert (see_certificate(network).state, see_certificate(network).words) == (
        CertificateState.SUPERSEDED,
        "superseded by certificate c-2",
    )
    assert again == {("replaces", "not-open")}
    assert (see_quality(network).certificate, see_adjustments(network, "d-1")) == ("c-2", {})


def test_only_the_issuing_laboratory_suspends_reinstates_and_revokes(network: TestNetwork) -> None:
    set_up(network)
    admit_lab(network, "rival")
    network.accept(draft(network, results=some_results(moisture="10.35")), by="lab")
    suspension, again = CertificateSuspended("c-1", "the oven was not calibrated"), CertificateReinstated("c-1", "calibration was valid")

    assert network.refuse_codes(suspension, by="rival") == {("certificate", "unknown-certificate")}
    assert network.refuse_codes(again, by="lab") == {("certificate", "not-open")}
    network.accept(suspension, by="lab")
    suspended = (see_quality(network).state, see_adjustments(network, "d-1"), see_certificate(network).words)
    assert suspended == ("suspended", {}, "suspended by its laboratory: the oven was not calibrated")
    network.accept(again, by="lab")
    assert see_adjustments(network, "d-1")["d-1"].per_unit == Decimal("-0.60")
    network.accept(CertificateRevoked("c-1", "sample mixed up"), by="lab")
    assert (see_quality(network).state, see_certificate(network).state) == ("uncertified", CertificateState.REVOKED)
    assert network.refuse_codes(again, by="lab") == {("certificate", "not-open")}


def test_a_correction_suspends_the_certificate_until_it_is_issued_anew_and_prices_stay_consistent(network: TestNetwork) -> None:
    set_up(network)
    network.accept(draft(network, results=some_results(moisture="10.35")), by="lab")
    correct(network)
    suspended = see_certificate(network)
    family = ("d-1", "d-1.reversal", "d-1b")
    meanwhile = {name: one.per_unit for name, one in see_adjustments(network, *family).items()}
    reinstated = network.refuse_codes(CertificateReinstated("c-1", "the results hold"), by="lab")
    cited = network.refuse_codes(draft(network, "c-2", replaces="c-1"), by="lab")
    network.accept(draft(network, "c-2", some_results(moisture="10.15"), deliveries=("d-1b",), replaces="c-1"), by="lab")
    afterwards = {name: one.per_unit for name, one in see_adjustments(network, *family).items()}

    assert (suspended.state, suspended.is_corrected) == (CertificateState.SUSPENDED, True)
    assert suspended.words == "suspended: a delivery that it quotes was corrected; it is to be issued anew"
    assert meanwhile == dict.fromkeys(family, Decimal("-0.60"))
    assert reinstated == {("certificate", "delivery-reversed")}
    assert cited == {("deliveries.0", "delivery-reversed")}
    assert afterwards == {"d-1": Decimal("-0.60"), "d-1.reversal": Decimal("-0.60"), "d-1b": Decimal("-0.30")}
    assert (see_quality(network, "d-1b").certificate, see_certificate(network).state) == ("c-2", CertificateState.SUPERSEDED)


def test_the_referees_word_counts_before_any_other_laboratorys(network: TestNetwork) -> None:
    set_up(network, referee_lab="o-referee")
    admit_lab(network, "referee")
    network.accept(draft(network, results=some_results(moisture="10.35")), by="lab")
    network.accept(draft(network, "c-2", by="referee"), by="referee")
    network.accept(draft(network, "c-3", results=some_results(moisture="10.35")), by="lab")

    assert (see_quality(network).certificate, see_adjustments(network, "d-1")) == ("c-2", {})


def test_a_batch_is_certified_for_all_its_deliveries_also_later_ones(network: TestNetwork) -> None:
    set_up(network)
    deliver(network, "d-2", batch="B-1")
    mixed = network.refuse_codes(draft(network, deliveries=("d-1",), batch="B-1"), by="lab")
    network.accept(draft(network, deliveries=(), batch="B-1", results=some_results(moisture="10.35")), by="lab")
    deliver(network, "d-3", batch="B-1")

    assert mixed == {("deliveries.0", "other-batch")}
    assert {name: one.per_unit for name, one in see_adjustments(network, "d-1", "d-2", "d-3").items()} == {
        "d-2": Decimal("-0.60"),
        "d-3": Decimal("-0.60"),
    }


def test_an_agreement_without_specification_has_nothing_to_certify(network: TestNetwork) -> None:
    set_up(network)
    agree(network, "a-2", "shared-infrastructure@1", parties=("utility", "plasterco", "refinery"), meter_ids=None)
    fact = replace(draft(network), agreement="a-2", deliveries=(), batch="B-1")

    assert ("agreement", "no-specification") in network.refuse_codes(fact, by="lab")


def test_certificates_are_listed_by_delivery_and_laboratory(network: TestNetwork) -> None:
    set_up(network)
    deliver(network, "d-2")
    for number in (1, 2):
        network.accept(draft(network, f"c-{number}", deliveries=(f"d-{number}",)), by="lab")
    with network.connect() as connection:
        by_delivery = list_certificates(connection, network.log_id, delivery="d-2")
        by_lab = list_certificates(connection, network.log_id, lab="o-lab000", agreement="a-1", limit=1)
        rest = list_certificates(connection, network.log_id, after=by_lab[0].entry)

    assert [one.certificate for one in by_delivery] == ["c-2"]
    assert [one.certificate for one in (*by_lab, *rest)] == ["c-1", "c-2"]


def test_what_was_certified_is_kept_and_the_reason_of_a_revocation_may_go(network: TestNetwork) -> None:
    set_up(network)
    issued = network.accept(draft(network), by="lab").statement_hash
    revoked = network.accept(CertificateRevoked("c-1", "the sample was mixed up"), by="lab").statement_hash

    kept = network.refuse(ContentsErased(issued, issued, (5,), "trade secret"), by="lab")
    network.accept(ContentsErased(revoked, revoked, (0,), "names a person"), by="lab")

    assert "kept for good" in kept[0].message
    assert see_certificate(network).reason is None


def test_an_erased_credential_leaves_the_verdict_and_its_effect(network: TestNetwork) -> None:
    set_up(network)
    receipt = network.accept(draft(network, results=some_results(moisture="10.35")), by="lab")
    with network.writing() as connection:
        before = see_certificate(network)
        savepoint = connection.begin_nested()
        forget_contents(connection, network.log_id, receipt.index, [5, 8])

        found = find_certificate(connection, network.log_id, "c-1")
        effect = find_adjustments(connection, network.log_id, ["d-1"])
        savepoint.rollback()

    assert before.credential is not None
    assert found is not None
    assert (found.credential, list(found.results), found.verdict) == (None, [], Verdict.NONCONFORM)
    assert effect["d-1"].per_unit == Decimal("-0.60")


def test_contents_stay_while_a_quoted_delivery_is_disputed(network: TestNetwork) -> None:

    set_up(network)
    receipt = network.accept(draft(network), by="lab")
    network.accept(a_dispute(), by="plasterco")

    outcome = network.say(ContentsErased(receipt.statement_hash, receipt.statement_hash, (8,), "trade secret"), by="lab")

    assert "in dispute" in str(outcome)
