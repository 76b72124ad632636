"""What somebody does on the page for checking, and what the page then says."""

import re
from collections.abc import Iterator

from playwright.sync_api import Page, expect

from ledger.verdict import Verdict, describe_verdict
from tests.ledger.small_log import CLAIMS


def open_page(page: Page, key: str | None = CLAIMS.log_key, heads: str = "", *, remember: bool = False) -> None:
    """Open the page for checking, and fill in what the reader brings."""
    page.goto("/check")
    if key:
        page.get_by_label("Key of the log").fill(key)
    page.get_by_label("Remember this in this browser").set_checked(remember)
    if heads:
        page.get_by_text("Name, entry 0, known heads").click()
        page.get_by_label("Known heads").fill(heads)


def give_file(page: Page, name: str, data: bytes) -> None:
    """Choose a file, and wait for its verdict."""
    kind = "application/zip" if name.endswith(".zip") else "application/json"
    page.get_by_label("File", exact=True).set_input_files({"name": name, "mimeType": kind, "buffer": data})
    expect(page.locator("#box")).to_contain_text(name, timeout=30_000)


def give_text(page: Page, text: str) -> None:
    """Paste a text; its verdict comes by itself."""
    page.get_by_label("Or the text of evidence or of a certificate").fill(text)


def read_lines(page: Page) -> list[str]:
    """Read the verdict on an audit file as the lines of `python -m ledger verify`; of faults, place and code."""
    box = page.locator("#box")
    facts = dict(zip(box.locator("dt").all_inner_texts(), box.locator("dd").all_inner_texts(), strict=True))
    rows = [row.locator("th, td").all_inner_texts() for row in box.locator("tbody tr").all()]
    return [
        f"log           {facts['Log']}",
        f"entries       {facts['Entries']}, root {facts['Root over them'] or 'unknown'}",
        f"checkpoints   {facts['Checkpoints']}",
        f"integrity     {box.locator('.integrity').inner_text()}",
        *(f"  {place}: [{find_code(fault)}]" for place, fault, _meaning in rows),
        *(line for note in box.locator("pre.evidence").all_inner_texts() for line in write_note(note)),
        *(f"  {text}" for text in box.locator(".stopped").all_inner_texts()),
        f"completeness  {box.locator('.completeness').inner_text()}",
        *(f"  {text}" for text in box.locator(".missing li").all_inner_texts()),
    ]


def write_lines(verdict: Verdict) -> Iterator[str]:
    """Write Python's verdict as the same lines; its messages are longer than the page's here and there, codes are the same."""
    for line in describe_verdict(verdict):
        is_fault = re.fullmatch(r"  (entry \d+|the file): .* \[[a-z-]+\]", line)
        yield f"  {is_fault[1]}: [{find_code(line)}]" if is_fault else line


def write_note(note: str) -> Iterator[str]:
    """Write a note that is to be kept as the command does."""
    yield "keep this signed note as evidence:"
    yield from (f"  | {line}" for line in note.removesuffix("\n").split("\n"))


def find_code(text: str) -> str:
    """Find the code at the end of a fault."""
    return text.rpartition("[")[2].rstrip("]")
