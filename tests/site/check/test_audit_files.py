"""Audit files on the page for checking: the verdict is that of `python -m ledger verify`, line by line, and nothing is sent."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from playwright.sync_api import expect

from ledger.contents import withhold_fields
from ledger.entry import Entry
from ledger.verify import verify_audit_file
from tests.ledger.small_log import CLAIMS, FIRM, LOG, SmallLog, build_small_log, deliver, make_key
from tests.site.check.checking import give_file, open_page, read_lines, write_lines
from tests.site.live_site import LiveSite


def flip(data: bytes, mark: bytes) -> bytes:
    """Change one digit behind a mark."""
    place = data.index(mark) + len(mark)
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def withhold(log: SmallLog) -> SmallLog:
    """Show nothing of one entry, and not all of another."""
    log.contents[2] = None
    shown = log.contents[3]
    assert shown is not None
    log.contents[3] = withhold_fields(log.signed[3].statement, shown, [1, 3])
    return log


def erase(log: SmallLog) -> SmallLog:
    """Let the firm erase fields that go on being shown, and leave out a number."""
    firm = make_key("firm")
    public: dict[str, Any] = {"statement": log.signed[2].hash, "fields": [0, 3], "reason": "asked <b>by the driver</b>"}
    log.numbers[firm.multikey] += 2
    log.say("contents.erased", firm, FIRM, public, about=f"statement:{log.signed[2].hash}")
    log.publish()
    return log


def sign_by_another(log: SmallLog) -> SmallLog:
    """Let the operator put another firm's words into the log."""

    def change(index: int, entry: Entry) -> Entry:
        return replace(entry, signed=replace(entry.signed, signature=log.signed[2].signature)) if index == 3 else entry

    return log.rebuild(change)


def forget_newest(log: SmallLog) -> SmallLog:
    """Take the newest entry away, under a fresh checkpoint."""
    short = SmallLog(entries=log.entries[:-1], contents=log.contents[:-1])
    short.publish()
    return short


def many_faults(log: SmallLog) -> SmallLog:
    """Enter more faults than one verdict lists."""
    for _ in range(104):
        deliver(log, refs=("0" * 64,))
    log.publish()
    return log


WAYS: dict[str, Callable[[SmallLog], bytes]] = {
    "intact": lambda log: log.write(),
    "withheld": lambda log: withhold(log).write(),
    "erased": lambda log: erase(log).write(),
    "digit of an entry": lambda log: flip(log.write(), b'"index":2,"previous":"'),
    "digit of contents": lambda log: flip(log.write(), b'"value":"23.23'),
    "digit of a checkpoint": lambda log: flip(log.write(), b"ledger.example/main\\n4\\n"),
    "borrowed signature": lambda log: sign_by_another(log).write(),
    "rolled back": lambda log: forget_newest(log).write(),
    "cut off": lambda log: log.write()[:-40],
    "many faults": lambda log: many_faults(log).write(),
}


def test_the_verdict_is_that_of_the_command_whatever_was_done_to_the_file(open_site: LiveSite) -> None:
    log = build_small_log()
    head = f"{len(log.entries)}:{log.compute_root().hex()}"
    judged, shown = {}, {}

    with open_site.visit() as page:
        open_page(page, heads=head)
        for way, make in WAYS.items():
            data = make(build_small_log())
            judged[way] = verify_audit_file(io.BytesIO(data), origin=LOG, log_key=CLAIMS.log_key, known_heads=[head])
            give_file(page, f"{way}.zip", data)
            shown[way] = read_lines(page)
            assert all(page.locator("#box tbody td:last-child").all_inner_texts()), "a fault without its meaning"

    assert shown == {way: list(write_lines(verdict)) for way, verdict in judged.items()}
    assert {way for way, verdict in judged.items() if verdict.exit_code != 1} == {"intact", "withheld", "erased"}


def test_nothing_is_sent_and_the_network_may_be_off(open_site: LiveSite) -> None:
    data = build_small_log().write()
    with open_site.visit() as page:
        open_page(page)
        page.wait_for_load_state("networkidle")
        sent: list[str] = []
        page.context.on("request", lambda request: sent.append(request.url))
        page.context.set_offline(True)

        give_file(page, "audit.zip", data)

        expect(page.locator("#box .integrity")).to_have_text(
            "unwitnessed: intact in itself; bring known heads to exclude that the log shows others another history"
        )
        assert sent == []


def test_a_large_file_is_checked_while_the_page_stays_alive(open_site: LiveSite) -> None:
    log = build_small_log(400)
    with open_site.visit() as page:
        open_page(page)
        page.get_by_label("File", exact=True).set_input_files({"name": "audit.zip", "mimeType": "application/zip", "buffer": log.write()})

        expect(page.locator("#box progress")).to_have_attribute("max", "402")
        page.get_by_label("Name of the log").focus()
        expect(page.locator("#box")).to_contain_text("unwitnessed", timeout=30_000)


def test_what_the_reader_brings_must_be_of_use(open_site: LiveSite) -> None:
    with open_site.visit() as page:
        open_page(page, key=None)
        page.get_by_label("File", exact=True).set_input_files(
            {"name": "audit.zip", "mimeType": "application/zip", "buffer": build_small_log().write()}
        )
        expect(page.locator("#box")).to_contain_text("Nothing in a file can stand in for what you bring yourself: not a verifier key")

        page.get_by_label("Key of the log").fill(CLAIMS.log_key)
        page.get_by_text("Name, entry 0, known heads").click()
        page.get_by_label("Known heads").fill("12:no hash")
        page.get_by_role("button", name="Check it").click()
        expect(page.locator("#box .note")).to_contain_text("not a signed note")


def test_a_whole_checkpoint_is_a_known_head_too(open_site: LiveSite) -> None:
    log = build_small_log()
    with open_site.visit() as page:
        open_page(page, heads=f"{log.notes[0]}\n2:{log.compute_root(2).hex()}")
        give_file(page, "audit.zip", log.write())

        expect(page.locator("#box .integrity")).to_contain_text("consistent")


def test_a_file_may_be_dropped_anywhere_on_the_page(open_site: LiveSite) -> None:
    data = list(build_small_log().write())
    with open_site.visit() as page:
        open_page(page)
        page.evaluate(
            """(bytes) => {
                const data = new DataTransfer();
                data.items.add(new File([new Uint8Array(bytes)], "dropped.zip", { type: "application/zip" }));
                const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
                document.querySelector("footer").dispatchEvent(drop);
            }""",
            data,
        )

        expect(page.locator("#box")).to_contain_text("dropped.zip")
