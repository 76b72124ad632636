"""Each browser is a witness: a log that contradicts what it showed before gets no signature, and both notes are shown."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from playwright.sync_api import Page, expect

from ledger.checkpoint import sign_checkpoint
from ledger.note import VerifierKey
from tests.network import LOG, OPERATOR, make_key
from tests.site.live_site import LiveSite
from tests.site.signing.acting import a_grant, bring_key, expect_entered, go_to_trial, press_sign
from webui.pages.static_files import make_address

ROOT = sha256(b"another tree").digest()
Change = Callable[[dict[str, Any]], dict[str, Any]]


def sign_note(size: int, root: bytes, *, key: str = "log") -> str:
    """Sign a checkpoint of the log, by its own key unless another is named."""
    return sign_checkpoint(LOG, size, root, VerifierKey(LOG, 1, make_key(key).public), make_key(key).sign)


def change_next(page: Page, change: Change) -> None:
    """Change what the server says of the next statement of a key."""
    page.route("**/keys/*/next", lambda route: route.fulfill(json=change(route.fetch().json())))


def watch_posts(page: Page) -> list[str]:
    """Collect what is posted to the log."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" and "/statements" in request.url else None)
    return sent


def see_log(site: LiveSite, page: Page) -> str:
    """Sign once, so that the browser has seen the log; gives the note that it keeps."""
    bring_key(site, page)
    go_to_trial(site, page, a_grant(site, f"g-{site.website.count()}"))
    press_sign(page)
    expect_entered(page)
    notes = page.evaluate("""async (address) => (await (await import(address)).list("logs")).map(({ note }) => note)""", store_address())
    return str(notes[0])


def store_address() -> str:
    """Give the address of store.js."""
    return make_address("store.js")


def try_to_sign(site: LiveSite, page: Page) -> None:
    """Press the button on a new fact."""
    go_to_trial(site, page, a_grant(site, f"g-{site.website.count()}"))
    press_sign(page)


FORKS: dict[str, Change] = {
    "another tree of the same size": lambda answer: {**answer, "checkpoint": sign_note(answer["seen_size"], ROOT)},
    "a smaller tree": lambda answer: {**answer, "checkpoint": sign_note(3, ROOT)},
    "a larger tree that does not go on": lambda answer: {**answer, "checkpoint": sign_note(answer["seen_size"] + 7, ROOT)},
    "no tree at all": lambda answer: {**answer, "checkpoint": None},
    "a note by another key": lambda answer: {**answer, "checkpoint": sign_note(answer["seen_size"] + 7, ROOT, key="receipts")},
}


def test_a_log_that_contradicts_itself_gets_no_signature_and_both_notes_are_shown(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        seen = see_log(site, page)
        sent, before = watch_posts(page), site.website.count()
        page.route("**/proofs/consistency?*", lambda route: route.fulfill(json={"path": [ROOT.hex()], "root": None}))
        for name, change in FORKS.items():
            change_next(page, change)
            try_to_sign(site, page)
            expect(page.locator("#sign-state"), name).to_contain_text("Stop: the log contradicts what this browser saw")

            shown = page.locator("#sign-findings").inner_text()
            assert seen.strip() in shown, name
            assert (sent, site.website.count()) == ([], before), name


def test_a_log_that_grew_goes_on_and_is_remembered(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        first = see_log(site, page)
        second = see_log(site, page)

    assert int(second.split("\n")[1]) > int(first.split("\n")[1])


def test_on_first_sight_a_note_by_another_key_than_the_log_s_gets_no_signature(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        bring_key(site, page)
        sent = watch_posts(page)
        change_next(page, lambda answer: {**answer, "checkpoint": sign_note(3, ROOT, key="receipts")})
        try_to_sign(site, page)
        expect(page.locator("#sign-state")).to_contain_text("not signed by the log's key")

    assert sent == []


def test_a_log_that_forgot_a_statement_with_a_receipt_gets_no_signature(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        see_log(site, page)
        sent = watch_posts(page)
        change_next(page, lambda answer: {**answer, "key_seq": answer["key_seq"] - 1})
        try_to_sign(site, page)
        expect(page.locator("#sign-state")).to_contain_text("the log has forgotten a statement of this key")

    assert sent == []


def test_what_was_seen_of_a_log_can_be_forgotten(trial_site: LiveSite) -> None:
    site = trial_site
    with site.visit(OPERATOR) as page:
        see_log(site, page)
        page.goto(site.path("/keys"))
        page.get_by_text("Forget what this browser holds").click()
        page.get_by_role("button", name="Forget what was seen of the log").click()
        expect(page.locator("#key-state")).to_contain_text("Forgotten")

        assert page.evaluate("""async (address) => (await import(address)).list("logs")""", store_address()) == []
