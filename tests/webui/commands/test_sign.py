"""`symbiosis sign` without a server: it shows in words what it signs, asks, and what it writes is what was shown."""

import json
from pathlib import Path

from contracts.drafts import write_draft
from contracts.facts import find_fact_type, put_together, type_of
from ledger.keyfile import KeyFile
from ledger.statement import Submission, read_submission
from tests.contracts.deliveries.building import a_dispatch
from tests.contracts.test_words import OFFER
from tests.webui.commands.running import LOG, run, write_key, write_passphrase

ROOT = "ab" * 32


def prepare(folder: Path, fact: object, refs: tuple[str, ...] = ()) -> tuple[list[object], KeyFile]:
    """Write draft, key and passphrase; gives the arguments that sign them."""
    (folder / "draft.json").write_text(json.dumps(write_draft(fact, type_of(fact), refs)), "utf-8")
    file = write_key(folder / "me.key")
    return ["sign", folder / "draft.json", "--key", folder / "me.key", "--passphrase-file", write_passphrase(folder)], file


def read_fact(submission: Submission) -> object:
    """Read the fact that was signed."""
    statement = submission.signed.statement
    return put_together(find_fact_type(statement.kind, statement.kind_version), statement.about, statement.public, submission.open())


def test_words_are_shown_and_just_these_are_signed(code_home: Path, tmp_path: Path) -> None:
    arguments, file = prepare(tmp_path, a_dispatch(), ("12" * 32,))

    done = run(code_home, *arguments, "--key-seq", 12, "--seen", f"7:{ROOT}", given="y\n")

    assert done.returncode == 0, done.stderr
    assert "To be signed for o-powerco, as statement 12 of the key" in done.stderr
    assert "The supplier hands a load over, by its own figure." in done.stderr
    assert "  Quantity: 25.42 t" in done.stderr
    assert f"  Refers to: {'12' * 32}" in done.stderr
    submission = read_submission(done.stdout.encode())
    statement = submission.signed.statement
    assert submission.signed.holds()
    assert read_fact(submission) == a_dispatch()
    assert (statement.log, statement.author, statement.key) == (LOG, "o-powerco", file.key.multikey)
    assert (statement.key_seq, statement.seen.size, statement.seen.root, statement.refs) == (12, 7, ROOT, ("12" * 32,))


def test_whoever_says_no_has_signed_nothing(code_home: Path, tmp_path: Path) -> None:
    arguments, _ = prepare(tmp_path, a_dispatch())

    done = run(code_home, *arguments, "--key-seq", 1, "--out", tmp_path / "signed.json", given="n\n")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Sign this?" in done.stderr
    assert not (tmp_path / "signed.json").exists()


def test_a_contracts_text_is_shown_whole_when_asked(code_home: Path, tmp_path: Path) -> None:
    arguments, _ = prepare(tmp_path, OFFER)

    short = run(code_home, *arguments, "--key-seq", 1, given="n\n")
    full = run(code_home, *arguments, "--key-seq", 1, "--full", given="n\n")

    assert OFFER.text.strip() not in short.stderr
    assert "[shortened: ask for the full text]" in short.stderr
    assert OFFER.text.strip() in full.stderr


def test_a_draft_with_faults_is_refused_with_all_of_them(code_home: Path, tmp_path: Path) -> None:
    arguments, _ = prepare(tmp_path, a_dispatch())
    fields = {"quantity": "a lot", "unit": "TNE", "colour": "grey"}
    (tmp_path / "draft.json").write_text(json.dumps({"kind": "delivery.dispatched", "about": "d-1", "fields": fields}))

    done = run(code_home, *arguments, "--key-seq", 1, "--yes")

    assert (done.returncode, done.stdout) == (2, "")
    assert all(f"  {name}: " in done.stderr for name in ("colour", "quantity", "agreement", "dispatched_at", "ticket"))
    assert "Traceback" not in done.stderr


def test_a_text_that_would_paint_on_the_terminal_is_shown_harmless(code_home: Path, tmp_path: Path) -> None:
    arguments, _ = prepare(tmp_path, a_dispatch(vehicle="AB \u202e21 543\u202c"))

    done = run(code_home, *arguments, "--key-seq", 1, given="n\n")

    assert "\u202e" not in done.stderr
    assert "Vehicle: AB \ufffd21 543\ufffd" in done.stderr


def test_without_a_server_the_number_of_the_key_is_wanted(code_home: Path, tmp_path: Path) -> None:
    arguments, _ = prepare(tmp_path, a_dispatch())

    done = run(code_home, *arguments)

    assert done.returncode == 2
    assert "give --server URL, or --key-seq N" in done.stderr


def test_a_token_is_not_sent_over_plain_http(code_home: Path, tmp_path: Path) -> None:
    arguments, _ = prepare(tmp_path, a_dispatch())

    done = run(code_home, *arguments, "--server", "http://ledger.example", SYMBIOSIS_TOKEN="sl_secret")

    assert done.returncode == 2
    assert "write https://host" in done.stderr


def test_what_was_signed_is_kept_when_the_server_is_away(code_home: Path, tmp_path: Path) -> None:
    arguments, _ = prepare(tmp_path, a_dispatch())
    run(code_home, *arguments, "--key-seq", 1, "--yes", "--out", tmp_path / "signed.json")
    before = (tmp_path / "signed.json").read_bytes()

    done = run(code_home, "sign", tmp_path / "signed.json", *arguments[2:], "--server", "http://127.0.0.1:9", "--submit")

    assert done.returncode == 4
    assert f"kept in {tmp_path / 'signed.json'}" in done.stderr
    assert read_submission((tmp_path / "signed.json").read_bytes()) == read_submission(before)
