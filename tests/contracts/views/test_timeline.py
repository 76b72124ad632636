"""The timeline: event by the author, signature by the author's clock, record by the log's; the event only for who may read it."""

from datetime import datetime, timedelta

import pytest

from contracts.clock import parse_instant
from contracts.deliveries.tables import find_delivery
from contracts.facts import Role
from contracts.views.timeline import EVENT_FIELDS, MOST, Timeline, find_timeline
from ledger.entry import decode_entry
from tests.contracts.agreements.building import agree
from tests.contracts.deliveries.building import a_dispatch
from tests.contracts.settlement.closing import WET
from tests.contracts.views.played import look
from tests.network import TestNetwork


def see(network: TestNetwork, by: str, *about: str, after: int | None = None, limit: int = 50) -> Timeline:
    with network.connect() as connection:
        return find_timeline(look(network, connection, by, Role.AUDITOR), about, after=after, limit=limit)


def test_a_delivery_has_its_events_signatures_and_records_apart(network: TestNetwork) -> None:
    agree(network, "a-1", **WET)
    left, said = network.clock.now(), network.clock.now() + timedelta(hours=5)
    network.clock.set_to(said)
    submission = network.sign(a_dispatch(dispatched_at=left, unit="TNE"), by="powerco")
    network.clock.advance(timedelta(hours=20))
    network.log.submit_many([submission])

    only = see(network, "powerco", "delivery:d-1").happenings[0]

    assert (only.happened, only.signed_at, only.recorded_at) == (left, said, said + timedelta(hours=20))
    assert (only.kind, only.about, only.author) == ("delivery.dispatched", "delivery:d-1", network.id("powerco"))


def test_event_times_are_those_of_the_delivery(watched: TestNetwork) -> None:
    with watched.connect() as connection:
        delivery = find_delivery(connection, watched.log_id, "d-1")
    assert delivery is not None

    happened = [one.happened for one in see(watched, "plasterco", "delivery:d-1").happenings]

    assert happened == [delivery.dispatched_at, delivery.received_at]


@pytest.mark.parametrize("by", ["outsider", "pharma", "partial"])
def test_others_see_that_something_was_said_and_not_when_it_happened(watched: TestNetwork, by: str) -> None:
    timeline = see(watched, by, "delivery:d-3" if by != "pharma" else "delivery:d-1")

    assert [(one.happened, one.hidden) for one in timeline.happenings] == [(None, True), (None, True)]
    assert all(isinstance(one.recorded_at, datetime) for one in timeline.happenings)


def test_an_auditor_sees_the_events_by_grant(watched: TestNetwork) -> None:
    with watched.connect() as connection:
        sight = look(watched, connection, "auditco", Role.AUDITOR)
        timeline = find_timeline(sight, ["delivery:d-1"])

        assert [one.hidden for one in timeline.happenings] == [False, False]
        assert set(sight.used) == {one.entry for one in timeline.happenings}


def test_what_has_no_event_of_its_own_is_its_own_event(watched: TestNetwork) -> None:
    timeline = see(watched, "powerco", "agreement:a-pool")

    assert [one.kind for one in timeline.happenings] == ["agreement.offered", "agreement.signed", "agreement.signed"]
    assert [(one.happened, one.hidden) for one in timeline.happenings] == [(None, False)] * 3


def test_several_subjects_stand_in_the_order_of_the_log(watched: TestNetwork) -> None:
    timeline = see(watched, "powerco", "delivery:d-2", "certificate:c-2", "delivery:d-2")

    entries = [one.entry for one in timeline.happenings]
    assert entries == sorted(set(entries))
    assert [one.kind for one in timeline.happenings] == ["delivery.dispatched", "delivery.received", "certificate.issued"]


def test_the_log_is_shown_from_its_end_and_page_by_page(watched: TestNetwork) -> None:
    head = watched.log.read_head()
    assert head is not None

    newest, first = see(watched, "powerco", limit=5), see(watched, "powerco", after=-1, limit=5)

    assert [one.entry for one in newest.happenings] == list(range(head.size - 5, head.size))
    assert newest.more
    assert [one.entry for one in first.happenings] == [0, 1, 2, 3, 4]
    assert first.more
    assert len(see(watched, "powerco", after=-1, limit=10_000).happenings) <= MOST


def test_times_are_those_of_the_entries(watched: TestNetwork) -> None:
    for one in see(watched, "auditco", after=-1, limit=MOST).happenings:
        entry = decode_entry(watched.log.read_entries(one.entry, one.entry + 1)[0].body)

        assert one.signed_at == parse_instant(entry.signed.statement.issued_at)
        assert one.recorded_at == parse_instant(entry.received_at)


def test_every_kind_with_an_event_is_played_or_known(watched: TestNetwork) -> None:
    played = {one.kind: one for one in see(watched, "auditco", after=-1, limit=MOST).happenings if one.kind in EVENT_FIELDS}

    assert {"delivery.dispatched", "delivery.received", "certificate.issued"} <= set(played)
    assert all(one.happened is not None for one in played.values())
