"""A history told again by whoever has the log's key: entries left out, slipped in or in another order, chain and tree made to fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger.canonical import JSON
from ledger.entry import FIRST_PREVIOUS, Entry, decode_entry, encode_entry, hash_entry
from ledger.statement import Signed
from tests.ledger.small_log import FIRM, SmallLog, enrol_key, found_log, make_key
from tests.ledger.test_verify import verify

OTHER = "o-plaster"


@dataclass(frozen=True, slots=True)
class Told:
    """What stands in one entry, but for its place."""

    signed: Signed
    contents: Mapping[str, JSON] | None
    received_at: str


def begin_log() -> SmallLog:
    """Found a log on which two firms have a key each: `firm` and `other`."""
    log = SmallLog()
    found_log(log)
    enrol_key(log, "firm", FIRM, ["signatory", "operator"])
    enrol_key(log, "other", OTHER, ["signatory", "operator"])
    return log


def say_as_other(log: SmallLog, **changes: Any) -> Signed:
    """Enter a statement of the other firm."""
    return log.say("delivery.dispatched", make_key("other"), OTHER, **changes)


def list_told(log: SmallLog) -> list[Told]:
    """Take a log apart."""
    entries = [decode_entry(data) for data in log.entries]
    return [Told(one.signed, contents, one.received_at) for one, contents in zip(entries, log.contents, strict=True)]


def retell(story: Sequence[Told]) -> SmallLog:
    """Tell a history in this order, under one checkpoint by the log's own key."""
    log = SmallLog()
    for index, told in enumerate(story):
        previous = hash_entry(log.entries[-1]) if log.entries else FIRST_PREVIOUS
        log.entries.append(encode_entry(Entry(index, previous, told.received_at, told.signed)))
        log.contents.append(told.contents)
        log.signed.append(told.signed)
    log.publish()
    return log


def tell_in_order(log: SmallLog, order: Sequence[int]) -> SmallLog:
    """Tell the same entries in another order, each with the time that belongs to its new place."""
    story = list_told(log)
    return retell([replace(story[old], received_at=story[new].received_at) for new, old in enumerate(order)])


def judge(log: SmallLog, **options: Any) -> tuple[str, set[str]]:
    """Give an auditor's verdict on integrity and the codes of its faults."""
    verdict = verify(log, **options)
    return verdict.integrity, {fault.code for fault in verdict.faults}
