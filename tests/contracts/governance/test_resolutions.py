"""Interests, votes and resolutions: in this order, once for each seat, and just what the votes give."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.clock import format_instant
from contracts.errors import NotFound, NotYet
from contracts.facts import OWN_ROLES, Role
from contracts.governance import service
from contracts.governance.facts import Choice, Dissent, Interest, InterestDeclared, Outcome, ResolutionRecorded, VoteCast
from contracts.governance.tables import find_resolution, is_adopted, list_resolutions
from contracts.own_facts import KeyRevoked, KeyRotated
from contracts.parties.facts import OrganisationResumed, OrganisationSuspended
from contracts.parties.tables import BOARD, MEMBERS, find_readers
from ledger.authority import prove_possession
from tests.contracts.governance.building import Board, seat_board
from tests.network import LOG, OPERATOR, Person, TestNetwork, make_key


def test_an_interest_is_declared_before_the_vote(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()

    assert network.refuse_codes(VoteCast("v1", Choice.FOR, None), by="aspen") == {("choice", "no-interest")}


def test_an_interest_after_the_vote_is_refused(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()
    board.vote("aspen", Choice.FOR)

    assert network.refuse_codes(InterestDeclared("v1", Interest.SPECIFIC, None), by="aspen") == {("interest", "already-voted")}


def test_who_is_recused_does_not_vote_and_stays_recused(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()
    board.declare("aspen", Interest.GENERAL)
    board.declare("aspen", Interest.SPECIFIC)

    vote = network.refuse_codes(VoteCast("v1", Choice.ABSTAIN, None), by="aspen")
    return_to_the_table = network.refuse_codes(InterestDeclared("v1", Interest.NONE, None), by="aspen")

    assert vote == {("choice", "recused")}
    assert return_to_the_table == {("interest", "recused")}


def test_a_review_that_nobody_opened_takes_no_votes(network: TestNetwork) -> None:
    seat_board(network, 1)

    assert network.refuse_codes(VoteCast("v9", Choice.FOR, None), by="aspen") == {("review", "unknown-review")}
    assert network.refuse_codes(InterestDeclared("v9", Interest.NONE, None), by="aspen") == {("review", "unknown-review")}


@pytest.mark.parametrize("seconds_left", [1, 0])
def test_a_vote_counts_by_when_the_log_received_it(network: TestNetwork, seconds_left: int) -> None:
    board = seat_board(network, 1)
    board.open()
    board.declare("aspen")
    received_at = board.find().closes_at - timedelta(seconds=seconds_left)
    network.clock.set_to(received_at - timedelta(seconds=1))

    if seconds_left:
        network.accept(VoteCast("v1", Choice.FOR, None), by="aspen")
    else:
        assert network.refuse_codes(VoteCast("v1", Choice.FOR, None), by="aspen") == {("review", "not-open")}


def test_when_a_vote_was_signed_does_not_matter(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()
    board.declare("aspen")
    signed_at = network.clock.now()
    network.clock.set_to(board.find().closes_at - timedelta(hours=1))
    received = network.accept(VoteCast("v1", Choice.FOR, None), by="aspen", now=signed_at, validity=timedelta(days=30))
    board.close()

    late = network.refuse_codes(VoteCast("v1", Choice.AGAINST, None), by="aspen", now=signed_at, validity=timedelta(days=30))

    assert late == {("review", "not-open")}
    assert [format_instant(vote.cast_at) for vote in board.find().votes] == [received.received_at]


def test_a_rotated_key_keeps_its_holders_seat(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()
    old, new = network.key("aspen"), make_key("aspen/renewed")
    roles = sorted(role.value for role in (Role.BOARD, *OWN_ROLES))
    possession = prove_possession(LOG, network.id("aspen"), new.multikey, network.holder("aspen"), roles, new.sign)
    network.accept(KeyRotated(old.multikey, old.multikey, new.multikey, possession), by="aspen")
    network.members["aspen"].people["main"] = Person(new, network.holder("aspen"))

    board.vote("aspen", Choice.FOR)

    assert board.draft().votes_for == 1


def test_after_the_resolution_no_vote_is_taken(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()
    board.vote("aspen", Choice.FOR)
    network.accept(board.draft(), by="aspen")

    assert network.refuse_codes(VoteCast("v1", Choice.AGAINST, None), by="aspen") == {("review", "not-open")}


def test_who_came_to_the_board_after_the_opening_does_not_vote(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()
    network.enrol("aspen/late", [Role.BOARD])

    assert network.refuse_codes(InterestDeclared("v1", Interest.NONE, None), by="aspen/late") == {("statement.key", "no-seat")}


def test_a_holders_second_key_replaces_its_vote_and_adds_none(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    network.enrol("aspen/phone", [Role.BOARD], holder=network.holder("aspen"))
    board.open()

    board.vote("aspen", Choice.FOR)
    board.vote("aspen/phone", Choice.AGAINST)

    board.close()
    draft = board.draft()
    assert (draft.votes_for, draft.votes_against) == (0, 1)
    assert len(board.find().votes) == 2


def test_a_pseudonym_worn_by_another_organisation_changes_no_vote(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    network.enrol("birch/mask", [Role.BOARD], holder=network.holder("aspen"))
    board.open()
    board.vote("aspen", Choice.FOR)

    found = network.refuse_codes(VoteCast("v1", Choice.AGAINST, None), by="birch/mask")

    assert found == {("statement.key", "no-seat")}


def test_a_vote_is_changed_until_the_close_and_all_versions_are_kept(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()

    for choice in (Choice.FOR, Choice.ABSTAIN, Choice.AGAINST):
        board.vote("aspen", choice, "on second thoughts")

    board.close()
    draft = board.draft()
    assert [vote.choice for vote in board.find().votes] == [Choice.FOR, Choice.ABSTAIN, Choice.AGAINST]
    assert (draft.votes_for, draft.votes_against, draft.abstentions) == (0, 1, 0)


def test_a_resolution_waits_for_the_close(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    board.open()
    board.vote("aspen", Choice.FOR)

    with pytest.raises(NotYet, match=network.holder("birch")):
        board.draft()


def test_a_resolution_is_recorded_early_once_all_have_voted_who_may(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    board.open()
    board.vote_all({"aspen": Choice.FOR, "birch": Choice.FOR})
    board.declare("cedar", Interest.SPECIFIC)

    network.accept(board.draft(), by="aspen")

    assert board.find().outcome is Outcome.ADOPTED
    assert network.clock.now() < board.find().closes_at


def test_a_resolution_before_its_time_is_refused(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    board.open()
    board.vote("aspen", Choice.FOR)
    early = ResolutionRecorded(board.find().matter, Outcome.ADOPTED, "v1", "R-1", 1, 0, 0, 0, (), "Done.")

    assert network.refuse_codes(early, by="aspen") == {("review", "not-yet")}


def test_a_seat_that_falls_away_is_not_waited_for(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    board.open()
    board.vote_all({"aspen": Choice.FOR, "birch": Choice.AGAINST})
    network.accept(OrganisationSuspended(network.id("cedar"), "unpaid dues"), by=OPERATOR)
    key = network.key("birch").multikey
    network.accept(KeyRevoked(key, key, "lost", None), by=OPERATOR)

    draft = board.draft()

    assert (draft.votes_for, draft.votes_against, draft.outcome) == (1, 1, Outcome.REJECTED)


def test_a_dissent_stands_in_the_resolution(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    board.open()
    board.vote_all({"aspen": Choice.FOR, "birch": Choice.FOR})
    board.vote("cedar", Choice.AGAINST, "The shares rest on an old baseline.")

    board.resolve()

    with network.connect() as connection:
        found = find_resolution(connection, network.log_id, "R-2025-01")
    assert found is not None
    assert found.dissents == (Dissent(network.holder("cedar"), "The shares rest on an old baseline."),)
    assert (found.outcome, found.votes_for, found.votes_against, found.recused) == (Outcome.ADOPTED, 2, 1, 0)
    assert "3 seats, 0 recused, quorum 50 % of 3 = 1.5, so at least 2, reached by 3 votes; 2 for, 1 against" in str(found.text)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda fact: replace(fact, votes_for=3), "votes_for"),
        (lambda fact: replace(fact, votes_against=0), "votes_against"),
        (lambda fact: replace(fact, abstentions=1), "abstentions"),
        (lambda fact: replace(fact, recused=1), "recused"),
        (lambda fact: replace(fact, outcome=Outcome.REJECTED), "outcome"),
        (lambda fact: replace(fact, matter="allocation:2025-03"), "matter"),
        (lambda fact: replace(fact, dissents=()), "dissents"),
        (lambda fact: replace(fact, dissents=(replace(fact.dissents[0], statement="All is well."),)), "dissents.0"),
    ],
)
def test_a_resolution_says_just_what_the_votes_give(
    network: TestNetwork, change: Callable[[ResolutionRecorded], ResolutionRecorded], field: str
) -> None:
    board = seat_board(network, 3)
    board.open()
    board.vote_all({"aspen": Choice.FOR, "birch": Choice.FOR})
    board.vote("cedar", Choice.AGAINST, "No.")

    found = network.refuse_codes(change(board.draft()), by="aspen")

    assert found == {(field, "differs")}


def test_a_review_is_resolved_once_and_a_number_is_given_once(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()
    board.vote("aspen", Choice.FOR)
    draft = board.draft()
    network.accept(draft, by="aspen")

    found = network.refuse_codes(draft, by="aspen")

    assert found == {("number", "taken"), ("review", "resolved")}


def test_a_resolution_of_no_review_is_refused(network: TestNetwork) -> None:
    seat_board(network, 1)
    fact = ResolutionRecorded("organisation:o-aspen0", Outcome.ADOPTED, "v9", "R-1", 1, 0, 0, 0, (), "Done.")

    assert network.refuse_codes(fact, by="aspen") == {("review", "unknown-review")}
    with network.connect() as connection, pytest.raises(NotFound):
        service.draft_resolution(connection, network.log_id, "v9", network.clock.now())


def test_a_draft_avoids_a_number_that_somebody_chose(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    for review, number in (("v1", "R-2025-02"), ("v2", "R-2025-03")):
        board.open(review)
        board.vote("aspen", Choice.FOR, review=review)
        draft = board.draft(review)
        network.accept(replace(draft, number="R-2025-02") if review == "v1" else draft, by="aspen")

        assert board.find(review).number == number


def test_a_board_that_is_wholly_recused_decides_nothing(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    board.open()
    board.declare("aspen", Interest.SPECIFIC)
    board.declare("birch", Interest.SPECIFIC)

    network.accept(board.draft(), by="aspen")

    assert board.find().outcome is Outcome.LAPSED


def test_a_matter_that_lapsed_is_called_again_with_the_lower_quorum(network: TestNetwork) -> None:
    board = seat_board(network, 5, second_call_percent=20)
    for review, outcome in (("v1", Outcome.LAPSED), ("v2", Outcome.ADOPTED)):
        board.open(review)
        board.vote("aspen", Choice.FOR, review=review)
        board.resolve(review)

        assert board.find(review).outcome is outcome

    board.open("v3")
    assert [board.find(review).call for review in ("v1", "v2", "v3")] == [1, 2, 1]


def test_the_newest_decision_about_a_matter_counts(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    matter, adopted = board.find_admission().about, []

    for number, choice in enumerate([None, Choice.FOR, None, Choice.AGAINST, Choice.FOR]):
        board.open(f"v{number}")
        if choice is not None:
            board.vote("aspen", choice, review=f"v{number}")
        board.resolve(f"v{number}")
        with network.connect() as connection:
            adopted.append(is_adopted(connection, network.log_id, matter))

    assert adopted == [False, True, True, False, True]
    with network.connect() as connection:
        listed = list_resolutions(connection, network.log_id, matter=matter)
        rest = list_resolutions(connection, network.log_id, after=listed[3].entry)
    assert [one.outcome.value for one in listed] == ["lapsed", "adopted", "lapsed", "rejected", "adopted"]
    assert rest == listed[4:]


def test_the_board_reads_reviews_and_votes_and_all_members_read_resolutions(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    rulebook = network.log.list_entries(kinds=["rulebook.adopted"])[0].index
    opened, vote, resolution = board.open().index, board.vote("aspen", Choice.FOR).index, board.resolve().index

    with network.connect() as connection:
        readers = find_readers(connection, network.log_id, [rulebook, opened, vote, resolution])

    assert readers == {rulebook: {MEMBERS}, opened: {BOARD}, vote: {BOARD}, resolution: {MEMBERS}}


def test_a_count_is_described_live(network: TestNetwork) -> None:
    board = seat_board(network, 5)
    board.open()
    board.declare("elm", Interest.SPECIFIC)
    board.vote_all({"aspen": Choice.FOR, "birch": Choice.FOR, "cedar": Choice.AGAINST})
    live = describe(board)

    board.resolve()

    arithmetic = "5 seats, 1 recused, quorum 50 % of 4 = 2 reached by 3 votes; 2 for, 1 against: "
    assert live == arithmetic + "as it stands adopted by simple majority; 1 seat may still vote"
    assert describe(board) == arithmetic + "adopted by simple majority"


def test_the_count_of_a_resolved_review_stays_whatever_becomes_of_its_seats(network: TestNetwork) -> None:
    board = seat_board(network, 4)
    board.open()
    board.vote_all({"aspen": Choice.FOR, "birch": Choice.FOR})
    network.accept(OrganisationSuspended(network.id("cedar"), "unpaid dues"), by=OPERATOR)
    board.resolve()
    before = describe(board)

    network.accept(OrganisationResumed(network.id("cedar"), "paid"), by=OPERATOR)
    network.accept(OrganisationSuspended(network.id("douglas"), "unpaid dues"), by=OPERATOR)

    assert before.startswith("4 seats, 0 recused, quorum 50 % of 4 = 2 reached by 2 votes")
    assert describe(board) == before


def describe(board: Board) -> str:
    network = board.network
    with network.connect() as connection:
        return service.describe_review(connection, network.log_id, "v1", network.clock.now())
