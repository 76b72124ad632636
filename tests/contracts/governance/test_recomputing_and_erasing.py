"""What a closed review rests on: recomputing finds a changed count, and erasing takes prose only."""

from typing import Any

from sqlalchemy import update

from contracts.governance import service
from contracts.governance.facts import Choice
from contracts.governance.tables import find_resolution, review_votes
from contracts.own_facts import ContentsErased
from contracts.projections import Projections
from ledger.authority import Authority
from ledger.contents import open_contents
from ledger.entry import decode_entry
from ledger.own_kinds import apply_statement
from ledger.sequencer import Candidate
from tests.contracts.governance.building import seat_board
from tests.network import OPERATOR, TestNetwork


def recompute_entry(network: TestNetwork, index: int) -> list[tuple[str, str]]:
    """Recompute one entry from the folded tables as they are now, as an audit would: (field, message) of each difference."""
    authority = Authority()
    for stored in network.log.read_entries(0, index + 1):
        entry = decode_entry(stored.body)
        if entry.index < index:
            apply_statement(authority, entry.signed, entry.index, entry.received_at)
    contents = network.log.read_contents(index)
    assert contents is not None
    candidate = Candidate(
        network.log_id, index, entry.received_at, entry.signed, open_contents(entry.signed.statement, contents), authority
    )
    with network.connect() as connection:
        return [(finding.field, finding.message) for finding in Projections(network.stages).recompute(connection, candidate)]


def test_recomputing_finds_a_count_that_was_changed(database_url: str) -> None:
    network = TestNetwork(database_url)  # of its own: a planted fault would fail the comparison after the test
    board = seat_board(network, 3)
    board.open()
    board.vote_all(dict.fromkeys(board.names, Choice.FOR))
    resolution = board.resolve()
    honest = recompute_entry(network, resolution.index)

    with network.writing() as connection:
        connection.execute(update(review_votes).where(review_votes.c.holder == network.holder("cedar")).values(choice="against"))
    planted = recompute_entry(network, resolution.index)
    network.close()

    assert honest == []
    assert planted == [("votes_for", "says 3, recomputed 2"), ("votes_against", "says 0, recomputed 1")]


def erasure(hash_: str, *fields: int) -> ContentsErased:
    return ContentsErased(hash_, hash_, fields, "asked for by the person")


def test_an_open_review_keeps_all_that_it_rests_on(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    opened = board.open()
    declared = board.declare("aspen")
    vote = board.vote("aspen", Choice.AGAINST, "my own words")

    for receipt, fields in ((opened, [3]), (declared, [1]), (vote, [1]), (vote, [0])):
        found = network.refuse_codes(erasure(receipt.statement_hash, *fields), by="aspen")
        assert found == {("statement.public.statement", "kept-for-now")}


def test_an_entry_under_review_is_kept(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    vote_to_keep = board.find_admission()
    board.open(entry=vote_to_keep)

    with network.connect() as connection:
        reason = service.blocks_erasure(connection, network.log_id, vote_to_keep.index, [0])

    assert reason == "review v1 of it awaits its resolution"


def test_a_closed_review_keeps_what_its_count_rests_on_and_lets_prose_go(database_url: str) -> None:
    network = TestNetwork(database_url)  # of its own: what is erased cannot be folded again
    board = seat_board(network, 1)
    board.open()
    vote = board.vote("aspen", Choice.AGAINST, "my own words")
    resolution = board.resolve()

    kept = [
        network.refuse_codes(erasure(vote.statement_hash, 0), by="aspen"),
        network.refuse_codes(erasure(resolution.statement_hash, 2), by="aspen"),
        network.refuse_codes(erasure(network.log.list_entries(kinds=["rulebook.adopted"])[0].statement_hash, 0), by=OPERATOR),
    ]
    network.accept(erasure(vote.statement_hash, 1), by="aspen")
    network.accept(erasure(resolution.statement_hash, 6, 7), by="aspen")

    rows: dict[str, list[tuple[Any, ...]]] = network.dump()
    assert kept == [{("statement.public.statement", "kept-for-now")}] * 3
    assert "my own words" not in str(rows)
    assert board.find().votes[0].choice is Choice.AGAINST
    with network.connect() as connection:
        found = find_resolution(connection, network.log_id, "R-2025-01")
    assert found is not None
    assert (found.dissents, found.text, found.votes_against) == ((), None, 1)
    network.verify()
    network.close()
