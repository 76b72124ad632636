"""The house stands as designed; and each of its rules is shown to notice when it is broken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import architecture
from tests.architecture import ROOT

Rule = Callable[[Path], list[str]]

RULES: tuple[Rule, ...] = (
    architecture.find_upward_imports,
    architecture.find_strangers_in_ledger,
    architecture.find_writers_in_verifier,
    architecture.find_web_in_contracts,
    architecture.find_tables_in_web,
    architecture.find_stages_out_of_order,
    architecture.find_impure_rules,
    architecture.find_unfinished_stages,
    architecture.find_busy_inits,
    architecture.find_empty_names,
    architecture.find_long_files,
    architecture.find_long_functions,
    architecture.find_circles,
)

#: A rule, the files of a small house that breaks it, and the one place that must be named.
FAULTS: tuple[tuple[Rule, dict[str, str], str], ...] = (
    (architecture.find_upward_imports, {"ledger/keys.py": "import contracts.money\n"}, "ledger/keys.py:1"),
    (architecture.find_upward_imports, {"contracts/money.py": "def pay():\n    from webui import app\n"}, "contracts/money.py:2"),
    (architecture.find_upward_imports, {"ledger/keys.py": "import_module('webui.app')\n"}, "ledger/keys.py:1"),
    (architecture.find_strangers_in_ledger, {"ledger/keys.py": "import flask\n"}, "ledger/keys.py:1"),
    (architecture.find_strangers_in_ledger, {"ledger/keys.py": "from marshmallow import Schema, fields\n"}, "ledger/keys.py:1"),
    (
        architecture.find_strangers_in_ledger,
        {"ledger/log.py": "import sqlalchemy.orm\n", "ledger/store.py": "import sqlalchemy\n"},
        "ledger/log.py:1",
    ),
    (
        architecture.find_writers_in_verifier,
        {"ledger/verify.py": "from ledger import evidence\n", "ledger/evidence.py": "import ledger.store\n", "ledger/store.py": ""},
        "ledger/evidence.py:1",
    ),
    (
        architecture.find_writers_in_verifier,
        {"ledger/verify.py": "def verify():\n    from ledger.sequencer import run\n"},
        "ledger/verify.py:2",
    ),
    (
        architecture.find_writers_in_verifier,
        {"ledger/verify.py": "from . import notes\n", "ledger/notes.py": "import rfc8785\n"},
        "ledger/notes.py:1",
    ),
    (architecture.find_strangers_in_ledger, {"ledger/keys.py": "def f():\n    import nacl\n"}, "ledger/keys.py:2"),
    (architecture.find_strangers_in_ledger, {"ledger/signature_backend.py": "import nacl\n"}, "ledger/signature_backend.py:1"),
    (
        architecture.find_web_in_contracts,
        {"contracts/errors.py": "import json\nfrom flask_smorest import abort\n"},
        "contracts/errors.py:2",
    ),
    (
        architecture.find_tables_in_web,
        {"webui/api.py": "from contracts.savings import tables\n", "contracts/savings/tables.py": ""},
        "webui/api.py:1",
    ),
    (
        architecture.find_writers_in_verifier,
        {"ledger/verify.py": "from ledger.timestamp import check\n", "ledger/timestamp.py": "import rfc3161_client\n"},
        "ledger/timestamp.py:1",
    ),
    (architecture.find_strangers_in_ledger, {"ledger/note.py": "import rfc3161_client\n"}, "ledger/note.py:1"),
    (architecture.find_tables_in_web, {"webui/api.py": "from contracts.savings.tables import rows\n"}, "webui/api.py:1"),
    (
        architecture.find_stages_out_of_order,
        {"contracts/parties/service.py": "from contracts.savings.facts import X\n"},
        "contracts/parties/service.py:1",
    ),
    (
        architecture.find_stages_out_of_order,
        {"contracts/savings/service.py": "from contracts.parties.service import x\n"},
        "contracts/savings/service.py:1",
    ),
    (
        architecture.find_impure_rules,
        {"contracts/savings/rules.py": "from contracts.parties.rules import x\n"},
        "contracts/savings/rules.py:1",
    ),
    (architecture.find_impure_rules, {"contracts/savings/rules.py": "def f():\n    import os.path\n"}, "contracts/savings/rules.py:2"),
    (
        architecture.find_impure_rules,
        {"contracts/savings/rules.py": "from sqlalchemy.orm import Session\n"},
        "contracts/savings/rules.py:1",
    ),
    (architecture.find_impure_rules, {"contracts/savings/rules.py": "from time import time\n"}, "contracts/savings/rules.py:1"),
    (architecture.find_impure_rules, {"contracts/savings/rules.py": "import secrets\n"}, "contracts/savings/rules.py:1"),
    (
        architecture.find_unfinished_stages,
        {f"contracts/parties/{name}.py": "" for name in ("facts", "rules", "tables")},
        "contracts/parties/service.py:1",
    ),
    (architecture.find_unfinished_stages, {"contracts/rumours/facts.py": ""}, "contracts/rumours:1"),
    (
        architecture.find_busy_inits,
        {"ledger/__init__.py": '"""The ledger."""\n\nfrom ledger.store import open_store\n'},
        "ledger/__init__.py:1",
    ),
    (architecture.find_empty_names, {"contracts/savings/utils.py": ""}, "contracts/savings/utils.py:1"),
    (architecture.find_empty_names, {"webui/helpers/forms.py": ""}, "webui/helpers/forms.py:1"),
    (architecture.find_long_files, {"ledger/tiles.py": "x = 1\n" * 401}, "ledger/tiles.py:401"),
    (
        architecture.find_long_functions,
        {"ledger/tiles.py": "class A:\n    def long(self):\n" + "        x = 1\n" * 40},
        "ledger/tiles.py:2",
    ),
    (
        architecture.find_circles,
        {"ledger/a.py": "import ledger.b\n", "ledger/b.py": "from ledger import c\n", "ledger/c.py": "from ledger.a import x\n"},
        "ledger/a.py:1",
    ),
)

#: A small house that keeps every rule, some of them just so.
SOUND_HOUSE = {
    "ledger/__init__.py": '"""The ledger."""\n',
    "ledger/store.py": "import sqlalchemy\nfrom ledger import log\n",
    "ledger/log.py": "def write():\n    from ledger.store import x\n",
    "ledger/verify.py": "import json\nfrom cryptography.hazmat import primitives\nfrom ledger.merkle import hash_leaf\n",
    "ledger/merkle.py": "x = 1\n" * 400,
    "ledger/__main__.py": "def stamp():\n    from ledger.timestamp import check\n",
    "ledger/timestamp.py": "import rfc3161_client\n",
    "ledger/signature_backend.py": "def load():\n    from nacl.bindings import crypto_sign_open\n",
    "contracts/parties/tables.py": "import sqlalchemy\n",
    "contracts/facts.py": "",
    "contracts/savings/facts.py": "",
    "contracts/savings/rules.py": "from datetime import datetime\nfrom contracts.savings.facts import X\n",
    "contracts/savings/tables.py": "from contracts.parties.tables import rows\n",
    "contracts/savings/service.py": "from contracts.savings import rules, tables\ndef f():\n" + "    x = 1\n" * 39,
    "webui/api.py": "import flask\nfrom contracts.savings.service import f\n",
}


def build_house(tree: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tree


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_house_keeps_the_rule(rule: Rule) -> None:
    findings = rule(ROOT)

    assert not findings, "\n".join(findings)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sound_house_is_left_in_peace(rule: Rule, tmp_path: Path) -> None:
    house = build_house(tmp_path, SOUND_HOUSE)

    assert rule(house) == []


@pytest.mark.parametrize(("rule", "files", "place"), FAULTS, ids=[f"{fault[0].__name__}-{fault[2]}" for fault in FAULTS])
def test_a_planted_fault_is_named_by_its_place(rule: Rule, files: dict[str, str], place: str, tmp_path: Path) -> None:
    house = build_house(tmp_path, files)

    findings = rule(house)

    assert [finding.split(": ")[0] for finding in findings] == [place]


def test_every_rule_has_a_planted_fault() -> None:
    functions = {value for name, value in vars(architecture).items() if name.startswith("find_") and name != "find_stage"}

    assert functions == set(RULES) == {fault[0] for fault in FAULTS}


def test_the_rules_look_at_our_files() -> None:
    modules = architecture.read_modules(ROOT)

    assert {"ledger.merkle", "contracts.money", "tests.conftest"} <= set(modules)
    assert any(imported.target == "ledger.errors" for imported in modules["ledger.merkle"].imports)
