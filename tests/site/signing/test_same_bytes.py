"""The same statement signed by browser and by command is the same bytes, of every kind of fact."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page

from contracts.drafts import load_facts
from contracts.facts import FACT_TYPES
from ledger.statement import read_submission
from tests.architecture import ROOT
from tests.conftest import IS_CI
from tests.site.signing.cases import PASSPHRASE, list_cases, make_key_file

HERE = ROOT / "tests" / "site" / "signing"
STATIC = ROOT / "webui" / "static"
COMPOSE = """async ({ key_file, passphrase, cases }) => {
  const { openKeyFile, signBytes } = await import("/keys.js");
  const { composeStatement } = await import("/statement.js");
  const key = await openKeyFile(new TextEncoder().encode(key_file), passphrase);
  const made = [];
  for (const { prepared, salts, ...given } of cases) {
    const one = composeStatement(prepared, key, { ...given, salt: () => salts.shift() });
    const submission = { statement: one.statement, contents: one.contents, signature: await signBytes(key, one.bytes) };
    made.push({ bytes: new TextDecoder().decode(one.bytes), hash: one.hash, submission, left: salts.length });
  }
  return made;
}"""


def test_in_node_every_kind_comes_to_the_same_bytes(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        if IS_CI:
            pytest.fail("node is missing")
        pytest.skip("node is missing: it runs the browser's modules without a browser")
    shutil.copytree(STATIC, tmp_path, dirs_exist_ok=True)
    shutil.copy(HERE / "compose.js", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    cases = list_cases()
    asked = {"key_file": make_key_file().decode(), "passphrase": PASSPHRASE, "cases": [case.given for case in cases]}

    ended = subprocess.run([node, "compose.js"], cwd=tmp_path, input=json.dumps(asked), capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    made = json.loads(ended.stdout)
    assert {case.given["prepared"]["kind"] for case in cases} == {kind for kind, _ in FACT_TYPES}
    for case, one in zip(cases, made, strict=True):
        assert one == case.wanted, case.name


def test_in_chromium_every_kind_comes_to_the_same_bytes(modules: Page) -> None:
    load_facts()
    cases = list_cases()
    asked = {"key_file": make_key_file().decode(), "passphrase": PASSPHRASE, "cases": [case.given for case in cases]}

    made = modules.evaluate(COMPOSE, asked)

    assert len(made) == len(cases) >= 2 * len(FACT_TYPES)
    for case, one in zip(cases, made, strict=True):
        assert one == case.wanted, case.name
        assert read_submission(one["submission"]).signed.holds()
