"""Reviews: what can be opened, by whom, for how long, and who sits on the board."""

from datetime import datetime, timedelta

import pytest

from contracts.clock import format_instant
from contracts.facts import Role
from contracts.governance.facts import Choice, Outcome
from contracts.governance.tables import Seat, list_reviews
from contracts.own_facts import KeyEnrolled, KeyRevoked
from contracts.parties.facts import OrganisationSuspended
from ledger.authority import prove_possession
from tests.contracts.governance.building import Board, a_rulebook, seat_board
from tests.network import LOG, OPERATOR, TestNetwork


def test_a_review_is_opened_with_the_roll_of_its_moment(network: TestNetwork) -> None:
    board = seat_board(network, 3)

    board.open()
    network.admit("elm", roles=[Role.BOARD])

    review = board.find()
    assert [seat.holder for seat in review.roll] == [network.holder(name) for name in board.names]
    assert (review.matter, review.rulebook, review.call, review.outcome) == (board.find_admission().about, "r1", 1, None)


def test_the_facilitator_opens_a_review_without_a_seat(network: TestNetwork) -> None:
    board = seat_board(network, 1)

    network.accept(board.a_review(), by=OPERATOR)

    assert board.find().opened_by == network.operator
    assert len(board.find().roll) == 1


def test_without_a_rulebook_nothing_is_reviewed(network: TestNetwork) -> None:
    network.admit("aspen", roles=[Role.BOARD])
    board = Board(network, ("aspen",))

    assert network.refuse_codes(board.a_review(), by="aspen") == {("review", "no-rulebook")}


def test_a_review_names_an_entry_as_the_log_has_it(network: TestNetwork) -> None:
    board = seat_board(network, 1)

    unknown = network.refuse_codes(board.a_review(statement="0" * 64), by="aspen")
    other_index = network.refuse_codes(board.a_review(index=0), by="aspen")

    assert unknown == {("statement", "unknown-statement")}
    assert other_index == {("index", "other-index")}


def test_a_matter_is_what_the_entry_is_about(network: TestNetwork) -> None:
    board = seat_board(network, 2)

    found = network.refuse_codes(board.a_review(matter=f"organisation:{network.id('birch')}"), by="aspen")

    assert found == {("matter", "other-matter")}


def test_the_statement_itself_may_be_the_matter(network: TestNetwork) -> None:
    board = seat_board(network, 1)

    board.open(matter=f"statement:{board.find_admission().statement_hash}")

    assert board.find().matter == f"statement:{board.find_admission().statement_hash}"


