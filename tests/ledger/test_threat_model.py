"""The threat model of FORMAT.md: every attacker has its table, and every claim in it a test that exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.architecture import ROOT
from tests.ledger.format_examples import PAGE

TESTS = ROOT / "tests"
VERDICTS = {"can", "cannot", "remains"}
TEST = re.compile(r"`([a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`")

#: What each attacker's heading names, and words that its table must deal with.
ATTACKERS = {
    "operator": (
        "censor",
        "reorder",
        "back-date",
        "fork",
        "withhold contents",
        "withhold the newest entries",
        "false JavaScript",
        "backup",
    ),
    "member": ("speak for another firm", "deny", "erase", "both sides", "a majority"),
    "laboratory": ("verdict", "never measured"),
    "facilitator": ("a member that has keys", "rights", "log's key", "straw", "grant"),
    "firm's key": ("after the revocation", "compromised_since", "enrol keys without"),
    "log's key": ("fork", "enter anything", "sealed", "rotated"),
    "receipts key": ("acknowledgements and refusals", "checkpoint", "statement"),
    "service's key": ("jobs", "wrong figure", "enrol"),
    "witness": ("cosign", "deny", "sleep", "log's place"),
    "network": ("replay", "drop", "TLS"),
    "file": ("own key, heads", "crash", "terminal"),
}


def read_tables() -> dict[str, list[list[str]]]:
    """Read the section's tables: rows of cells by heading."""
    text = PAGE.read_text("utf-8")
    section = re.split(r"^## \d+\. ", re.split(r"^## \d+\. Threat model\n", text, flags=re.MULTILINE)[1], maxsplit=1, flags=re.MULTILINE)[0]
    parts = re.split(r"^### [\d.]+ (.+)\n", section, flags=re.MULTILINE)[1:]
    return {
        heading: [split_row(line) for line in body.split("\n") if line.startswith("| ") and not line.startswith("| |")]
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    }


def split_row(line: str) -> list[str]:
    """Split a row into its cells."""
    return [cell.strip() for cell in line.strip("|").split("|")]


@cache
def list_tests(path: Path) -> frozenset[str]:
    """List the tests of a file; it is parsed and not run."""
    if not path.is_file():
        return frozenset()
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef))


def find_faults(row: list[str]) -> list[str]:
    """Find what is wrong with a row: its form, a claim that nothing shows, a test that is not there."""
    if len(row) != 4 or row[0] not in VERDICTS or not all(row):
        return ["four cells are wanted, the first can, cannot or remains"]
    named = TEST.findall(row[3])
    left = TEST.sub("", row[3]).strip(", ")
    if not named:
        return ["no test"]
    unclear = [left] if left else []
    return unclear + [f"{path}::{name}" for path, name in named if name not in list_tests(TESTS / path)]


TABLES = read_tables()


def test_every_attacker_has_its_table() -> None:
    assert {
        one: [heading for heading in TABLES if one in heading] for one in ATTACKERS if not any(one in heading for heading in TABLES)
    } == {}
    assert len(TABLES) == len(ATTACKERS)


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_an_attackers_table_deals_with_what_it_might_do_and_says_what_remains(attacker: str) -> None:
    [rows] = [rows for heading, rows in TABLES.items() if attacker in heading]
    text = " ".join(row[1] for row in rows)

    assert [words for words in ATTACKERS[attacker] if words not in text] == []
    assert {row[0] for row in rows} >= {"cannot", "remains"}


@pytest.mark.parametrize("heading", TABLES)
def test_every_claim_names_a_test_that_exists(heading: str) -> None:
    assert {row[1]: faults for row in TABLES[heading] if (faults := find_faults(row))} == {}


def test_a_claim_without_a_test_or_with_one_that_is_gone_is_found() -> None:
    real = "`ledger/test_verify.py::test_an_untouched_log_is_intact`"
    rows = {
        "sound": ["cannot", "do this", "verdict", real],
        "not shown": ["remains", "do that", "nothing", "not shown"],
        "gone": ["cannot", "do this", "verdict", real.replace("untouched", "unheard_of")],
        "no file": ["cannot", "do this", "verdict", real.replace("test_verify", "test_nowhere")],
        "silent": ["cannot", "do this", "verdict", "surely"],
        "half": ["cannot", "do this", "verdict", f"{real}, surely"],
        "three": ["cannot", "do this", real],
    }

    assert {name for name, row in rows.items() if find_faults(row)} == {"gone", "no file", "not shown", "silent", "half", "three"}
