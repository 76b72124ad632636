"""Witnesses seen from the service: the setting, the job, and what API, pages and audit file then show."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.audit_file import export_audit_file
from ledger.note import ED25519, VerifierKey
from ledger.verify import verify_audit_file
from tests.ledger.witness_world import RunningWitness, Stranger, make_policy, make_witness_key, run_witness
from tests.network import LOG, OPERATOR, make_key
from tests.webui.website import NETWORK, Website
from webui import jobs
from webui.settings import SettingsError, read_settings

LOG_KEY = VerifierKey(LOG, ED25519, make_key("log").public)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A website with a witness that signs, and one that is away."""

    website: Website
    witness: RunningWitness
    key: VerifierKey

    def let_time_pass(self, seconds: int) -> None:
        """Let time pass for all."""
        self.website.network.clock.advance(timedelta(seconds=seconds))
        self.witness.now = int(self.website.network.clock.now().timestamp())


@pytest.fixture
def witnessed(sqlite_url: str, tmp_path: Path) -> Iterator[Witnessed]:
    """A network whose checkpoints one witness of two must cosign."""
    with run_witness(tmp_path, "north") as witness:
        witness.book.add_log(LOG, LOG_KEY)
        away = Stranger("away", "http://127.0.0.1:9", make_witness_key("away"))
        policy = make_policy([witness, away], 1)
        website = Website(sqlite_url, tmp_path / "data", policy=policy)
        world = Witnessed(website, witness, LOG_KEY)
        world.let_time_pass(2)
        yield world
        website.close()


def test_what_witnesses_have_cosigned_is_shown_and_travels(witnessed: Witnessed) -> None:
    website, policy = witnessed.website, witnessed.website.settings.policy
    assert policy is not None
    jobs.publish_checkpoints(website.runtime)
    log = website.runtime.log(NETWORK)
    reader, page = website.token(OPERATOR), website.session(OPERATOR)
    before = page.knock("GET", f"/n/{NETWORK}/entries/0").text

    came = jobs.ask_witnesses(website.runtime)

    assert came == 1
    note = reader.get(f"/networks/{NETWORK}/checkpoint").text
    assert policy.judge(note, LOG_KEY).met
    evidence = json.loads(reader.get(f"/networks/{NETWORK}/entries/0/evidence").text)
    assert evidence["checkpoint"] == note
    receipt = reader.get(f"/statements/{log.read_entries(0, 1)[0].statement_hash}").json["receipt"]
    assert receipt["state"] == "witnessed"
    after = [page.knock("GET", f"/n/{NETWORK}/{path}").text for path in ("entries/0", "ledger")]
    assert [bool(re.search(r">\s*witnessed\s*<", text)) for text in (before, *after)] == [False, True, True]
    assert jobs.ask_witnesses(website.runtime) == 0


def test_an_audit_file_is_cut_where_the_witnesses_have_been(witnessed: Witnessed) -> None:
    website, policy = witnessed.website, witnessed.website.settings.policy
    log = website.runtime.log(NETWORK)
    jobs.publish_checkpoints(website.runtime)
    jobs.ask_witnesses(website.runtime)
    size = log.read_witnessed_size()
    jobs.beat(website.runtime)
    witnessed.let_time_pass(2)
    file = io.BytesIO()

    exported = export_audit_file(log, file, now=website.runtime.now_text())

    file.seek(0)
    verdict = verify_audit_file(file, origin=LOG, log_key=LOG_KEY.to_text(), policy=policy)
    newest = log.latest_checkpoint()
    assert (exported.size, newest[0] if newest else 0) == (size, size + 1)
    assert verdict.integrity == "witnessed", verdict


def test_a_witness_remembers_what_a_restored_database_does_not(witnessed: Witnessed) -> None:
    memories = witnessed.website.runtime._make_service(witnessed.website.runtime.service(NETWORK)).memories
    jobs.publish_checkpoints(witnessed.website.runtime)
    jobs.ask_witnesses(witnessed.website.runtime)

    found = {memory.name.split()[2]: memory for memory in memories if "witness" in memory.name}

    [shown] = found["north"].read()
    assert shown.startswith(f"{LOG}\n")
    with pytest.raises(Exception, match=r"away .*no answer that can be read"):
        found["away"].read()


def test_the_setting_names_a_file_and_its_faults(tmp_path: Path) -> None:
    witness = f"witness w {make_witness_key('w').to_text()}"
    path = tmp_path / "policy"
    environ = {"SYMBIOSIS_DATA": str(tmp_path), "SYMBIOSIS_WITNESSES": str(path)}

    with pytest.raises(SettingsError, match=r"SYMBIOSIS_WITNESSES: .*cannot be read"):
        read_settings(environ)
    path.write_text(f"{witness} https://w.example\nquorum v\n", "utf-8")
    with pytest.raises(SettingsError, match="line 2: v is no witness"):
        read_settings(environ)
    path.write_text(f"{witness}\nquorum w\n", "utf-8")
    with pytest.raises(SettingsError, match="cannot be reached"):
        read_settings(environ)
    path.write_text(f"{witness} https://w.example\nquorum w\n", "utf-8")

    policy = read_settings(environ).policy

    assert policy is not None
    assert policy.witnesses[0].url == "https://w.example"
    assert read_settings({**environ, "SYMBIOSIS_WITNESSES": ""}).policy is None
