"""The history of a thing on the log: its three times kept apart, and an event's time only for whoever may read it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import g, render_template

from contracts.own_facts import LogHeartbeat
from tests.contracts.certificates import building
from tests.databases import Databases
from tests.network import LOG, OPERATOR
from tests.webui.website import NETWORK, Website
from webui.access import Caller, Member
from webui.pages.history import History, read_history


@pytest.fixture(scope="module")
def delivered(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """A delivery that was dispatched before it was recorded; nothing is published yet."""
    url = databases.create(database_kind)
    website = Website(url, tmp_path_factory.mktemp("data"))
    building.set_up(website.network)
    website.network.admit("stranger")
    yield website
    website.close()
    databases.drop(url)


def read_as(website: Website, by: str, about: str | list[str], limit: int = 50) -> tuple[History, str]:
    """Read a history as a member, with the part of the page that shows it."""
    member = Member(NETWORK, website.network.log_id, website.network.id(by), website.network.holder(by), frozenset())
    with website.app.test_request_context(f"/n/{NETWORK}/deliveries/d-1"):
        g.member, g.caller = member, Caller(None, None, (member,))
        history = read_history(NETWORK, about, limit=limit)
        return history, render_template("history.html", history=history)


def test_event_signature_and_record_stand_apart(delivered: Website) -> None:
    history, page = read_as(delivered, "plasterco", "delivery:d-1")

    assert [row.kind for row in history.rows] == ["delivery.dispatched", "delivery.received"]
    assert all(row.happened is not None and not row.hidden for row in history.rows)
    assert [page.count(one) for one in ("Happened (its author says)", "Signed (its author's clock)", "Recorded (the log's clock)")] == [
        2,
        2,
        2,
    ]


def test_the_event_is_hidden_from_whoever_may_not_read_it(delivered: Website) -> None:
    history, page = read_as(delivered, "stranger", "delivery:d-1")

    assert [(row.happened, row.hidden) for row in history.rows] == [(None, True)] * 2
    assert page.count("not for you") == 2


def test_an_entry_is_sequenced_before_it_is_published(delivered: Website) -> None:
    before, _page = read_as(delivered, "plasterco", "delivery:d-1")
    delivered.network.clock.advance(timedelta(seconds=2))
    delivered.network.log.publish_checkpoint(delivered.runtime.now_text())
    delivered.network.accept(LogHeartbeat(f"log:{LOG}"), by=f"{OPERATOR}/service")
    after, _page = read_as(delivered, "plasterco", ["delivery:d-1", f"log:{LOG}"])

    assert {row.state[0] for row in before.rows} == {"sequenced, waits for the next checkpoint"}
    assert [(row.kind, row.state[0], row.state[1]) for row in after.rows][-2:] == [
        ("delivery.received", "published", "good"),
        ("log.heartbeat", "sequenced, waits for the next checkpoint", "warn"),
    ]


def test_several_subjects_stand_in_the_order_of_the_log_and_a_long_history_says_so(delivered: Website) -> None:
    history, page = read_as(delivered, "plasterco", ["delivery:d-1", "agreement:a-1"], limit=3)

    assert [row.entry for row in history.rows] == sorted(row.entry for row in history.rows)
    assert history.more == f"/n/{NETWORK}/ledger?about=delivery:d-1"
    assert "There is more" in page


def test_of_what_nothing_was_said_nothing_is_shown(delivered: Website) -> None:
    history, page = read_as(delivered, "plasterco", "delivery:none")

    assert (history.rows, "Nothing stands on the log" in page) == ((), True)