def test_the_organisation_of_a_key_may_be_the_matter(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    enrolment = network.log.list_entries(kinds=["key.enrolled"], about=f"key:{network.key('aspen').multikey}")[0]

    board.open(entry=enrolment, matter=f"organisation:{network.id('aspen')}")

    assert board.find().reviewed_index == enrolment.index


def test_a_matter_has_one_open_review(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()

    again = network.refuse_codes(board.a_review("v2"), by="aspen")
    board.close()
    unresolved = network.refuse_codes(board.a_review("v2"), by="aspen")
    board.resolve()
    board.open("v2")

    assert again == unresolved == {("matter", "already-open")}
    assert board.find("v2").call == 2  # nobody voted: it lapsed


def test_a_reviews_id_is_taken_once(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    board.open()

    assert network.refuse_codes(board.a_review(entry=board.find_admission("birch")), by="aspen") == {("review", "taken")}


@pytest.mark.parametrize(
    ("span", "code"),
    [
        (timedelta(seconds=1), "past"),
        (timedelta(days=7), "too-soon"),
        (timedelta(days=7, seconds=1), None),
        (timedelta(days=366, seconds=2), "too-late"),
    ],
)
def test_a_review_is_open_for_as_long_as_the_rulebook_wants(network: TestNetwork, span: timedelta, code: str | None) -> None:
    board = seat_board(network, 1)
    review = board.a_review(closes_at=network.clock.now() + span)  # it is received a second from now

    if code is None:
        network.accept(review, by="aspen")
    else:
        assert network.refuse_codes(review, by="aspen") == {("closes_at", code)}


def test_all_faults_of_an_opening_are_found_at_once(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    board.open()
    faulty = board.a_review(index=0, closes_at=network.clock.now())

    found = network.refuse_codes(faulty, by="aspen")

    assert found == {("review", "taken"), ("matter", "already-open"), ("index", "other-index"), ("closes_at", "past")}


def test_a_member_without_the_board_role_opens_nothing(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    network.admit("outsider")

    assert "wrong-role" in {code for _, code in network.refuse_codes(board.a_review(), by="outsider")}


def test_a_holder_with_two_keys_has_one_seat(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    network.enrol("aspen/phone", [Role.BOARD], holder=network.holder("aspen"))

    board.open()

    assert len(board.find().roll) == 2


def test_two_holders_of_an_organisation_have_a_seat_each_unless_the_rulebook_limits_them(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    network.enrol("aspen/second", [Role.BOARD])

    board.open()

    assert len(board.find().roll) == 3


def test_seats_of_an_organisation_are_limited_to_the_earliest_enrolled(network: TestNetwork) -> None:
    board = seat_board(network, 2, seats_per_organisation=1)
    network.enrol("aspen/second", [Role.BOARD])

    board.open()

    assert set(board.find().roll) == {Seat(network.id(name), network.holder(name)) for name in board.names}


def test_nobody_takes_anothers_seat_by_its_pseudonym(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    network.enrol("birch/mask", [Role.BOARD], holder=network.holder("aspen"))

    board.open()

    assert set(board.find().roll) == {Seat(network.id(name), network.holder(name)) for name in board.names}


def test_revoked_and_suspended_have_no_seat(network: TestNetwork) -> None:
    board = seat_board(network, 3)
    key = network.key("birch").multikey
    network.accept(KeyRevoked(key, key, "lost", None), by=OPERATOR)
    network.accept(OrganisationSuspended(network.id("cedar"), "unpaid dues"), by=OPERATOR)

    board.open()

    assert [seat.holder for seat in board.find().roll] == [network.holder("aspen")]


def test_a_key_that_has_run_out_has_no_seat(network: TestNetwork) -> None:
    board = seat_board(network, 1)
    later = network.clock.now() + timedelta(days=30)
    enrol_until(network, "aspen/guest", later)
    board.open()

    network.clock.set_to(later)
    board.open("v2", entry=network.log.list_entries(kinds=["rulebook.adopted"])[0], matter=statement_of_rulebook(network))

    assert (len(board.find().roll), len(board.find("v2").roll)) == (2, 1)


def enrol_until(network: TestNetwork, who: str, end: datetime) -> None:
    """Enrol a board key that is valid until an instant."""
    name, _, label = who.partition("/")
    person = network._add_person(name, label)
    roles = [Role.BOARD.value]
    possession = prove_possession(LOG, network.id(name), person.key.multikey, person.holder, roles, person.key.sign)
    network.accept(
        KeyEnrolled(
            subject=person.key.multikey,
            organisation=network.id(name),
            key=person.key.multikey,
            holder=person.holder,
            roles=tuple(roles),
            limits={},
            not_after=format_instant(end),
            possession=possession,
        ),
        by=name,
    )


def statement_of_rulebook(network: TestNetwork) -> str:
    """Give the matter that is the rulebook's own statement."""
    return f"statement:{network.log.list_entries(kinds=['rulebook.adopted'])[0].statement_hash}"


def test_reviews_are_listed_by_state(network: TestNetwork) -> None:
    board = seat_board(network, 2)
    board.open("v1")
    board.open("v2", entry=board.find_admission("birch"))
    board.vote("aspen", Choice.FOR)
    board.resolve("v1")

    with network.connect() as connection:
        listed = {
            state: [one.review for one in list_reviews(connection, network.log_id, state=state)]
            for state in (None, "open", "resolved", "adopted", "lapsed")
        }
        after = list_reviews(connection, network.log_id, after=board.find("v1").entry, limit=1)

    assert listed == {None: ["v1", "v2"], "open": ["v2"], "resolved": ["v1"], "adopted": ["v1"], "lapsed": []}
    assert [one.review for one in after] == ["v2"]


def test_a_review_stays_under_the_rulebook_that_was_in_force_when_it_was_opened(network: TestNetwork) -> None:
    board = seat_board(network, 3, quorum_percent=34)
    changed = a_rulebook("r2", quorum_percent=100)
    in_force = network.log.list_entries(kinds=["rulebook.adopted"])[0]
    board.open("v1", days=60)
    board.open("v2", entry=in_force, matter="rulebook:r2", question=f"{changed.hash}?")
    board.vote_all(dict.fromkeys(board.names, Choice.FOR), "v2")
    network.accept(changed, by=OPERATOR, refs=[board.resolve("v2").statement_hash])

    board.vote_all(dict.fromkeys(board.names[:2], Choice.FOR), "v1")
    board.resolve("v1")

    assert board.find("v1").outcome is Outcome.ADOPTED
