"""Health: anybody may ask whether the logs take statements, and learns nothing else."""

import json

import pytest

from ledger.soundness import Unsound
from ledger.writer import Latch
from tests.network import OPERATOR
from tests.webui.website import NETWORK, Website
from webui import scrubbing
from webui.health import examine_health

SECRET = "the guard /srv/secret/place is on fire"


@pytest.fixture
def opened(website: Website) -> Website:
    """A website whose guard remembers its log."""
    website.runtime.log(NETWORK)._writer.check_tip()
    return website


def ask(website: Website) -> tuple[int, dict[str, object], str]:
    """Ask as a stranger; gives status, body and its text."""
    answer = website.anybody().knock("GET", "/health")
    return answer.status_code, json.loads(answer.text), answer.text


def test_open_and_sound_logs_are_well(opened: Website) -> None:
    assert ask(opened)[:2] == (200, {"status": "ok", "logs": []})


def test_a_shut_log_turns_health_red_and_the_reason_gives_nothing_away(opened: Website) -> None:
    log = opened.runtime.log(NETWORK)
    log._writer.shut(Latch("disk", SECRET))

    status, body, text = ask(opened)

    assert (status, body["status"]) == (503, "red")
    assert body["logs"] == [{"log": log.log_id, "state": "shut", "why": "the disk is full, read-only or failing"}]
    assert not any(word in text for word in ("secret", NETWORK, log.name))
    assert examine_health(opened.runtime, NETWORK).message == SECRET
    assert log.read_head() is not None  # reading goes on


def test_a_log_that_another_process_shut_turns_health_red_until_one_leads_it_again(opened: Website) -> None:
    log = opened.runtime.log(NETWORK)
    log._writer.shut(Latch("guard", SECRET))
    log._writer._latch = None  # as another process sees it

    before = ask(opened)[0]
    log._writer.report_open()

    assert (before, ask(opened)[0]) == (503, 200)


def test_what_a_scrub_finds_turns_health_red_and_the_next_sound_one_green(opened: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    log = opened.runtime.log(NETWORK)
    monkeypatch.setattr("ledger.scrub.check_quietly", lambda *_: (Unsound(3, "ledger_contents", "they do not lead there"),))
    scrubbing.scrub_network(opened.runtime, NETWORK)
    status, body, text = ask(opened)
    found = examine_health(opened.runtime, NETWORK).found
    monkeypatch.undo()

    scrubbing.scrub_network(opened.runtime, NETWORK)

    assert (status, found) == (503, ("entry 3, ledger_contents: they do not lead there",))
    assert body["logs"] == [
        {"log": log.log_id, "state": "damaged", "why": "the last look at everything stored found rows, tiles or guard damaged"}
    ]
    assert "they do not lead" not in text
    assert log._writer.latch is None  # contents are replaced one by one; the log goes on
    assert ask(opened)[0] == 200


def test_a_log_is_scrubbed_once_a_day(opened: Website) -> None:
    first, second = scrubbing.scrub_logs(opened.runtime), scrubbing.scrub_logs(opened.runtime)
    opened.network.clock.advance(scrubbing.EVERY)

    assert (first, second, scrubbing.scrub_logs(opened.runtime)) == (1, 0, 1)


def test_a_scrub_is_left_for_another_day_when_the_process_ends(opened: Website) -> None:
    opened.runtime.ending.set()

    done = scrubbing.scrub_logs(opened.runtime)
    opened.runtime.ending.clear()

    assert (done, scrubbing.read_scrub(opened.settings.data, NETWORK)) == (0, None)


def test_the_facilitator_sees_on_the_networks_page_what_must_be_mended(opened: Website) -> None:
    caller = opened.session(OPERATOR)
    before = caller.knock("GET", f"/n/{NETWORK}/network")
    opened.runtime.log(NETWORK)._writer.shut(Latch("disk", SECRET))

    after = caller.knock("GET", f"/n/{NETWORK}/network")

    assert (before.status_code, after.status_code) == (200, 200)
    assert [SECRET in page.text for page in (before, after)] == [False, True]
