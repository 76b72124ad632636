"""FORMAT.md cannot rot: its example, tables and limits are those of the code."""

import re

from ledger.evidence import MAX_EVIDENCE, MAX_NOTE_LINE
from ledger.own_kinds import OWN_KINDS
from ledger.statement import ABOUT, KIND, LOG_NAME, ORGANISATION
from ledger.tables import RIGHTS
from ledger.verdict import DIVERGED_CODES
from ledger.witness import MAX_REQUEST_BYTES
from tests.architecture import ROOT
from tests.ledger.format_examples import MARK, PAGE, write_example

TEXT = PAGE.read_text("utf-8")


def test_the_worked_example_is_what_the_code_makes() -> None:
    assert TEXT.partition(MARK)[1:] == (MARK, write_example().removeprefix(MARK))


def test_the_rights_are_those_that_are_granted() -> None:
    shown = dict(re.findall(r"\| `(ledger_[a-z]+)` \| ([^|]+) \|", TEXT))

    assert shown == dict(RIGHTS)


def test_every_kind_of_the_ledger_has_its_rules() -> None:
    shown = {name for line in TEXT.split("\n") if line.startswith("| `") for name in re.findall(r"`([a-z]+\.[a-z_]+)`", line.split("|")[1])}

    assert shown >= set(OWN_KINDS)


def test_the_forms_of_names_are_those_of_the_code() -> None:
    assert [pattern.pattern for pattern in (ABOUT, KIND, LOG_NAME, ORGANISATION) if f"`{pattern.pattern}`" not in TEXT] == []


def test_the_limits_are_those_of_the_code_and_of_the_browsers_verifier() -> None:
    browser = "".join((ROOT / "webui/scripts/verifier" / name).read_text("utf-8") for name in ("verify.js", "audit_file.js"))

    limits = {MAX_EVIDENCE: "without it", MAX_NOTE_LINE: "of `checkpoints.jsonl`", MAX_REQUEST_BYTES: "/add-checkpoint"}

    assert [words for limit, words in limits.items() if not any(words in line and f"{limit:,}" in line for line in TEXT.split("\n"))] == []
    assert [f"{limit:_}" in browser for limit in (MAX_EVIDENCE, MAX_NOTE_LINE)] == [True, True]


def test_every_code_of_two_histories_is_explained() -> None:
    assert [code for code in sorted(DIVERGED_CODES) if f"`{code}`" not in TEXT] == []
