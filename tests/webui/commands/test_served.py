"""Commands against a running service, on both databases: signing, importing, exporting, recomputing, replaying, and its end by a signal."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from contracts.drafts import write_draft
from contracts.facts import type_of
from tests.contracts.agreements.building import agree
from tests.contracts.certificates.building import WET
from tests.contracts.deliveries.building import a_dispatch
from tests.databases import Databases
from tests.webui.commands.running import run, run_here
from tests.webui.commands.serving import Service, serve
from tests.webui.website import Website

CSV = """ticket;dispatched_at;quantity;unit;gross;tare
T-1;2025-02-03 08:00;25,42;TNE;40,02;14,60
T-2;2025-02-03 09:00;24,10;TNE;;
T-3;2025-02-03 10:00;a lot;TNE;;
"""


@pytest.fixture(scope="module")
def service(
    databases: Databases, database_kind: str, code_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:  # fmt: skip
    """A network with a contract in force, served by real processes."""
    url, folder = databases.create(database_kind), tmp_path_factory.mktemp("service")
    website = Website(url, folder / "data", start=False)
    agree(website.network, "a-1", **WET)
    with serve(code_home, folder, url, website.network) as running:
        yield running
    website.close()
    databases.drop(url)


def write_file(service: Service, name: str, content: str) -> Path:
    """Write a file beside the service."""
    path = service.folder / name
    path.write_text(content, "utf-8")
    return path


def count_loads(service: Service) -> int:
    """Count the loads on the log; the worker's own entries come and go on beside them."""
    with service.network.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM ledger_entries WHERE kind = 'delivery.dispatched'")).scalar_one())


def test_a_signed_statement_is_entered_and_the_checkpoint_seen_is_remembered(service: Service) -> None:
    fact = a_dispatch(ticket="S-1", delivery="d-s1")
    draft = write_file(service, "draft.json", json.dumps(write_draft(fact, type_of(fact))))
    before = count_loads(service)

    done = service.run_as("powerco", "sign", draft, "--yes", "--submit", apart=True)

    assert done.returncode == 0, done.stderr
    assert re.match("entry [0-9]+ of the log, sequenced", done.stdout)
    assert count_loads(service) == before + 1
    assert "  Quantity: 25.42 t" in done.stderr
    assert json.loads((service.folder / "powerco.key.seen").read_text())["log_key"] == service.network.keys.log_verifier.to_text()


def test_a_refused_statement_ends_with_1_and_its_findings(service: Service) -> None:
    fact = a_dispatch(ticket="S-2", delivery="d-s2", agreement="a-unknown")
    draft = write_file(service, "draft.json", json.dumps(write_draft(fact, type_of(fact))))
    before = count_loads(service)

    done = service.run_as("powerco", "sign", draft, "--yes", "--submit")

    assert done.returncode == 1
    assert done.stdout.startswith("refused")
    assert "  agreement: " in done.stderr
    assert count_loads(service) == before


def test_a_stranger_to_the_network_is_told_to_bring_a_token(service: Service) -> None:
    draft = write_file(service, "draft.json", json.dumps(write_draft(a_dispatch(), type_of(a_dispatch()))))

    done = run_here("sign", draft, "--key", service.make_key_file("powerco"), "--server", service.address)

    assert done.returncode == 1
    assert "SYMBIOSIS_TOKEN" in done.stderr


def test_an_import_is_tried_signed_in_one_act_and_then_known(service: Service) -> None:
    path = write_file(service, "february.csv", CSV)
    arguments = ["import", path, "--kind", "dispatches", "--agreement", "a-1"]
    before = count_loads(service)

    tried = service.run_as("powerco", *arguments, apart=True)
    signed = service.run_as("powerco", *arguments, "--sign", "--yes")
    again = service.run_as("powerco", *arguments, "--sign", "--yes")

    assert tried.returncode == signed.returncode == again.returncode == 1  # one row is rejected each time
    assert "2 loads handed over under agreement a-1 are new" in tried.stderr
    assert "Nothing was signed" in tried.stderr
    assert "  Quantity: 24.10 t" in tried.stderr
    rejected = (service.folder / "february.rejected.csv").read_text("utf-8-sig").splitlines()
    assert len(rejected) == 2
    assert rejected[1].startswith("T-3;")
    assert "is not a decimal" in rejected[1]
    assert signed.stdout == "2 of 2 entered, 0 wait.\n"
    assert "0 loads handed over under agreement a-1 are new" in again.stderr
    assert count_loads(service) == before + 2


