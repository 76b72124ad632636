"""Rulebooks: a strict schema with all findings at once, plain words, and who adopts which."""

import pytest

from contracts.allocation.rules import METHODS
from contracts.facts import Role
from contracts.governance.facts import Choice, RulebookAdopted
from contracts.governance.rulebook import (
    AllocationRule,
    Majority,
    TieRule,
    check_rules,
    describe_rulebook,
    hash_rules,
    read_rules,
    word_rulebook_question,
)
from contracts.governance.tables import find_rulebook, list_rulebooks
from ledger.outcome import Receipt
from tests.contracts.governance.building import Board, a_rulebook, seat_board, some_rules
from tests.network import OPERATOR, TestNetwork


def list_codes(**changes: object) -> set[tuple[str, str]]:
    return {(finding.field, finding.code) for finding in check_rules(some_rules(**changes))}


def test_the_rules_of_a_rulebook_are_read_as_written() -> None:
    document = some_rules(tie="chair", chair="h-chair01", second_call_percent=25, seats_per_organisation=None)

    rules = read_rules(document)

    assert check_rules(document) == []
    assert (rules.majority, rules.tie, rules.allocation_rule) == (Majority.SIMPLE, TieRule.CHAIR, AllocationRule.SHAPLEY)
    assert (rules.quorum_percent, rules.second_call_percent, rules.chair, rules.seats_per_organisation) == (50, 25, "h-chair01", None)


def test_all_faults_of_a_rulebook_are_found_at_once() -> None:
    found = list_codes(quorum_percent=0, majority="most", fee_permille=True, review_days="7", veto=1, second_call_percent=101)

    assert found == {
        ("rules.quorum_percent", "malformed"),
        ("rules.majority", "malformed"),
        ("rules.fee_permille", "malformed"),
        ("rules.review_days", "malformed"),
        ("rules.veto", "unknown-rule"),
        ("rules.second_call_percent", "malformed"),
    }


def test_a_missing_rule_is_not_given_a_default() -> None:
    found = {finding.field for finding in check_rules({})}

    assert found == {
        f"rules.{name}"
        for name in ("quorum_percent", "majority", "tie", "allocation_rule", "fee_permille", "reserve_permille", "review_days")
    }


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"fee_permille": 600, "reserve_permille": 401}, ("rules.reserve_permille", "too-much")),
        ({"second_call_percent": 50}, ("rules.second_call_percent", "not-lower")),
        ({"tie": "chair"}, ("rules.chair", "chair")),
        ({"chair": "h-chair01"}, ("rules.chair", "chair")),
        ({"tie": "chair", "chair": "Mrs Smith"}, ("rules.chair", "malformed")),
        ({"majority": ["simple"]}, ("rules.majority", "malformed")),
        ({"seats_per_organisation": 0}, ("rules.seats_per_organisation", "malformed")),
    ],
)
def test_a_fault_of_a_rulebook_is_named(changes: dict[str, object], fault: tuple[str, str]) -> None:
    assert list_codes(**changes) == {fault}


def test_fee_and_reserve_may_take_all() -> None:
    assert list_codes(fee_permille=600, reserve_permille=400) == set()


def test_the_allocation_rules_are_those_that_are_computed() -> None:
    assert {rule.value for rule in AllocationRule} == set(METHODS)


def test_a_rulebook_is_said_in_plain_words() -> None:
    words = "\n".join(describe_rulebook(read_rules(some_rules(second_call_percent=25, fee_permille=25))))

    assert "at least 50 % of the seats that are not recused; an abstention is counted here" in words
    assert "when it is called again, 25 % suffice" in words
    assert "more votes for than against. Abstentions count neither way.\nA tie rejects." in words
    assert "2.5 % pays the operator and 3 % is kept" in words
    assert "open for at least 7 days" in words


def test_the_hash_does_not_depend_on_the_order_of_the_names() -> None:
    rules = some_rules()

    assert hash_rules(rules) == hash_rules(dict(reversed(rules.items())))


def test_the_first_rulebook_is_adopted_by_the_facilitator(network: TestNetwork) -> None:
    network.accept(a_rulebook(), by=OPERATOR)

    with network.connect() as connection:
        found = find_rulebook(connection, network.log_id)

    assert found is not None
    assert (found.rulebook, found.fee_permille, found.reserve_permille, found.allocation_rule) == ("r1", 20, 30, "shapley")


def test_the_first_rulebook_is_not_adopted_by_the_board_itself(network: TestNetwork) -> None:
    network.admit("aspen", roles=[Role.BOARD])

    found = network.refuse_codes(a_rulebook(), by="aspen")

    assert found == {("statement.key", "not-the-facilitator")}


def test_a_hash_of_other_rules_is_refused_with_what_else_is_wrong(network: TestNetwork) -> None:
    rules = some_rules(quorum_percent=0)

    found = network.refuse_codes(RulebookAdopted("r1", hash_rules(some_rules()), rules), by=OPERATOR)

    assert found == {("hash", "differs"), ("rules.quorum_percent", "malformed")}


