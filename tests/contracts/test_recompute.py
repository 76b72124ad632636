"""A cheating operator is found by recomputing: chain, signatures and tree hold, and still every figure must follow from what was said."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.certificates.facts import Verdict
from contracts.own_facts import ContentsErased
from contracts.recompute import Recomputation, recompute_audit_file
from ledger.errors import EvidenceError
from tests.contracts.certificates import building as certifying
from tests.contracts.forging import Copied, copy_log
from tests.contracts.settlement.closing import move_a_cent, settle
from tests.databases import Databases
from tests.network import TestNetwork


@pytest.fixture(scope="module")
def honest(databases: Databases) -> Iterator[Copied]:
    """A log from trade to statements of account, with a certificate; read from SQLite, because a file knows no database."""
    url = databases.create("sqlite")
    network = TestNetwork(url)
    certifying.admit_lab(network)
    settle(network)
    network.accept(certifying.draft(network, agreement="a-pool"), by="lab")
    network.verify()
    yield copy_log(network)
    network.close()
    databases.drop(url)


def recompute(copied: Copied, tmp_path: Path) -> Recomputation:
    """Write a copied log as a file and recompute it, with the key that an auditor brings."""
    return recompute_audit_file(copied.write(tmp_path / "audit.zip"), origin=copied.claims.log, log_key=copied.claims.log_key)


def test_an_honest_log_follows_in_every_figure(honest: Copied, tmp_path: Path) -> None:
    found = recompute(honest, tmp_path)

    assert found.result == "ok", found.to_json()
    assert found.exit_code == 0
    assert found.recomputed["account.stated"] >= 3
    assert {"period.closed", "allocation.proposed", "certificate.issued", "resolution.recorded"} <= set(found.recomputed)


def test_a_moved_cent_in_a_statement_of_account_is_named(honest: Copied, tmp_path: Path) -> None:
    index = honest.find("account.stated", 1)

    found = recompute(honest.forge(index, move_a_cent), tmp_path)

    assert found.verdict.integrity == "unwitnessed"
    assert (found.result, found.exit_code) == ("differs", 1)
    assert {one.index for one in found.differences} == {index}
    amount = honest.read_fact(index).lines[0].amount
    [line] = [one for one in found.differences if one.field == "lines.0"]
    assert (line.said, line.recomputed) == (f"amount {amount + 1}", f"amount {amount}")


def test_a_changed_quantity_in_a_close_is_named_first(honest: Copied, tmp_path: Path) -> None:
    index = honest.find("period.closed")

    def change(fact: Any) -> Any:
        first = fact.lines[0]
        return replace(fact, lines=(replace(first, quantity=first.quantity + Decimal("0.01")), *fact.lines[1:]))

    found = recompute(honest.forge(index, change), tmp_path)

    assert found.result == "differs"
    assert (found.differences[0].index, found.differences[0].kind) == (index, "period.closed")
    quantities = [one for one in found.differences if one.field == "lines.0.quantity"]
    assert quantities[0].said is not None
    assert quantities[0].recomputed is not None
    assert Decimal(quantities[0].said) - Decimal(quantities[0].recomputed) == Decimal("0.01")


def test_a_moved_share_of_an_allocation_is_named(honest: Copied, tmp_path: Path) -> None:
    index = honest.find("allocation.proposed")

    def change(fact: Any) -> Any:
        first, second, *rest = fact.shares
        first = replace(first, allocated=first.allocated + 1, transfer=first.transfer + 1)
        second = replace(second, allocated=second.allocated - 1, transfer=second.transfer - 1)
        return replace(fact, shares=(first, second, *rest))

    found = recompute(honest.forge(index, change), tmp_path)

    named = {(one.index, one.field) for one in found.differences}
    assert {(index, f"shares.{number}.{name}") for number in (0, 1) for name in ("allocated", "transfer")} <= named
    assert found.differences[0].index == index


def test_a_flipped_verdict_is_named_even_if_the_laboratory_signed_it(honest: Copied, tmp_path: Path) -> None:
    index = honest.find("certificate.issued")

    found = recompute(honest.forge(index, lambda fact: replace(fact, verdict=Verdict.NONCONFORM)), tmp_path)

    assert found.result == "differs"
    assert {one.index for one in found.differences} == {index}
    assert any(one.field == "verdict" for one in found.differences)


def test_a_changed_count_of_votes_is_named(honest: Copied, tmp_path: Path) -> None:
    index = honest.find("resolution.recorded")

    found = recompute(honest.forge(index, lambda fact: replace(fact, votes_for=fact.votes_for + 1)), tmp_path)

    assert (found.differences[0].index, found.differences[0].field) == (index, "votes_for")


def test_a_delivery_withheld_makes_figures_unknown_and_never_right(honest: Copied, tmp_path: Path) -> None:
    load = honest.find("delivery.dispatched")

    found = recompute(honest.withhold(load), tmp_path)

    assert (found.result, found.exit_code) == ("incomplete", 3)
    assert not found.differences
    assert {"delivery.received", "period.closed"} <= {one.kind for one in found.unknown}
    assert all(f"entry {load}" in one.words for one in found.unknown if one.kind == "period.closed")


def test_withheld_costs_leave_certificates_and_votes_recomputed(honest: Copied, tmp_path: Path) -> None:
    found = recompute(honest.withhold(honest.find("costs.reported")), tmp_path)

    assert found.exit_code == 3
    assert "certificate.issued" in found.recomputed
    assert "period.closed" not in found.recomputed


def test_a_statement_of_account_withheld_is_itself_unknown(honest: Copied, tmp_path: Path) -> None:
    index = honest.find("account.stated")

    found = recompute(honest.withhold(index), tmp_path)

    assert [one.index for one in found.unknown] == [index]
    assert found.unknown[0].words.startswith(f"cannot be recomputed: entry {index}")


def test_a_file_that_is_not_intact_is_not_computed_with(honest: Copied, tmp_path: Path) -> None:
    path = honest.write(tmp_path / "audit.zip")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    found = recompute_audit_file(path, origin=honest.claims.log, log_key=honest.claims.log_key)

    assert (found.result, found.exit_code) == ("invalid", 1)
    assert not found.recomputed


def test_a_fact_said_twice_is_named_as_not_following(honest: Copied, tmp_path: Path) -> None:
    first, second = honest.find("account.stated", 0), honest.find("account.stated", 1)

    found = recompute(honest.forge(second, lambda _fact: honest.read_fact(first)), tmp_path)

    assert found.result == "differs"
    assert {one.index for one in found.differences} == {second}


def test_listed_differences_are_bounded_and_counted(honest: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contracts.recompute.MAX_LISTED", 2)

    found = recompute(honest.forge(honest.find("period.closed"), lambda fact: replace(fact, lines=fact.lines[::-1])), tmp_path)

    assert len(found.differences) == 2
    assert found.count > 2


def test_contents_erased_later_make_the_close_unknown_and_name_the_erasure(databases: Databases, tmp_path: Path) -> None:
    url = databases.create("sqlite")
    network = TestNetwork(url)
    settle(network)
    [costs] = network.log.list_entries(kinds=["costs.reported"])
    erasure = network.accept(ContentsErased(costs.statement_hash, costs.statement_hash, (0, 1, 2), "kept long enough"), by="plasterco")
    network.verify()

    found = recompute(copy_log(network), tmp_path)

    assert found.exit_code == 3
    [close] = [one for one in found.unknown if one.kind == "period.closed"]
    assert close.message.endswith(f"its contents were erased by entry {erasure.index}")
    network.close()
    databases.drop(url)


@pytest.mark.parametrize("place", [0, 2, 20, 33, 45, -10])
def test_a_mangled_audit_file_is_invalid_and_no_other_kind_of_file(honest: Copied, tmp_path: Path, place: int) -> None:
    path = honest.write(tmp_path / "audit.zip")
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)

    brought = recompute_audit_file(path, origin=honest.claims.log, log_key=honest.claims.log_key)
    trusting = recompute_audit_file(path)

    for found in (brought, trusting):
        assert (found.result, found.exit_code) == ("invalid", 1)
        assert found.verdict.faults


def test_a_file_that_is_no_audit_file_is_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear auditor", "utf-8")

    with pytest.raises(EvidenceError):
        recompute_audit_file(path)
