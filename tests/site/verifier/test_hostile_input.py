"""Input that only means harm ends in a refusal, in bounded time and memory."""

import io
import time
import zipfile
from pathlib import Path
from typing import Any

from ledger.canonical import decode_canonical
from ledger.errors import Malformed
from tests.ledger.small_log import CLAIMS, LOG, build_small_log
from tests.site.verifier.driving import Cases, refusals

SECONDS = 20  #: for all hostile files of a test together, the start of node included

HOSTILE: tuple[bytes, ...] = (
    *(
        b"",
        b"\n",
        b"null",
        b"NaN",
        b"1e999",
        b"-0",
        b"1.0",
        b"1e2",
        b"01",
        b"+1",
        b" 1",
        b"1 ",
        b"\xef\xbb\xbf1",
        b"\xff\xfe",
        b'"\xed\xa0\x80"',
    ),
    *(b"9" * 1_000_000, b"[" * 1_000_000, b'{"a":' * 100_000, b"[" * 25 + b"]" * 25, b"9007199254740992", b"-9007199254740992"),
    *(
        b'"\\ud800"',
        b'"\\ud83d\\ude00"',
        b'"\\u0041"',
        b'"\\/"',
        b'"\x7f"',
        b'"\\u0000"',
        b'"\\b"',
        b'"a\tb"',
        b'"e\xcc\x81"',
        '"\U0001fae8"'.encode(),
        '"͸"'.encode(),
    ),
    *(
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"":1}',
        b'{"a b":1}',
        '{"ä":1}'.encode(),
        b'{"' + b"n" * 129 + b'":1}',
        b"[1,]",
        b"[1 ]",
        b"{}x",
        b"'a'",
    ),
)
GOOD: tuple[bytes, ...] = (
    *(
        b"null",
        b"true",
        b"0",
        b"-1",
        b"9007199254740991",
        b'""',
        b"[]",
        b"{}",
        b"[" * 24 + b"]" * 24,
        b'"\\t\\n\\r"',
        b'"\\"\\\\/"',
        b'{"__proto__":1}',
    ),
    *(
        '"é"'.encode(),
        '"\U0001f600"'.encode(),
        '"\x80"'.encode(),
        b'{"A":1,"a":2}',
        b'{"!":1,"~":{"constructor":[]}}',
        b'{"' + b"n" * 128 + b'":1}',
    ),
)


def is_canonical(data: bytes) -> bool:
    """Tell whether Python takes these bytes."""
    try:
        decode_canonical(data)
    except Malformed:
        return False
    return True


def test_canonical_bytes_are_taken_and_others_refused_as_python_does(tmp_path: Path) -> None:
    texts = [*HOSTILE, *GOOD, *sample_json(400)]
    cases = Cases(tmp_path)
    for data in texts:
        cases.add("decode", file=cases.put(data))

    answers = cases.run()

    wrong = [data[:60] for data, answer in zip(texts, answers, strict=True) if ("value" in answer) != is_canonical(data)]
    assert wrong == []
    assert sum("value" in answer for answer in answers) > len(GOOD)
    assert all(answer["value"] == data.hex() for data, answer in zip(texts, answers, strict=True) if "value" in answer)


def sample_json(count: int) -> list[bytes]:
    """Give JSON of many values, the same ones each time, half of it in canonical order."""
    from random import Random  # noqa: PLC0415, TID251 - seeded

    chance = Random(14)  # noqa: S311 - nothing secret

    def make(depth: int) -> Any:
        match chance.randrange(8 if depth < 4 else 5):
            case 0:
                return chance.choice((None, True, False))
            case 1:
                return chance.randrange(-(2**54), 2**54)
            case 2:
                return chance.choice((0.5, -1e300, 1e21, 0, 10**15))
            case 3 | 4:
                return "".join(
                    chr(chance.choice((chance.randrange(32, 127), chance.randrange(0, 0x3000), chance.randrange(0xE000, 0x1FFFF))))
                    for _ in range(3)
                )
            case 5 | 6:
                return {chr(chance.randrange(33, 127)) * chance.randrange(1, 3): make(depth + 1) for _ in range(chance.randrange(4))}
            case _:
                return [make(depth + 1) for _ in range(chance.randrange(4))]

    import json  # noqa: PLC0415 - one case needs it

    return [
        json.dumps(make(0), ensure_ascii=bool(number % 7 == 0), separators=(",", ":"), sort_keys=bool(number % 3)).encode()
        for number in range(count)
    ]


def test_archives_that_bomb_lie_or_stop_short_are_refused_soon(tmp_path: Path) -> None:
    data = build_small_log().write()
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("entries.jsonl", b"0" * 50_000_000)
    files = [bomb.getvalue(), b"PK\x05\x06" + bytes(18), b"PK\x05\x06" + b"\xff" * 18, b"\xff" * 1000, b"PK\x01\x02" * 10_000 + bytes(22)]
    files += [data[: len(data) * cut // 40] for cut in range(40)] + [data + b"x", b"x" + data, data * 2]
    cases = Cases(tmp_path)
    for one in files:
        cases.add("verify", file=cases.put(one), options={"logKey": CLAIMS.log_key})

    begun = time.monotonic()
    answers = cases.run()

    assert [answer["value"]["integrity"] for answer in answers] == ["invalid"] * len(files)
    assert [answer["value"]["exit_code"] for answer in answers] == [1] * len(files)
    assert time.monotonic() - begun < SECONDS


def test_evidence_that_means_harm_is_refused(tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    for data in (*HOSTILE, *GOOD, *(text + b"\n" for text in (*HOSTILE, *GOOD))):
        cases.add("evidence", file=cases.put(data), options={"logKey": CLAIMS.log_key, "origin": LOG})

    assert set(refusals(cases.run())) == {"malformed"}


def test_instants_are_those_of_the_calendar(tmp_path: Path) -> None:
    good = ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-29T12:00:00Z", "2000-02-29T00:00:00Z"]
    bad = [
        *("", "0000-01-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z"),
        *("2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00+00:00"),
        *("+002026-01-01T00:00:00Z", "1900-02-29T00:00:00Z", "2026-1-1T00:00:00Z", "\uff12026-01-01T00:00:00Z", "2026-01-01T00:00:00Z\n"),
    ]
    cases = Cases(tmp_path)
    for text in (*good, *bad):
        cases.add("instant", text=text)

    assert [answer["value"] for answer in cases.run()] == [True] * len(good) + [False] * len(bad)
