"""JSON of credentials: canonical bytes against the vectors of RFC 8785, and refusals of ambiguous documents."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.certificates.jcs import MAX_BYTES, MAX_DEPTH, canonical_bytes, parse_json
from contracts.errors import Invalid

AMBIGUOUS = {
    "NaN": (b'{"a": NaN}', "not-a-number"),
    "Infinity": (b"[-Infinity]", "not-a-number"),
    "overflow": (b"[1e400]", "number-too-large"),
    "unsafe integer": (b"[9007199254740992]", "number-too-large"),
    "digits without end": (b"[" + b"9" * 10_000 + b"]", "number-too-large"),
    "lone surrogate": (rb'["\ud800"]', "lone-surrogate"),
    "lone surrogate as name": (rb'{"\udc00": 1}', "lone-surrogate"),
    "duplicate name": (b'{"issuer": 1, "issuer": 2}', "duplicate-name"),
    "duplicate name in another spelling": (rb'{"a": 1, "\u0061": 2}', "duplicate-name"),
    "byte order mark": (b"\xef\xbb\xbf{}", "not-json"),
    "Latin-1": (b'["\xe6"]', "not-utf-8"),
    "overlong UTF-8": (b'["\xc0\xaf"]', "not-utf-8"),
    "empty": (b"", "not-json"),
    "two documents": (b"{}{}", "not-json"),
    "deep": (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "too-deep"),
    "very deep": (b"[" * 500_000, "too-deep"),
    "large": (b" " * (MAX_BYTES + 1), "too-large"),
}


def test_every_file_of_the_rfc_8785_vectors_becomes_its_canonical_bytes(shared: Path) -> None:
    folder = shared / "vectors" / "jcs-rfc8785" / "testdata"
    names = sorted(path.name for path in (folder / "input").iterdir())

    answers = {name: canonical_bytes(parse_json((folder / "input" / name).read_bytes())) for name in names}

    assert len(names) >= 6
    assert answers == {name: (folder / "output" / name).read_bytes() for name in names}


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_a_document_that_readers_could_understand_differently_is_refused(case: str) -> None:
    data, code = AMBIGUOUS[case]

    with pytest.raises(Invalid) as refusal:
        parse_json(data)

    assert refusal.value.findings[0].code == code


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_never_crash(data: bytes) -> None:
    try:
        value = parse_json(data)
    except Invalid:
        return

    assert parse_json(canonical_bytes(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, {1: 2}, "\ud800", {"\ud800": 1}, b"bytes", {1, 2}])
def test_a_value_without_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(Invalid):
        canonical_bytes(value)
