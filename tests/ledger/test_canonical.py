"""Canonical bytes: the strict profile is RFC 8785 where it accepts, and refuses every other spelling."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import MAX_INTEGER, check_text, decode_canonical, decode_json, encode_canonical
from ledger.errors import Malformed
from ledger.unicode14 import find_unassigned

names = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(value=values)
def test_what_the_profile_accepts_it_writes_as_rfc_8785_does(value: Any) -> None:
    try:
        encoded = encode_canonical(value)
    except Malformed:
        return

    assert encoded == rfc8785.dumps(value)
    assert decode_canonical(encoded) == value


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b'{"a":1,"a":1}', "twice"),
        (b'{"a":1.0}', "not an integer"),
        (b"[1e3]", "not an integer"),
        (b"[NaN]", "not an integer"),
        (b"[-0]", "minus zero"),
        (b"[9007199254740992]", "outside"),
        (b"[" + b"1" * 5000 + b"]", "outside"),
        (b'{"b":1,"a":2}', "canonical form"),
        (b'{"a": 1}', "canonical form"),
        (b'["\\u0041"]', "canonical form"),
        (b'["e\xcc\x81"]', "normal form"),
        ('["\U0001fae8"]'.encode(), "Unicode 14"),
        (b'["\\u0000"]', "control"),
        (b'["\\ud800"]', "Unicode 14"),
        (b'{"\xc3\xa9":1}', "printable ASCII"),
        (b'{"":1}', "printable ASCII"),
        (b"[" * 100_000, "deep"),
        (b"[" * 30 + b"]" * 30, "deep"),
        (b"\xff", "UTF-8"),
        (b"[1]\n", "canonical form"),
        (b"", "JSON"),
    ],
)
def test_every_other_spelling_is_refused_with_its_reason(data: bytes, fault: str) -> None:
    with pytest.raises(Malformed, match=fault):
        decode_canonical(data)


def test_requests_may_use_any_spelling_of_the_same_value() -> None:
    value = decode_json(b' {"b": 1, "a": "\\u0041"} ')

    assert encode_canonical(value) == b'{"a":"A","b":1}'


def test_the_table_of_assigned_code_points_is_unicode_14() -> None:
    # U+1FAF6 came with 14.0, U+1FAE8 with 15.0, U+20C0 with 14.0, U+0CF3 with 15.0; surrogates and noncharacters never.
    assert [find_unassigned(chr(point)) is None for point in (0x1FAF6, 0x1FAE8, 0x20C0, 0x0CF3, 0xD800, 0xFFFF, 0x10FFFD)] == [
        True,
        False,
        True,
        False,
        False,
        False,
        True,
    ]


@given(text=st.text(max_size=30))
def test_text_that_passes_survives_json_and_normalisation(text: str) -> None:
    try:
        check_text(text)
    except Malformed:
        return

    assert json.loads(json.dumps(text)) == text
