"""Failure 10: the same statement again, in turn, at once, or after a restart: the same place; other bytes under its id: refused."""

from concurrent.futures import ThreadPoolExecutor

from ledger.outcome import Receipt
from tests.ledger.live_log import LiveLog, codes, indexes

ID = "00000000-0000-4000-8000-000000000010"


def test_one_after_another(live: LiveLog) -> None:
    submission = live.firm.deliver()

    first = live.send(submission)[0]

    assert [live.send(submission)[0] for _ in range(3)] == [first] * 3
    assert live.send(submission, live.firm.deliver(), submission)[::2] == [first] * 2
    assert live.count_rows()["ledger_entries"] == 4


def test_at_once_through_two_writers(live: LiveLog) -> None:
    other, submission = live.open_second(), live.firm.deliver()
    logs = [live.log, other] * 8

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda log: log.submit_many([submission])[0], logs))

    assert outcomes == [outcomes[0]] * 16
    assert indexes(outcomes)[0] == 2
    assert live.count_rows()["ledger_entries"] == 3
    other._engine.dispose()


def test_at_once_through_the_sequencer_and_the_inbox(live: LiveLog) -> None:
    other, submission = live.open_second(), live.firm.deliver()
    live.log.start()

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda log: log.submit(submission), [live.log, other] * 8))
    live.log.stop()

    assert {(one.index, one.statement_hash) for one in outcomes if isinstance(one, Receipt)} == {(2, submission.signed.hash)}
    assert len([one for one in outcomes if isinstance(one, Receipt)]) == 16
    assert live.count_rows()["ledger_entries"] == 3
    other._engine.dispose()


def test_after_a_restart(live: LiveLog) -> None:
    submission = live.firm.deliver()
    first = live.send(submission)[0]

    live.start_again()

    assert live.send(submission)[0] == first


def test_other_bytes_under_the_same_id_are_a_conflict_at_any_time(live: LiveLog) -> None:
    first, other = live.firm.deliver(id=ID), live.firm.deliver({"note": "more"}, id=ID)
    receipt = live.send(first)[0]

    refused = [codes(live.send(other)[0])]
    live.start_again()
    refused.append(codes(live.send(other)[0]))

    assert refused == [{"replayed-id"}] * 2
    assert live.send(first)[0] == receipt
    assert live.count_rows()["ledger_entries"] == 3


def test_of_two_bodies_at_once_one_is_entered(live: LiveLog) -> None:
    other = live.open_second()
    bodies = [live.firm.deliver({"number": number}, id=ID) for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda log, body: log.submit_many([body])[0], [live.log, other] * 4, bodies))

    assert sorted(str(index) for index in indexes(outcomes)) == ["2"] + ["None"] * 7
    assert live.count_rows()["ledger_entries"] == 3
    other._engine.dispose()
