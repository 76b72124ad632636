"""Four times the entries cost about four times the work, never sixteen: steps, bytes and SQL statements are counted, not seconds."""

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.entry_checks import Effort
from ledger.trail import Numbers, Roots
from ledger.verify import verify_audit_file
from tests.ledger.live_log import LiveLog
from tests.ledger.small_log import CLAIMS, FIRM, LOG, SmallLog, enrol_key, found_log, make_key

SMALL, TIMES = 60, 4
MOST = 6.0  #: times the work for four times the entries; four and what a tree's height and short begins add


class Counting(io.BytesIO):
    """A file that counts the bytes read from it."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read and count."""
        data = super().read(size)
        self.count += len(data)
        return data


@contextmanager
def count_steps() -> Iterator[Callable[[], int]]:
    """Count lines of Python run and calls of C's functions, in this thread and in those that it starts."""
    steps = 0

    def count_call(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal steps
        steps += event == "c_call"

    def count_line(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal steps
        steps += event == "line"
        return count_line

    kept = sys.gettrace()  # a debugger's, or that of who measures what the tests reach
    for use in (sys, threading):
        use.setprofile(count_call)
        use.settrace(count_line)
    try:
        yield lambda: steps
    finally:
        for use in (sys, threading):
            use.setprofile(None)
            use.settrace(kept)


def say_plainly(log: SmallLog, count: int) -> None:
    for _ in range(count):
        log.say("delivery.dispatched", make_key("firm"), FIRM, {}, [("quantity", "1.000"), ("unit", "TNE")], refs=(log.signed[-1].hash,))


def see_everything(log: SmallLog, count: int) -> None:
    """Each statement saw the newest of as many checkpoints."""
    for _ in range(count):
        log.say("delivery.dispatched", make_key("firm"), FIRM, {}, seen=log.see())
        log.publish()


def leave_out_and_come_late(log: SmallLog, count: int) -> None:
    """Every other number first, then those that were left out, the last one first."""
    numbers = [*range(1, count + 1, 2), *reversed(range(2, count + 1, 2))]
    for number in numbers:
        log.say("delivery.dispatched", make_key("firm"), FIRM, {}, key_seq=number * 2)


def refer_to_many(log: SmallLog, count: int) -> None:
    for _ in range(count):
        log.say("delivery.dispatched", make_key("firm"), FIRM, {}, refs=tuple(one.hash for one in log.signed[-64:]))


def erase_again_and_again(log: SmallLog, count: int) -> None:
    signed = log.say("delivery.dispatched", make_key("firm"), FIRM, {}, [("driver", "x")])
    for _ in range(count):
        public: Any = {"statement": signed.hash, "fields": [0], "reason": "asked"}
        log.say("contents.erased", make_key("firm"), FIRM, public, about=f"statement:{signed.hash}")


def hide_and_break(log: SmallLog, count: int) -> None:
    """Nothing travels, and each entry names another one before it."""
    for _ in range(count):
        signed, _ = log.compose("delivery.dispatched", make_key("firm"), FIRM, {}, [("driver", "x")])
        log.enter(signed, None, previous="1" * 64)


def build(say: Callable[[SmallLog, int], None], count: int) -> bytes:
    log = SmallLog()
    found_log(log)
    enrol_key(log, "firm", FIRM, ["signatory", "operator"])
    say(log, count)
    log.publish()
    return log.write()


def audit(data: bytes) -> tuple[int, int]:
    """Verify; gives the steps taken and the bytes read."""
    file = Counting(data)
    with count_steps() as read_count:
        verify_audit_file(file, origin=LOG, log_key=CLAIMS.log_key, effort=Effort(threads=1))
        return read_count(), file.count


TRAPS = (say_plainly, see_everything, leave_out_and_come_late, refer_to_many, erase_again_and_again, hide_and_break)


@pytest.mark.parametrize("say", TRAPS, ids=lambda say: say.__name__)
def test_an_audit_of_four_times_the_entries_costs_no_more_than_six_times(say: Callable[[SmallLog, int], None]) -> None:
    small, large = build(say, SMALL), build(say, SMALL * TIMES)
    audit(small)  # what is learnt once, of keys and days

    (steps, read), (more_steps, more_read) = audit(small), audit(large)

    assert more_steps < MOST * steps
    assert more_read < 1.1 * read * len(large) / len(small)
    assert read < 2 * len(small)


def test_the_root_of_any_size_costs_its_height() -> None:
    costs = []
    for count in (1 << 10, 1 << 12):
        roots = Roots()
        roots.extend([bytes([number % 256]) * 32 for number in range(count)])
        with count_steps() as read_count:
            roots.compute_root(count - 1)
            costs.append(read_count())

    assert costs[1] < 1.5 * costs[0]


def test_late_numbers_of_a_key_cost_the_same_however_many_are_left_out() -> None:
    costs = []
    for count in (2_000, 8_000):
        numbers = Numbers()
        with count_steps() as read_count:
            for number in [*range(1, count, 2), *range(2, count, 4)]:
                assert numbers.use(number)
            assert sum(last - first + 1 for first, last in numbers.list_gaps()) == len(range(4, count - 1, 4))
            costs.append(read_count())

    assert costs[1] < 4.5 * costs[0]


def test_an_append_costs_the_same_statements_and_rows_after_four_times_the_entries(sqlite_live: LiveLog) -> None:
    statements = 0

    def count(*_arguments: Any) -> None:
        nonlocal statements
        statements += 1

    sa.event.listen(sqlite_live.engine, "before_cursor_execute", count)
    costs = []
    for entered in (20, 80):
        while (head := sqlite_live.log.read_head()) and head.size < entered:
            sqlite_live.send(*(sqlite_live.firm.deliver() for _ in range(10)))
        begin = statements
        with count_steps() as read_count:
            sqlite_live.accept(sqlite_live.firm.deliver())
            costs.append((statements - begin, read_count()))
    sa.event.remove(sqlite_live.engine, "before_cursor_execute", count)

    assert 0 < costs[1][0] <= costs[0][0] + 2  # one more, perhaps, where the tree completes a node
    assert costs[1][1] < 1.5 * costs[0][1]


def test_the_count_sees_what_grows_with_the_square() -> None:
    def work(count: int) -> int:
        with count_steps() as read_count:
            for one in range(count):
                for _ in range(one):
                    len(())
            return read_count()

    assert work(200) > MOST * work(50)
