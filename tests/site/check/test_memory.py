"""What the browser remembers of a log on the page for checking: growth is said, a fork is shown with both notes, all can be forgotten."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from ledger.entry import Entry
from tests.ledger.small_log import CLAIMS, LOG, SmallLog, build_small_log, deliver, make_key, make_verifier_key
from tests.ledger.test_evidence import make_evidence
from tests.site.check.checking import give_file, open_page
from tests.site.live_site import LiveSite

READ = """(log) => new Promise((resolve) => {
    indexedDB.open("symbiosis-ledger", 1).onsuccess = ({ target }) => {
        target.result.transaction("logs").objectStore("logs").get(log).onsuccess = (event) => resolve(event.target.result ?? null);
    };
})"""
AGE = """(log) => new Promise((resolve) => {
    indexedDB.open("symbiosis-ledger", 1).onsuccess = ({ target }) => {
        const logs = target.result.transaction("logs", "readwrite").objectStore("logs");
        logs.get(log).onsuccess = (event) => {
            logs.put({ ...event.target.result, at: Date.now() - 3 * 86_400_000 }).onsuccess = () => resolve();
        };
    };
})"""


def read_memory(page: Page) -> Mapping[str, Any] | None:
    """Read what the browser keeps of the log."""
    found: Mapping[str, Any] | None = page.evaluate(READ, LOG)
    return found


def rewrite(log: SmallLog) -> SmallLog:
    """Show another history under the same key: its last entry came a minute later."""

    def change(index: int, entry: Entry) -> Entry:
        return replace(entry, received_at="2026-01-01T00:04:30Z") if index == 3 else entry

    return log.rebuild(change)


def test_growth_is_said_with_both_sizes_and_since_when(open_site: LiveSite) -> None:
    log = build_small_log()
    with open_site.visit() as page:
        open_page(page, remember=True)
        give_file(page, "first.zip", log.write())
        expect(page.locator("#box .memory")).to_contain_text("for the first time")
        page.evaluate(AGE, LOG)
        deliver(log, seen=log.see(2))
        log.publish()

        give_file(page, "second.zip", log.write())

        day = page.evaluate("new Date(Date.now() - 3 * 86_400_000).toLocaleString('en-GB', { weekday: 'long' })")
        expect(page.locator("#box .memory")).to_contain_text(f"Grew consistently from 4 to 5 since {day}")
        expect(page.locator("#box .integrity")).to_contain_text("consistent")
        memory = read_memory(page)
    assert memory is not None
    assert (memory["size"], memory["note"], memory["logKey"]) == (5, log.notes[-1], CLAIMS.log_key)


def test_a_fork_is_shown_with_both_notes_and_not_believed(open_site: LiveSite, tmp_path: Path) -> None:
    log = build_small_log()
    other = rewrite(build_small_log())
    with open_site.visit() as page:
        open_page(page, remember=True)
        give_file(page, "first.zip", log.write())
        give_file(page, "other.zip", other.write())

        expect(page.locator("#box .memory")).to_contain_text("STOP: this is not the history that this browser saw")
        expect(page.locator("#box .integrity")).to_contain_text("diverged")
        with page.expect_download() as download:
            page.get_by_role("link", name="Keep both notes as a file").click()
        download.value.save_as(tmp_path / "fork.txt")
        memory = read_memory(page)
    assert (tmp_path / "fork.txt").read_text("utf-8") == f"{log.notes[-1]}\n{other.notes[-1]}"
    assert memory is not None
    assert memory["note"] == log.notes[-1]


def test_evidence_under_another_root_of_the_same_size_is_a_fork(open_site: LiveSite) -> None:
    with open_site.visit() as page:
        open_page(page, remember=True)
        give_file(page, "other.zip", rewrite(build_small_log()).write())
        give_file(page, "evidence.json", make_evidence())

        expect(page.locator("#box .memory")).to_contain_text("STOP")


def test_evidence_of_a_larger_log_proves_no_growth_and_changes_no_memory(open_site: LiveSite) -> None:
    with open_site.visit() as page:
        open_page(page, remember=True)
        give_file(page, "small.zip", build_small_log(1).write())
        give_file(page, "evidence.json", make_evidence())

        expect(page.locator("#box .memory")).to_contain_text("one entry's evidence cannot show that both are one history")
        memory = read_memory(page)
    assert memory is not None
    assert memory["size"] == 3


def test_a_file_that_ends_earlier_is_called_older_or_cut(open_site: LiveSite) -> None:
    with open_site.visit() as page:
        open_page(page, remember=True)
        give_file(page, "whole.zip", build_small_log(2).write())
        give_file(page, "short.zip", build_small_log(1).write())

        expect(page.locator("#box .memory")).to_contain_text("it is older, or the newest entries were taken away")
        expect(page.locator("#box tbody")).to_contain_text("rollback")


def test_what_was_not_sound_is_not_remembered(open_site: LiveSite) -> None:
    data = build_small_log().write().replace(b'"value":"23.230"', b'"value":"23.240"')
    with open_site.visit() as page:
        open_page(page, remember=True)
        give_file(page, "changed.zip", data)
        expect(page.locator("#box .integrity")).to_contain_text("invalid")

        assert read_memory(page) is None


def test_a_log_known_by_another_key_is_said(open_site: LiveSite) -> None:
    stranger = make_verifier_key(LOG, make_key("stranger"))
    strange = SmallLog(entries=build_small_log().entries, contents=build_small_log().contents)
    strange.publish(make_key("stranger"))
    with open_site.visit() as page:
        open_page(page, remember=True)
        give_file(page, "first.zip", build_small_log().write())
        page.get_by_label("Key of the log").fill(stranger.to_text())
        give_file(page, "evidence.json", make_evidence(checkpoint=strange.notes[-1]))

        expect(page.locator("#box .memory")).to_contain_text("another key than you brought")


def test_what_was_brought_stays_until_it_is_forgotten(open_site: LiveSite) -> None:
    with open_site.visit() as page:
        open_page(page, heads=f"4:{'0' * 64}", remember=True)
        give_file(page, "first.zip", build_small_log().write())
        page.reload()

        page.get_by_label("Fill in").select_option(LOG)
        expect(page.get_by_label("Key of the log")).to_have_value(CLAIMS.log_key)
        expect(page.get_by_label("Known heads")).to_have_value(f"4:{'0' * 64}")
        page.get_by_role("button", name="Forget this log in this browser").click()
        expect(page.get_by_label("Key of the log")).to_have_value("")
        page.reload()
        expect(page.locator("#known option", has_text=LOG)).to_have_count(0)
        assert read_memory(page) is None
