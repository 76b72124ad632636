"""A whole year's kind of log, from trade to statements of account, tampered with in each way of the journeys: both say the same."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.canonical import JSON
from ledger.contents import withhold_fields
from ledger.statement import sign_statement
from tests.contracts.forging import Copied, copy_log
from tests.contracts.settlement.closing import move_a_cent
from tests.databases import Databases
from tests.journey.tampered import play, verify_file
from tests.journey.test_tampering import choose, find_neighbours, list_lines, list_members
from tests.network import LOG, TestNetwork
from tests.site.verifier.replaying import Recorded
from tests.site.verifier.test_audit_files import judge_all

STEP = 211  #: bytes between two flipped bits of what stands between the members


@pytest.fixture(scope="module")
def copied(databases: Databases) -> Iterator[Copied]:
    """A log from trade to statements of account."""
    url = databases.create("sqlite")
    network = TestNetwork(url)
    play(network)
    yield copy_log(network)
    network.close()
    databases.drop(url)


def judge(copied: Copied, *files: tuple[str, bytes], folder: Path, heads: tuple[str, ...] = ()) -> list[str]:
    """Have both judge files; returns the differences."""
    options = {"origin": LOG, "log_key": copied.claims.log_key, "known_heads": list(heads)}
    return judge_all([Recorded(name, data, options, verify_file(data, copied, *heads)) for name, data in files], folder)


def flip(data: bytes, place: int, bit: int = 1) -> bytes:
    """Flip a bit."""
    changed = bytearray(data)
    changed[place] ^= bit
    return bytes(changed)


@pytest.fixture(scope="module")
def intact(copied: Copied, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The audit file as an honest operator writes it."""
    return copied.write(tmp_path_factory.mktemp("file") / "audit.zip").read_bytes()


def test_flipped_bits_of_all_members_and_between_them_are_judged_alike(copied: Copied, intact: bytes, tmp_path: Path) -> None:
    members = list_members(intact)
    files = [("intact", intact)]
    files += [(name, flip(intact, begin + choose(name, 0, size), 1 << choose(name, 1, 8))) for name, begin, size in members]
    inside = [range(begin, begin + size) for _, begin, size in members]
    between = [place for place in range(len(intact)) if not any(place in one for one in inside)]
    files += [(f"byte {place}", flip(intact, place)) for place in between[::STEP]]

    assert judge(copied, *files, folder=tmp_path) == []


@pytest.mark.parametrize("member", ["entries.jsonl", "contents.jsonl"])
def test_a_flipped_bit_in_each_entry_and_its_contents_is_judged_alike(copied: Copied, intact: bytes, tmp_path: Path, member: str) -> None:
    lines = list_lines(intact, member)

    files = [
        (f"{member} {index}", flip(intact, begin + choose(member, index, end - begin - 1), 2)) for index, (begin, end) in enumerate(lines)
    ]

    assert judge(copied, *files, folder=tmp_path) == []
    assert len(files) == len(copied.entries)


def test_what_an_operator_with_all_keys_does_is_judged_alike(copied: Copied, intact: bytes, tmp_path: Path) -> None:
    head = verify_file(intact, copied)
    place, index = find_neighbours(copied), copied.find("delivery.received")
    entries, contents = list(copied.entries), list(copied.contents)
    first, second = entries[place], entries[place + 1]
    swapped = [*entries[:place], replace(first, signed=second.signed), replace(second, signed=first.signed), *entries[place + 2 :]]
    moved = [*contents[:place], contents[place + 1], contents[place], *contents[place + 2 :]]
    old = copied.entries[index].signed
    text, other = next((text, key) for text, key in copied.keys.items() if text != old.statement.key)
    borrowed = replace(old, signature=sign_statement(old.statement, other.sign).signature)
    renamed = sign_statement(replace(old.statement, key=text, key_seq=9_999), other.sign)
    ways = {
        "short": replace(copied, entries=copied.entries[:-3], contents=copied.contents[:-3]),
        "swapped": replace(copied, entries=tuple(swapped), contents=tuple(moved)),
        "index": put_entry(copied, 20, replace(copied.entries[20], index=21)),
        "borrowed": put_entry(copied, index, replace(copied.entries[index], signed=borrowed)),
        "renamed": put_entry(copied, index, replace(copied.entries[index], signed=renamed)),
        "forged": copied.forge(copied.find("account.stated"), move_a_cent),
        "withheld": copied.withhold(index, index + 1),
        "partly": replace(copied, contents=tuple(withhold_first(copied, number) for number in range(len(copied.entries)))),
    }
    files = [(name, way.write(tmp_path / f"{name}.zip").read_bytes()) for name, way in ways.items()]
    (tmp_path / "alone").mkdir()
    (tmp_path / "known").mkdir()

    alone = judge(copied, *files, folder=tmp_path / "alone")
    known = judge(copied, *files, folder=tmp_path / "known", heads=(f"{head.size}:{head.root}",))

    assert (alone, known) == ([], [])


def put_entry(copied: Copied, index: int, entry: object) -> Copied:
    """Put one entry in place of another."""
    entries = list(copied.entries)
    entries[index] = entry  # type: ignore[call-overload]  # an entry
    return replace(copied, entries=tuple(entries))


def withhold_first(copied: Copied, index: int) -> Mapping[str, JSON] | None:
    """Withhold the first field of an entry's contents."""
    shown = copied.contents[index]
    return shown if shown is None or not shown["fields"] else withhold_fields(copied.entries[index].signed.statement, shown, [0])
