"""Bitstring Status List v1.0: the standard's examples, the order of bits, bounded expansion and the five named errors."""

import base64
import gzip
import json
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.certificates.status_list import (
    MAX_LIST_BYTES,
    MIN_ENTRIES,
    StatusEntry,
    StatusError,
    StatusListError,
    build_entry,
    build_list_credential,
    decode_list,
    encode_list,
    new_bits,
    read_bit,
    read_entry,
    read_status,
    write_bit,
)
from contracts.certificates.vcdm import check_credential

URL = "https://symbiosis.example/status/1"
DAY = datetime(2026, 3, 2, tzinfo=UTC)


def a_list(*indices: int, purpose: str = "revocation") -> dict[str, Any]:
    bits = new_bits()
    for index in indices:
        write_bit(bits, index, value=True)
    return build_list_credential(URL, "did:web:symbiosis.example", purpose, bits, DAY, DAY + timedelta(days=1))


def pack(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def error_of(entry: StatusEntry, document: dict[str, Any]) -> StatusError:
    with pytest.raises(StatusListError) as refusal:
        read_status(entry, document)
    return refusal.value.error


def test_the_examples_of_the_standard_are_read(shared: Path) -> None:
    folder = shared / "vectors" / "w3c-bitstring-status-list" / "spec-examples"
    documents = [json.loads(path.read_text()) for path in sorted(folder.iterdir())]
    lists = [document for document in documents if "BitstringStatusListCredential" in document["type"]]
    holders = [document for document in documents if "credentialStatus" in document]

    expanded = [decode_list(document["credentialSubject"]["encodedList"]) for document in lists]
    statuses = [document["credentialStatus"] for document in holders]
    entries = [read_entry(entry) for status in statuses for entry in (status if isinstance(status, list) else [status])]

    assert expanded == [bytes(16_384)] * 2
    assert [entry.index for entry in entries] == [94567, 23452, 94567, 94567, 12345, 94567, 12345]
    assert read_status(entries[0], lists[0]) is False


def test_the_empty_list_expands_to_the_same_bits_as_the_standards_example() -> None:
    example = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"

    assert decode_list(encode_list(new_bits())) == decode_list(example)


@pytest.mark.parametrize(("index", "byte", "mask"), [(0, 0, 0x80), (7, 0, 0x01), (8, 1, 0x80), (MIN_ENTRIES - 1, 16_383, 0x01)])
def test_index_0_is_the_left_most_bit(index: int, byte: int, mask: int) -> None:
    bits = new_bits()

    write_bit(bits, index, value=True)

    assert bits[byte] == mask
    assert sum(bits) == mask


@given(st.sets(st.integers(0, MIN_ENTRIES - 1), max_size=20))
def test_the_bits_that_were_set_come_back_and_no_others(indices: set[int]) -> None:
    bits = new_bits()
    for index in indices:
        write_bit(bits, index, value=True)

    read = decode_list(encode_list(bits))

    assert {index for index in range(MIN_ENTRIES) if read[index // 8] and read_bit(read, index)} == indices


def test_a_cleared_bit_is_clear_and_its_neighbours_stay() -> None:
    bits = new_bits()
    for index in (4, 5, 6):
        write_bit(bits, index, value=True)

    write_bit(bits, 5, value=False)

    assert [read_bit(bits, index) for index in (4, 5, 6)] == [True, False, True]


def test_a_list_is_written_with_the_same_bytes_each_time() -> None:
    assert encode_list(new_bits()) == encode_list(new_bits())


def test_our_list_is_a_credential_and_answers_for_its_entries() -> None:
    document = a_list(7)

    assert not check_credential(document)
    assert read_status(StatusEntry(URL, 7, "revocation"), document) is True
    assert read_status(StatusEntry(URL, 8, "revocation"), document) is False


def test_an_entry_is_written_with_a_text_index_and_read_back() -> None:
    entry = StatusEntry(URL, 94567, "suspension")

    written = build_entry(entry)

    assert written["statusListIndex"] == "94567"
    assert written["id"] != written["statusListCredential"]
    assert read_entry(written) == entry


@pytest.mark.parametrize(
    "change",
    [
        {"statusListIndex": 5},
        {"statusListIndex": "-1"},
        {"statusListIndex": "05"},
        {"statusListIndex": "0x5"},
        {"statusListIndex": "9" * 10_000},
        {"statusListIndex": None},
        {"statusListCredential": "no url"},
        {"statusListCredential": ["https://a.example"]},
        {"id": URL},
        {"statusPurpose": 1},
        {"statusPurpose": ""},
        {"statusSize": 2},
        {"type": "StatusList2021Entry"},
    ],
)
def test_an_entry_of_wrong_types_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(StatusListError) as refusal:
        read_entry(build_entry(StatusEntry(URL, 5, "revocation")) | change)

    assert refusal.value.error is StatusError.MALFORMED


def test_a_short_list_an_outside_index_and_another_purpose_have_their_own_errors() -> None:
    short = a_list()
    short["credentialSubject"]["encodedList"] = pack(gzip.compress(bytes(16_383), mtime=0))

    assert error_of(StatusEntry(URL, 0, "revocation"), short) is StatusError.LIST_LENGTH
    assert error_of(StatusEntry(URL, MIN_ENTRIES, "revocation"), a_list()) is StatusError.RANGE
    assert error_of(StatusEntry(URL, 0, "suspension"), a_list()) is StatusError.VERIFICATION
    assert error_of(StatusEntry("https://other.example/1", 0, "revocation"), a_list()) is StatusError.VERIFICATION
    assert error_of(StatusEntry(URL, 0, "revocation"), {"type": ["VerifiableCredential"]}) is StatusError.VERIFICATION


@pytest.mark.parametrize(
    "encoded",
    [
        None,
        7,
        "",
        "u",
        "H4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA",
        "u====",
        "uA",
        pack(b"no gzip at all"),
        pack(gzip.compress(bytes(16_384), mtime=0)[:-9]),
        pack(gzip.compress(bytes(16_384), mtime=0) + b"more"),
        pack(gzip.compress(bytes(16_384), mtime=0) * 2),
        pack(gzip.compress(bytes(16_384), mtime=0)[:-8] + bytes(8)),
    ],
)
def test_a_list_that_does_not_expand_is_malformed(encoded: object) -> None:
    with pytest.raises(StatusListError) as refusal:
        decode_list(encoded)

    assert refusal.value.error is StatusError.MALFORMED


def test_a_list_that_would_expand_without_end_is_refused_early() -> None:
    bomb = pack(gzip.compress(bytes(8 * MAX_LIST_BYTES), mtime=0))

    with pytest.raises(StatusListError) as refusal:
        decode_list(bomb)

    assert "more than" in refusal.value.message


def test_an_error_keeps_its_name_across_processes() -> None:
    again = pickle.loads(pickle.dumps(StatusListError(StatusError.RANGE, "outside")))  # noqa: S301  our own bytes

    assert (again.error, again.message) == (StatusError.RANGE, "outside")
    assert again.findings[0].code == "RANGE_ERROR"


@pytest.mark.parametrize("entries", [0, MIN_ENTRIES - 1, 8 * MAX_LIST_BYTES + 1])
def test_a_list_of_another_length_is_not_made(entries: int) -> None:
    with pytest.raises(StatusListError):
        new_bits(entries)


def test_bits_too_few_are_not_written() -> None:
    with pytest.raises(StatusListError):
        encode_list(bytes(16_383))
