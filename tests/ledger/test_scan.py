"""Reading an entry in one match reads what reading it step by step reads, and refuses what that refuses."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import scan
from ledger.canonical import decode_canonical, encode_canonical
from ledger.entry import Entry, decode_entry, encode_entry
from ledger.errors import Malformed
from ledger.scan import scan_entry
from tests.ledger.small_log import FIRM, SmallLog, build_small_log, make_key

NAMES = ["quantity", "a", "}", "statement", '"', "public"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.sampled_from(["", "é", '","refs":[', '}],"seen":{', "\n", "漢", "\\"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)


def read_either(read: Any, data: bytes) -> Entry | str:
    try:
        entry: Entry = read(data)
    except Malformed as error:
        return str(error)
    return entry


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4), st.integers(1, 2**53 - 1))
def test_both_ways_read_the_same_entry(public: dict[str, Any], key_seq: int) -> None:
    log = SmallLog()
    signed, contents = log.compose("thing.said", make_key("firm"), FIRM, public, key_seq=key_seq)
    log.enter(signed, contents)

    entry = scan_entry(log.entries[0])

    assert entry == decode_entry(log.entries[0])
    assert entry.signed == signed
    assert encode_entry(entry) == log.entries[0]


@pytest.mark.parametrize("index", [0, 1, 3])
def test_both_ways_judge_every_flipped_bit_alike(index: int) -> None:
    data = bytearray(build_small_log().entries[index])

    for place in range(len(data) * 8):
        if index == 3 or place % 8 == place // 8 % 8:
            data[place >> 3] ^= 1 << (place & 7)
            assert read_either(scan_entry, bytes(data)) == read_either(decode_entry, bytes(data))
            data[place >> 3] ^= 1 << (place & 7)


NESTED: Any = [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]
CHANGES: list[tuple[str, Any]] = [
    *(("kind_version", value) for value in (0, 1000, 1001, True, -1)),
    *(("fields", value) for value in (0, 256, 257)),
    *(("key_seq", value) for value in (0, 1, 10**15, 2**53 - 1, 2**53, "1")),
    *(("issued_at", value) for value in ("2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "0000-01-01T00:00:00Z", "2026-01-01T00:00:60Z")),
    *(("expires_at", value) for value in ("2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01t00:00:00Z")),
    *(("refs", value) for value in ([], ["0" * 64], ["0" * 64] * 2, ["A" * 64])),
    *(("refs", [f"{number:064x}" for number in range(count)]) for count in (64, 65)),
    *(("key", value) for value in ("z" + "1" * 47, "z6Mk", "")),
    *(("log", value) for value in ("a", "ledger.example/main/b", "Ledger/x")),
    *(("about", value) for value in ("thing:" + "x" * 121, "thing:", "thing:a@b/c")),
    *[("public", []), ("public", None), ("public", {"x": NESTED}), ("public", {"é": 1})],
    *(("seen", value) for value in ({"size": 0}, {"size": 2**53 - 1, "root": "0" * 64}, {"size": "0", "root": "0" * 64})),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), CHANGES)
def test_both_ways_judge_the_limits_of_each_name_alike(name: str, value: Any) -> None:
    entry: Any = decode_canonical(build_small_log().entries[3])
    entry["statement"][name] = value
    try:
        data = encode_canonical(entry)
    except Malformed:
        return

    assert read_either(scan_entry, data) == read_either(decode_entry, data)


def test_plain_entries_are_read_in_one_match(monkeypatch: pytest.MonkeyPatch) -> None:
    log = build_small_log()

    def refuse(_data: bytes) -> Entry:
        raise AssertionError("read step by step")

    monkeypatch.setattr(scan, "decode_entry", refuse)

    assert [scan_entry(data).index for data in log.entries] == [0, 1, 2, 3]


def test_names_in_another_order_are_refused() -> None:
    data = build_small_log().entries[3]
    head, _, rest = data.partition(b',"previous"')

    with pytest.raises(Malformed):
        scan_entry(
            b'{"previous"' + rest[: rest.index(b',"received_at"')] + head.replace(b"{", b",") + rest[rest.index(b',"received_at"') :]
        )


def test_an_entry_with_a_large_number_is_read_step_by_step() -> None:
    log = build_small_log()
    entry = decode_entry(log.entries[3])

    assert scan_entry(encode_entry(replace(entry, index=2**53 - 1))).index == 2**53 - 1
