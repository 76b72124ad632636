"""The ledger's pages in a browser: what it remembers of the log, an entry's evidence, and the audit file verified where it was fetched."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from contracts.own_facts import LogHeartbeat
from contracts.parties.facts import GrantGiven, GrantScope
from ledger.checkpoint import sign_checkpoint
from ledger.verify import verify_audit_file
from tests.contracts.agreements.building import agree
from tests.network import LOG, OPERATOR
from tests.site.live_site import LiveSite
from tests.webui.website import NETWORK

SLOW = 30_000  #: milliseconds for what a busy machine takes its time for
REMEMBER = """(record) => new Promise((resolve) => {
    indexedDB.open("symbiosis-ledger", 1).onsuccess = ({ target }) => {
        target.result.transaction("logs", "readwrite").objectStore("logs").put(record).onsuccess = () => resolve();
    };
})"""


def let_publish(site: LiveSite, page: Page, size: int) -> None:
    """Look at the ledger until a checkpoint covers so many entries."""
    for _ in range(20):
        newest = site.network.log.latest_checkpoint()
        if newest and newest[0] >= size:
            return
        page.wait_for_timeout(300)


def count_entries(site: LiveSite) -> int:
    """Count the log's entries."""
    return site.website.count()


def change_body(change: Callable[[bytes], bytes]) -> Callable[[Route], None]:
    """Make a handler that changes what the server answers."""

    def handle(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=change(answer.body()))

    return handle


def test_the_browser_says_how_the_log_grew_since_it_was_last_here(shared_site: LiveSite) -> None:
    with shared_site.visit("plasterco") as page:
        let_publish(shared_site, page, before := count_entries(shared_site))
        page.goto(shared_site.path("/ledger"))
        expect(page.locator(".memory")).to_contain_text(f"remembers its {before} entries")
        page.reload()
        expect(page.locator(".memory")).to_contain_text(f"the same {before} that this browser saw")
        shared_site.network.accept(LogHeartbeat(f"log:{LOG}"), by=f"{OPERATOR}/service")
        let_publish(shared_site, page, before + 1)

        page.goto(shared_site.path("/audit"))

        expect(page.locator(".memory")).to_contain_text(f"Grew consistently from {before} to {before + 1} since")


def test_another_history_than_the_remembered_one_is_shown_with_both_notes(shared_site: LiveSite) -> None:
    keys = shared_site.network.keys
    note = sign_checkpoint(LOG, 3, bytes(32), keys.log_verifier, keys.log_key.sign)
    with shared_site.visit("plasterco") as page:
        let_publish(shared_site, page, count_entries(shared_site))
        page.goto(shared_site.path("/ledger"))
        expect(page.locator(".memory")).to_be_visible()
        page.evaluate(REMEMBER, {"log": LOG, "logKey": keys.log_verifier.to_text(), "note": note, "size": 3, "at": 0})
        page.goto(shared_site.path("/entries/1"))

        expect(page.locator(".memory")).to_contain_text("STOP: this is not the history that this browser saw")
        expect(page.locator(".memory pre")).to_contain_text(note)
        expect(page.get_by_role("link", name="Keep both notes as a file")).to_be_visible()


def test_an_entrys_evidence_is_verified_and_a_changed_one_refused(shared_site: LiveSite, tmp_path: Path) -> None:
    agreement = agree(shared_site.network, "a-9")
    entry = agreement.offer_entry
    with shared_site.visit("plasterco") as page:
        let_publish(shared_site, page, count_entries(shared_site))
        page.goto(shared_site.path(f"/entries/{entry}"))
        expect(page.locator("#box .integrity")).to_contain_text(f"HOLDS: entry {entry} of {LOG} under the checkpoint of size", timeout=SLOW)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the evidence").click()
        download.value.save_as(tmp_path / "evidence.json")

        page.route("**/evidence", change_body(lambda body: body.replace(b"PowerCo silo", b"PowerCo sil0", 1)))
        page.reload()
        expect(page.locator("#box .integrity")).to_contain_text("INVALID: contents")
        page.unroute("**/evidence")
        page.route("**/evidence", change_body(lambda _body: b"{}"))
        page.reload()
        expect(page.locator("#box .integrity")).to_contain_text("INVALID: evidence")

    with shared_site.visit() as stranger:
        stranger.goto("/check")
        stranger.get_by_label("Key of the log").fill(shared_site.network.keys.log_verifier.to_text())
        stranger.get_by_label("File", exact=True).set_input_files(tmp_path / "evidence.json")
        expect(stranger.locator("#box .integrity")).to_contain_text(f"HOLDS: entry {entry}")
        expect(stranger.locator("#box .said")).to_contain_text("PowerCo silo")


def test_who_may_not_read_the_contents_proves_the_header_all_the_same(shared_site: LiveSite) -> None:
    entry = agree(shared_site.network, "a-10", contract_no="C-10").offer_entry
    with shared_site.visit("town") as page:
        let_publish(shared_site, page, count_entries(shared_site))
        page.goto(shared_site.path(f"/entries/{entry}"))

        expect(page.get_by_text("Withheld: its contents are for others")).to_be_visible()
        expect(page.locator("#box .integrity")).to_contain_text(f"HOLDS: entry {entry}")
        page.get_by_text("What it shows, field by field").click()
        expect(page.locator("#box .said")).to_contain_text("contents: not shown")


def test_the_auditor_verifies_the_file_in_the_browser_and_takes_the_same_bytes_away(shared_site: LiveSite, tmp_path: Path) -> None:
    grant = GrantGiven("g-1", "o-auditco", GrantScope.NETWORK, None, False, date(2026, 12, 31), "yearly audit")  # noqa: FBT003 - the fact's field
    shared_site.network.accept(grant, by=OPERATOR)
    with shared_site.visit("auditco") as page:
        let_publish(shared_site, page, count_entries(shared_site))
        page.goto(shared_site.path("/audit"))
        expect(page.get_by_text("g-1: the whole network, until 31 Dec 2026")).to_be_visible()
        page.get_by_role("button", name="Fetch and verify it here").click()
        said = "consistent: intact, and continues every known head that you brought"
        expect(page.locator("#box .integrity")).to_contain_text(said, timeout=SLOW)
        expect(page.locator("#box .memory")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the audit file").click()
        download.value.save_as(tmp_path / f"{NETWORK}-audit.zip")
        key, founding, head = (page.locator(f"#{name}").inner_text() for name in ("log-key", "founding", "newest-head"))

    data = (tmp_path / f"{NETWORK}-audit.zip").read_bytes()
    verdict = verify_audit_file(io.BytesIO(data), origin=LOG, log_key=key, founding_hash=founding, known_heads=[head])
    assert verdict.integrity == "consistent"