def test_a_clean_import_ends_with_0_and_a_changed_row_is_a_conflict(service: Service) -> None:
    clean = write_file(service, "march.csv", "ticket,dispatched_at,quantity,unit\nM-1,2025-03-03 08:00,20.5,TNE\n")
    entered = service.run_as("powerco", "import", clean, "--kind", "dispatches", "--agreement", "a-1", "--sign", "--yes")
    changed = write_file(service, "changed.csv", "ticket,dispatched_at,quantity,unit\nM-1,2025-03-03 08:00,21.5,TNE\n")

    done = service.run_as("powerco", "import", changed, "--kind", "dispatches", "--agreement", "a-1")

    assert entered.returncode == 0, entered.stderr
    assert done.returncode == 1
    assert "row 2, quantity: the log has 20.5, the file 21.5" in done.stderr


def test_an_exported_file_verifies_and_recomputes_elsewhere(service: Service, tmp_path: Path) -> None:
    out = tmp_path / "audit.zip"

    exported = run(service.code_home, "audit", "export", *service.place, "--network", "kalundborg", out)
    verified = subprocess.run(
        [sys.executable, "-m", "ledger", "verify", out, "--key-file", service.log_key],
        cwd=service.code_home,
        capture_output=True,
        check=False,
    )
    recomputed = run(service.code_home, "audit", "recompute", out, "--key-file", service.log_key, "--json")

    assert exported.returncode == 0, exported.stderr
    assert service.network.keys.log_verifier.to_text() in exported.stdout
    assert verified.returncode == 0, verified.stdout
    assert (recomputed.returncode, json.loads(recomputed.stdout)["result"]) == (0, "ok")


def test_recomputing_with_another_key_or_another_file_says_so(service: Service, tmp_path: Path) -> None:
    out = tmp_path / "audit.zip"
    run_here("audit", "export", *service.place, out)
    other = tmp_path / "other.key"
    other.write_text(service.network.keys.receipts_verifier.to_text())
    (tmp_path / "no.zip").write_text("nothing")

    strange = run_here("audit", "recompute", out, "--key-file", other)
    unread = run_here("audit", "recompute", tmp_path / "no.zip")
    trusting = run_here("audit", "recompute", out)

    assert strange.returncode == 1
    assert "INVALID" in strange.stdout
    assert unread.returncode == 2
    assert "Traceback" not in unread.stderr
    assert trusting.returncode == 0
    assert "by the file's own key" in trusting.stdout


def test_a_row_changed_by_hand_is_found_by_replay_and_mended_by_it(service: Service) -> None:
    sound = run_here("replay", *service.place, "--check")
    with service.network.writing() as connection:
        connection.execute(text("UPDATE agreements SET state = 'declined' WHERE agreement = 'a-1'"))

    found = run(service.code_home, "replay", *service.place, "--check", "--json")
    words = run_here("replay", *service.place, "--check")
    mended = run_here("replay", *service.place)
    again = run_here("replay", *service.place, "--check")

    assert sound.returncode == 0, sound.stdout
    assert found.returncode == 1
    [difference] = json.loads(found.stdout)["differences"]
    assert (difference["table"], difference["column"], difference["live"]) == ("agreements", "state", "declined")
    assert isinstance(difference["entry"], int)
    assert (
        f"agreements [agreement=a-1] state: the database says declined, the log in_force (written by entry {difference['entry']})"
        in words.stdout
    )
    assert mended.returncode == 0, mended.stderr
    assert again.returncode == 0, again.stdout


def test_a_person_is_let_in_once(service: Service) -> None:
    network = service.network
    password = write_file(service, "password", "correct horse battery\n")
    arguments = ["person", "add", *service.place, "--email", "anna@power.example", "--name", "Anna", "--password-file", password,
                 "--organisation", network.id("powerco"), "--holder", network.holder("powerco")]  # fmt: skip

    first, second = run(service.code_home, *arguments), run_here(*arguments)
    strange = run_here(*arguments[:-1], "h-nobody1")

    assert first.returncode == 0, first.stderr
    assert (second.returncode, strange.returncode) == (1, 2)
    assert "has a login already" in second.stderr
    assert "has no key of h-nobody1" in strange.stderr


def test_what_is_no_place_of_a_service_is_said_to_be_none(tmp_path: Path) -> None:
    done = run_here("replay", "--data", tmp_path / "nowhere", "--check")

    assert done.returncode == 2
    assert "is not the folder of a service" in done.stderr
    assert not (tmp_path / "nowhere").exists()
