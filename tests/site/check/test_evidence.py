"""Evidence and certificates on the page for checking: judged as the commands do, and what was changed in a text is named."""

import json
from typing import Any

from playwright.sync_api import Page, expect

from contracts.certificates.verify import verify_certificate
from ledger.contents import withhold_fields, withhold_rows
from ledger.errors import EvidenceError
from ledger.evidence import check_evidence
from tests.contracts.certificates.builders import LAB, NOW, a_signed_credential, did_of
from tests.ledger.small_log import CLAIMS, LOG, build_small_log
from tests.ledger.test_evidence import make_evidence
from tests.site.check.checking import give_file, give_text, open_page
from tests.site.live_site import LiveSite

HOLDS = f"HOLDS: entry 3 of {LOG} under the checkpoint of size 4"
#: What is changed in the text of evidence, and what the page says that it means.
CHANGES = {
    ('"value":"23.230"', '"value":"23.240"'): "the entry, its contents, the path or the checkpoint was changed",
    ('\\"index\\":3', '\\"index\\":2'): "the entry, its contents, the path or the checkpoint was changed",
    ('\\"key_seq\\":2', '\\"key_seq\\":3'): "the entry, its contents, the path or the checkpoint was changed",
    ("example/main\\n4\\n", "example/main\\n5\\n"): "the text, the signature or the key was changed",
    ("example/main", "example/mine"): "the text, the signature or the key was changed",
    ('{"checkpoint"', '{ "checkpoint"'): "not as the log writes them",
    ('"format"', '"formal"'): "not as the log writes them",
}


#: What the page asks of a certificate as the command does; results are judged again by the command alone.
ASKED = {"Form": "form", "Signature": "proof", "Issuer": "issuer", "Validity": "validity", "Revocation": "status"}


def say_verdict(data: bytes) -> str:
    """Say what the command says of evidence."""
    try:
        found = check_evidence(data, origin=LOG, log_key=CLAIMS.log_key)
    except EvidenceError:
        return "INVALID"
    return f"HOLDS: entry {found.entry.index} of {LOG} under the checkpoint of size {found.checkpoint.size}"


def test_a_changed_digit_in_the_text_breaks_just_what_it_should(open_site: LiveSite) -> None:
    text = make_evidence().decode()
    with open_site.visit() as page:
        open_page(page)
        give_text(page, text)
        expect(page.locator("#box .integrity")).to_have_text(HOLDS)

        for (old, new), meaning in CHANGES.items():
            changed = text.replace(old, new, 1)
            assert (changed != text, say_verdict(changed.encode())) == (True, "INVALID")
            give_text(page, changed)
            expect(page.locator("#box")).to_contain_text(meaning)
            expect(page.locator("#box .integrity")).to_contain_text("INVALID: ")

        give_text(page, text)
        expect(page.locator("#box .integrity")).to_have_text(HOLDS)


def test_a_chosen_file_is_checked_and_its_text_can_be_changed(open_site: LiveSite) -> None:
    with open_site.visit() as page:
        open_page(page)
        give_file(page, "evidence.json", make_evidence())
        field = page.get_by_label("Or the text of evidence or of a certificate")

        expect(page.locator("#box .integrity")).to_have_text(HOLDS)
        field.press("Control+End")
        field.press("ArrowLeft")
        field.press("Backspace")
        expect(page.locator("#box .integrity")).to_contain_text("INVALID: ")


def test_what_is_shown_of_an_entry_is_what_the_command_shows(open_site: LiveSite) -> None:
    log = build_small_log()
    statement, shown = log.signed[3].statement, log.contents[3]
    assert shown is not None
    partly = make_evidence(contents=withhold_rows(statement, withhold_fields(statement, shown, [0]), 2, [1]))

    with open_site.visit() as page:
        open_page(page)
        give_file(page, "evidence.json", partly)
        expect(page.locator("#box .integrity")).to_have_text(HOLDS)
        lines = page.locator("#box .said li").all_inner_texts()

        give_file(page, "nothing.json", make_evidence(contents=None))
        nothing = page.locator("#box .said li").all_inner_texts()

    assert lines[0] == "delivery.dispatched by o-gypsum, about thing:1, received 2026-01-01T00:04:00Z"
    assert lines[2:] == ['unit: "TNE"', "driver: null", 'weighings, row 0: "11.600"', "fields not shown whole: 2"]
    assert nothing[2:] == ["contents: not shown"]


def read_answers(page: Page) -> dict[str, str]:
    """Read how the questions about a certificate were answered."""
    rows = page.locator("#box tbody tr")
    return {row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in rows.all()}


def test_a_certificate_is_judged_as_the_command_does(open_site: LiveSite) -> None:
    credential = a_signed_credential()
    late = credential | {"proof": credential["proof"] | {"created": "2999-01-01T00:00:00Z"}}
    ways: dict[str, tuple[dict[str, Any], str]] = {
        "as-it-was-signed": (credential, ""),
        "renamed": (credential | {"issuer": credential["issuer"] | {"name": "South Laboratory"}}, ""),
        "signed-in-the-future": (late, ""),
        "of-a-trusted-laboratory": (credential, did_of(LAB)),
        "of-a-strange-laboratory": (credential, "did:web:other.example"),
        "unsigned": ({name: part for name, part in credential.items() if name != "proof"}, ""),
    }
    shown, judged = {}, {}

    with open_site.visit() as page:
        page.clock.install(time=NOW)
        open_page(page, key=None)
        page.get_by_text("Name, entry 0, known heads").click()
        for way, (document, trusted) in ways.items():
            data = json.dumps(document, ensure_ascii=False).encode()
            report = verify_certificate(data, now=NOW, trusted={trusted: frozenset()} if trusted else None)
            judged[way] = {question: str(one.state) for question in ASKED.values() if (one := report.answer(question))}
            page.get_by_label("Laboratories that you trust").fill(trusted)
            give_file(page, f"{way}.json", data)
            shown[way] = {ASKED[title]: answer for title, answer in read_answers(page).items() if title in ASKED}

    assert shown == judged
    assert {tuple(answers.values()) for answers in judged.values()} != {tuple(judged["unsigned"].values())}