def propose(board: Board, rulebook: RulebookAdopted, review: str = "v1") -> None:
    """Open a review of a new rulebook."""
    in_force = board.network.log.list_entries(kinds=["rulebook.adopted"])[-1]
    question = word_rulebook_question(rulebook.rulebook, rulebook.rules)
    board.open(review, entry=in_force, matter=f"rulebook:{rulebook.rulebook}", question=question)


def decide(board: Board, choice: Choice, review: str = "v1") -> Receipt:
    """Let all members vote alike, and record the resolution."""
    board.vote_all(dict.fromkeys(board.names, choice), review)
    return board.resolve(review)


def test_a_later_rulebook_is_adopted_with_the_boards_resolution(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    changed = a_rulebook("r2", quorum_percent=60)
    propose(board, changed)

    resolution = decide(board, Choice.FOR)
    network.accept(changed, by=OPERATOR, refs=[resolution.statement_hash])

    with network.connect() as connection:
        in_force = find_rulebook(connection, network.log_id)
        known = list_rulebooks(connection, network.log_id)
    assert in_force is not None
    assert (in_force.rulebook, in_force.rules.quorum_percent) == ("r2", 60)
    assert [one.rulebook for one in known] == ["r1", "r2"]


def test_a_later_rulebook_without_a_resolution_is_refused(network: TestNetwork) -> None:
    seat_board(network, 1)

    found = network.refuse_codes(a_rulebook("r2"), by=OPERATOR)

    assert found == {("statement.refs", "no-resolution")}


def test_a_rulebook_that_the_board_rejected_is_refused(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    changed = a_rulebook("r2", quorum_percent=60)
    propose(board, changed)

    resolution = decide(board, Choice.AGAINST)

    assert network.refuse_codes(changed, by=OPERATOR, refs=[resolution.statement_hash]) == {("statement.refs", "no-resolution")}


def test_other_rules_than_those_that_the_board_adopted_are_refused(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    propose(board, a_rulebook("r2", fee_permille=20))
    resolution = decide(board, Choice.FOR)

    found = network.refuse_codes(a_rulebook("r2", fee_permille=900), by=OPERATOR, refs=[resolution.statement_hash])

    assert found == {("hash", "other-rules")}


def test_a_resolution_about_another_rulebook_does_not_back_this_one(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    propose(board, a_rulebook("r2", quorum_percent=60))
    resolution = decide(board, Choice.FOR)

    found = network.refuse_codes(a_rulebook("r3", quorum_percent=60), by=OPERATOR, refs=[resolution.statement_hash])

    assert found == {("statement.refs", "no-resolution")}


def test_a_rulebook_names_its_own_resolution_though_another_adopted_the_same_rules(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    resolutions = {}
    for review, rulebook in (("v1", "r2"), ("v2", "r3")):
        propose(board, a_rulebook(rulebook, quorum_percent=60), review)
        resolutions[rulebook] = decide(board, Choice.FOR, review).statement_hash

    found = network.refuse_codes(a_rulebook("r3", quorum_percent=60), by=OPERATOR, refs=[resolutions["r2"]])
    network.accept(a_rulebook("r3", quorum_percent=60), by=OPERATOR, refs=[resolutions["r3"]])

    assert found == {("statement.refs", "no-resolution")}


def test_an_older_resolution_does_not_back_what_the_board_then_rejected(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    changed = a_rulebook("r2", quorum_percent=60)
    propose(board, changed)
    adopted = decide(board, Choice.FOR)
    propose(board, changed, "v2")
    decide(board, Choice.AGAINST, "v2")

    found = network.refuse_codes(changed, by=OPERATOR, refs=[adopted.statement_hash])

    assert found == {("statement.refs", "no-resolution")}


def test_a_rulebooks_id_is_taken_once(network: TestNetwork) -> None:
    seat_board(network, 1)

    found = network.refuse_codes(a_rulebook("r1"), by=OPERATOR)

    assert ("rulebook", "taken") in found


def test_a_review_of_a_new_rulebook_names_its_rules_by_hash_and_the_one_in_force(network: TestNetwork) -> None:
    board = seat_board(network, 1)

    found = network.refuse_codes(board.a_review(matter="rulebook:r2", question="A better one?"), by=board.names[0])

    assert found == {("question", "no-hash"), ("matter", "other-matter")}


def test_a_question_that_names_two_hashes_binds_to_neither(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    in_force = network.log.list_entries(kinds=["rulebook.adopted"])[0]
    question = f"{'a' * 64} or {'b' * 64}?"

    found = network.refuse_codes(board.a_review(entry=in_force, matter="rulebook:r2", question=question), by=board.names[0])

    assert found == {("question", "no-hash")}


def test_a_rulebook_that_is_on_the_log_is_not_proposed_again(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    in_force = network.log.list_entries(kinds=["rulebook.adopted"])[0]

    found = network.refuse_codes(board.a_review(entry=in_force, question="a" * 64), by=board.names[0])

    assert found == {("matter", "taken")}
