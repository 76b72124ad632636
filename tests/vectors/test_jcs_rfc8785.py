"""The six documents of RFC 8785's own repository: the full form, which credentials use, and the log's strict profile of it.

The strict profile writes what it accepts in the same bytes, and refuses on top: numbers with a fraction, names that are not printable
ASCII, text that is not in normal form C, control characters.
"""

import json
from pathlib import Path

import pytest

from contracts.certificates.jcs import canonical_bytes, parse_json
from ledger.canonical import decode_canonical, decode_json, encode_canonical
from ledger.errors import Malformed

NAMES = ("arrays", "french", "structures", "unicode", "values", "weird")

#: What the strict profile has against each document that it refuses.
REFUSED = {
    "french": "printable ASCII",
    "structures": "not an integer|printable ASCII",
    "unicode": "printable ASCII",  # its name holds a space, before its text is looked at
    "values": "not an integer",
    "weird": "printable ASCII|control character",
}


def read_document(shared: Path, name: str) -> tuple[bytes, bytes]:
    """Read a document and its canonical bytes."""
    folder = shared / "vectors" / "jcs-rfc8785" / "testdata"
    wanted = bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text("ascii"))
    assert json.loads(wanted) == json.loads((folder / "output" / f"{name}.json").read_bytes())
    return (folder / "input" / f"{name}.json").read_bytes(), wanted


def test_all_documents_are_here(shared: Path) -> None:
    folder = shared / "vectors" / "jcs-rfc8785" / "testdata" / "input"

    assert sorted(path.stem for path in folder.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_full_form_writes_the_documents_bytes(shared: Path, name: str) -> None:
    document, wanted = read_document(shared, name)

    assert canonical_bytes(parse_json(document)) == wanted


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(REFUSED)))
def test_the_strict_profile_writes_the_same_bytes_of_what_it_accepts(shared: Path, name: str) -> None:
    document, wanted = read_document(shared, name)

    assert encode_canonical(decode_json(document)) == wanted
    assert encode_canonical(decode_canonical(wanted)) == wanted


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_the_strict_profile_refuses_what_could_be_read_in_two_ways(shared: Path, name: str) -> None:
    document, wanted = read_document(shared, name)

    for data in (document, wanted):
        with pytest.raises(Malformed, match=REFUSED[name]):
            decode_json(data)
