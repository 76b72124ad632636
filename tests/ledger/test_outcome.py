"""Acknowledgements and refusals are signed notes that say just what they were made to say."""

import pytest

from ledger.errors import BadSignature, Finding, Malformed
from ledger.note import sign_note
from ledger.outcome import (
    Acknowledgement,
    RefusalNote,
    read_acknowledgement,
    read_refusal,
    sign_acknowledgement,
    sign_refusal,
)
from tests.ledger.live_log import KEYS, LOG

HASH, TIME, LATER = "ab" * 32, "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
FINDINGS = (Finding("statement.id", "replayed-id", 'entry 3 has "it"\nalready'), Finding("a", "b", "é−\ud800 c\u2028d"))


def test_an_acknowledgement_is_read_as_it_was_signed() -> None:
    note = sign_acknowledgement(KEYS, HASH, TIME, LATER)

    assert note.startswith(f"symbiosis-ledger/acknowledgement/v1\n{LOG}\n{HASH}\n{TIME}\n{LATER}\n\n— {LOG}/receipts ")
    assert read_acknowledgement(note, KEYS.receipts_verifier) == Acknowledgement(LOG, HASH, TIME, LATER)


def test_a_refusal_is_read_as_it_was_signed_whatever_its_messages_hold() -> None:
    note = sign_refusal(KEYS, HASH, TIME, FINDINGS)

    assert note.isascii() or note.count("—") == 1
    assert read_refusal(note, KEYS.receipts_verifier) == RefusalNote(LOG, HASH, TIME, FINDINGS)


def test_neither_is_read_under_another_key() -> None:
    with pytest.raises(BadSignature):
        read_acknowledgement(sign_acknowledgement(KEYS, HASH, TIME, LATER), KEYS.log_verifier)
    with pytest.raises(BadSignature):
        read_refusal(sign_refusal(KEYS, HASH, TIME, FINDINGS), KEYS.log_verifier)


def test_a_changed_word_is_noticed() -> None:
    note = sign_refusal(KEYS, HASH, TIME, FINDINGS).replace("replayed", "expired!")

    with pytest.raises(BadSignature):
        read_refusal(note, KEYS.receipts_verifier)


def test_one_kind_of_note_is_not_taken_for_the_other() -> None:
    with pytest.raises(Malformed):
        read_refusal(sign_acknowledgement(KEYS, HASH, TIME, LATER), KEYS.receipts_verifier)
    with pytest.raises(Malformed):
        read_acknowledgement(sign_refusal(KEYS, HASH, TIME, FINDINGS), KEYS.receipts_verifier)


@pytest.mark.parametrize(
    "text",
    [
        "symbiosis-ledger/refusal/v1\n",
        f"symbiosis-ledger/refusal/v1\n{LOG}\nHASH\n{TIME}\n",
        f"symbiosis-ledger/refusal/v1\n{LOG}\n{HASH}\nyesterday\n",
        f"symbiosis-ledger/refusal/v1\n{LOG}\n{HASH}\n{TIME}\nnot json\n",
        f'symbiosis-ledger/refusal/v1\n{LOG}\n{HASH}\n{TIME}\n["a","b"]\n',
        f'symbiosis-ledger/refusal/v1\n{LOG}\n{HASH}\n{TIME}\n["a","b",3]\n',
        f"symbiosis-ledger/acknowledgement/v1\n{LOG}\n{HASH}\n{TIME}\n{LATER}\nmore\n",
        f"symbiosis-ledger/acknowledgement/v1\n{LOG}\n{HASH}\n{TIME}\nlater\n",
    ],
)
def test_signed_nonsense_is_malformed(text: str) -> None:
    note = sign_note(text, KEYS.receipts_verifier, KEYS.receipts_key.sign)

    with pytest.raises(Malformed):
        read_refusal(note, KEYS.receipts_verifier)
    with pytest.raises(Malformed):
        read_acknowledgement(note, KEYS.receipts_verifier)
