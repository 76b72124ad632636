"""Tampering with files: whose bits, entries or signatures were changed, or in which an operator with all keys cheats; each is named.

`verify` finds what was not signed, whoever keeps an older head finds another history, `audit recompute` finds figures that do not follow.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from contracts.certificates.facts import Verdict
from ledger.statement import sign_statement
from tests.contracts.forging import Copied, copy_log
from tests.contracts.settlement.closing import move_a_cent
from tests.databases import Databases
from tests.journey.deployment import run_apart
from tests.journey.tampered import INTACT, find_index, play, verify_file
from tests.network import TestNetwork

BITS = 4  #: flipped in each member, at places that a hash of its name chooses
STEP = 33  #: bytes between two flipped bits of what stands between the members


@pytest.fixture(scope="module")
def copied(databases: Databases) -> Iterator[Copied]:
    """A log from trade to statements of account; read from SQLite, because a file knows no database."""
    url = databases.create("sqlite")
    network = TestNetwork(url)
    play(network)
    yield copy_log(network)
    network.close()
    databases.drop(url)


@pytest.fixture(scope="module")
def intact(copied: Copied, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The audit file as an honest operator writes it."""
    return copied.write(tmp_path_factory.mktemp("file") / "audit.zip").read_bytes()


def list_members(data: bytes) -> list[tuple[str, int, int]]:
    """List name, place and size of each member's bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(one.filename, one.header_offset + 30 + len(one.filename), one.file_size) for one in archive.infolist()]


def list_lines(data: bytes, member: str) -> list[tuple[int, int]]:
    """List begin and end of each line of a member."""
    begin, size = next((place, size) for name, place, size in list_members(data) if name == member)
    lines = []
    for line in data[begin : begin + size].splitlines(keepends=True):
        lines.append((begin, begin + len(line)))
        begin += len(line)
    return lines


def choose(name: str, number: int, size: int) -> int:
    """Choose a place below `size`: scattered, and the same in each run."""
    return int.from_bytes(sha256(f"{name} {number}".encode()).digest()[:8]) % size


def test_the_file_is_intact_before_anybody_touches_it(copied: Copied, intact: bytes) -> None:
    assert verify_file(intact, copied).integrity == "unwitnessed"
    assert len(list_members(intact)) > 40


def test_a_flipped_bit_in_any_member_is_found(copied: Copied, intact: bytes) -> None:
    missed = []
    for name, begin, size in list_members(intact):
        for number in range(BITS):
            place, bit = begin + choose(name, number, size), choose(name, number + 100, 8)
            data = bytearray(intact)
            data[place] ^= 1 << bit
            verdict = verify_file(bytes(data), copied)
            if verdict.integrity in INTACT or verdict.exit_code != 1 or not verdict.faults:
                missed.append((name, place - begin, bit))

    assert missed == []


def test_a_flipped_bit_between_the_members_is_found(copied: Copied, intact: bytes) -> None:
    inside = [range(begin, begin + size) for _, begin, size in list_members(intact)]
    places = [place for place in range(len(intact)) if not any(place in one for one in inside)]

    missed = [place for place in places[::STEP] if verify_file(_flip_at(intact, place), copied).integrity in INTACT]

    assert len(places) > 3000
    assert missed == []


@pytest.mark.parametrize("member", ["entries.jsonl", "contents.jsonl"])
def test_a_flipped_bit_in_an_entry_or_its_contents_is_named_with_its_index(copied: Copied, intact: bytes, member: str) -> None:
    found = {}
    for index, (begin, end) in enumerate(list_lines(intact, member)):
        place = begin + choose(member, index, end - begin - 1)
        verdict = verify_file(_flip_at(intact, place, 2), copied)
        found[index] = {fault.index for fault in verdict.faults} if verdict.exit_code == 1 else set()

    assert len(found) == len(copied.entries)
    assert {index: named for index, named in found.items() if index not in named} == {}


def _flip_at(data: bytes, place: int, bit: int = 1) -> bytes:
    changed = bytearray(data)
    changed[place] ^= bit
    return bytes(changed)


def test_dropped_newest_rows_are_missed_by_whoever_knows_the_head(copied: Copied, intact: bytes, tmp_path: Path) -> None:
    head = verify_file(intact, copied)
    short = replace(copied, entries=copied.entries[:-3], contents=copied.contents[:-3]).write(tmp_path / "short.zip").read_bytes()
    (tmp_path / "log.key").write_text(copied.claims.log_key + "\n", "ascii")

    alone = verify_file(short, copied)
    done = run_apart(
        tmp_path, "ledger", "verify", "short.zip", "--key-file", "log.key", "--known-head", f"{head.size}:{head.root}", "--json"
    )

    verdict = json.loads(done.stdout)
    assert alone.integrity == "unwitnessed"  # the operator signed it: only somebody's memory tells
    assert (done.returncode, verdict["integrity"]) == (1, "diverged")
    assert f"covers {head.size} entries, {head.size - 3} are here" in done.stdout


def test_two_swapped_lines_are_named(copied: Copied, intact: bytes) -> None:
    lines = list_lines(intact, "entries.jsonl")
    (first, second), (begin, end) = lines[20], lines[21]
    swapped = intact[:first] + intact[begin:end] + intact[first:second] + intact[end:]

    verdict = verify_file(swapped, copied)

    assert verdict.exit_code == 1
    assert {20, 21} <= {fault.index for fault in verdict.faults}


def test_an_entry_that_calls_itself_by_another_index_is_named(copied: Copied, tmp_path: Path) -> None:
    forged = replace(copied.entries[20], index=21)

    verdict = verify_file(_replace_entry(copied, 20, forged, tmp_path), copied)

    assert [(fault.index, fault.code) for fault in verdict.faults] == [(20, "wrong-index")]


def test_two_entries_swapped_by_the_operator_diverge_from_a_known_head(copied: Copied, intact: bytes, tmp_path: Path) -> None:
    head = verify_file(intact, copied)
    entries, contents = list(copied.entries), list(copied.contents)
    place = find_neighbours(copied)
    first, second = entries[place], entries[place + 1]
    entries[place : place + 2] = replace(first, signed=second.signed), replace(second, signed=first.signed)
    contents[place], contents[place + 1] = contents[place + 1], contents[place]
    swapped = replace(copied, entries=tuple(entries), contents=tuple(contents)).write(tmp_path / "swapped.zip").read_bytes()

    verdict = verify_file(swapped, copied, f"{head.size}:{head.root}")

    assert (verdict.integrity, verdict.exit_code) == ("diverged", 1)


def find_neighbours(copied: Copied) -> int:
    """Find two entries in a row that different firms said of different things."""
    pairs = zip(copied.entries, copied.entries[1:], strict=False)
    return next(
        one.index
        for one, two in pairs
        if one.index > 30
        and one.signed.statement.author != two.signed.statement.author
        and one.signed.hash not in two.signed.statement.refs
        and one.signed.statement.about != two.signed.statement.about
    )


def test_a_statement_signed_by_another_key_than_it_names_is_named(copied: Copied, tmp_path: Path) -> None:
    index = copied.find("delivery.received")
    old = copied.entries[index].signed
    other = next(key for text, key in copied.keys.items() if text != old.statement.key)
    forged = replace(copied.entries[index], signed=replace(old, signature=sign_statement(old.statement, other.sign).signature))

    verdict = verify_file(_replace_entry(copied, index, forged, tmp_path), copied)

    assert [(fault.index, fault.code) for fault in verdict.faults] == [(index, "bad-signature")]


def test_a_statement_re_signed_in_the_name_of_another_key_is_named(copied: Copied, tmp_path: Path) -> None:
    index = copied.find("delivery.received")
    statement = copied.entries[index].signed.statement
    text, other = next((text, key) for text, key in copied.keys.items() if text != statement.key)
    forged = replace(copied.entries[index], signed=sign_statement(replace(statement, key=text, key_seq=9_999), other.sign))

    verdict = verify_file(_replace_entry(copied, index, forged, tmp_path), copied)

    assert verdict.exit_code == 1
    assert find_index(verdict) == index


def _replace_entry(copied: Copied, index: int, forged: Any, tmp_path: Path) -> bytes:
    entries = list(copied.entries)
    entries[index] = forged
    return replace(copied, entries=tuple(entries)).write(tmp_path / "forged.zip").read_bytes()


# In the figures


def cheat_quantity(fact: Any) -> Any:
    """Say a hundredth of a tonne more in the close of a period."""
    first = fact.lines[0]
    return replace(fact, lines=(replace(first, quantity=first.quantity + Decimal("0.01")), *fact.lines[1:]))


@pytest.mark.parametrize(
    ("kind", "change", "field"),
    [
        ("account.stated", move_a_cent, "lines.0"),
        ("certificate.issued", lambda fact: replace(fact, verdict=Verdict.NONCONFORM), "verdict"),
        ("period.closed", cheat_quantity, "lines.0.quantity"),
    ],
)
def test_an_operator_with_all_keys_who_signs_everything_anew_is_found_by_the_figures(
    copied: Copied, tmp_path: Path, kind: str, change: Callable[[Any], Any], field: str
) -> None:
    index = copied.find(kind)
    copied.forge(index, change).write(tmp_path / "audit.zip")
    (tmp_path / "log.key").write_text(copied.claims.log_key + "\n", "ascii")

    verified = run_apart(tmp_path, "ledger", "verify", "audit.zip", "--key-file", "log.key", "--json")
    done = run_apart(tmp_path, "webui.commands.main", "audit", "recompute", "audit.zip", "--key-file", "log.key", "--json")

    found = json.loads(done.stdout)
    assert (verified.returncode, json.loads(verified.stdout)["integrity"]) == (0, "unwitnessed")
    assert (done.returncode, found["result"]) == (1, "differs")
    assert (found["differences"][0]["index"], found["differences"][0]["kind"]) == (index, kind)
    assert field in {one["field"] for one in found["differences"] if one["index"] == index}
