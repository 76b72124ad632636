"""The audit file of a live log: it verifies with the founding's key, holds what the asker may see, and explains its contents."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts.audit_file import describe_facts, export_audit_file, list_sealed
from contracts.clock import format_instant
from contracts.facts import FACT_TYPES
from contracts.parties.facts import OrganisationAdmitted, OrganisationKind
from contracts.recompute import recompute_audit_file
from ledger.evidence import open_audit_file
from ledger.verify import verify_audit_file
from tests.contracts.settlement.closing import settle, trade
from tests.network import TestNetwork

LATECOMER = OrganisationAdmitted("o-latecomer", "Late A/S", "DK-99", "DK", OrganisationKind.PARTNER, ())


def test_an_exported_log_verifies_and_recomputes(network: TestNetwork, tmp_path: Path) -> None:
    settle(network)
    path, progress = tmp_path / "audit.zip", list[tuple[int, int]]()

    with path.open("wb") as file:
        exported = export_audit_file(
            network.log, file, now=format_instant(network.clock.now()), on_progress=lambda done, total: progress.append((done, total))
        )

    verdict = verify_audit_file(path, origin=exported.log, log_key=network.keys.log_verifier.to_text())
    assert (verdict.exit_code, verdict.size, exported.withheld) == (0, exported.size, 0)
    assert exported.log_key == network.keys.log_verifier.to_text()
    assert progress[-1] == (2 * exported.size, 2 * exported.size)
    assert recompute_audit_file(path).result == "ok"


def test_sealed_contents_stay_behind_where_they_are_not_wanted(network: TestNetwork, tmp_path: Path) -> None:
    trade(network)
    sealed = list_sealed(network.log)
    path = tmp_path / "audit.zip"

    with path.open("wb") as file:
        exported = export_audit_file(network.log, file, now=format_instant(network.clock.now()), shows=lambda index: index not in sealed)

    assert [entry.index for entry in network.log.list_entries(kinds=["costs.reported"])] == sorted(sealed)
    assert exported.withheld == len(sealed) > 0
    verdict = verify_audit_file(path, origin=exported.log, log_key=exported.log_key)
    assert verdict.exit_code == 3
    assert {one.index for one in verdict.completeness.withheld} == sealed


def test_an_export_ends_at_the_newest_checkpoint(network: TestNetwork) -> None:
    now = format_instant(network.clock.now())
    network.log.publish_checkpoint(now)
    newest = network.log.latest_checkpoint()
    network.log.submit_many([network.sign(LATECOMER, by="symbio")])

    exported = export_audit_file(network.log, io.BytesIO(), now=now)

    assert newest is not None
    assert (exported.size, exported.checkpoint) == (newest[0], newest[2])
    head = network.log.read_head()
    assert head is not None
    assert head.size == exported.size + 1


def test_every_kind_travels_with_a_schema_that_is_one(network: TestNetwork) -> None:
    file = io.BytesIO()
    export_audit_file(network.log, file, now=format_instant(network.clock.now()))

    with open_audit_file(file) as opened:
        names = {name for name in opened.names if name.startswith("schemas/")}
        assert names == {f"schemas/{kind.kind}.{kind.version}.json" for kind in FACT_TYPES.values()}
        for name in names:
            Draft202012Validator.check_schema(json.loads(opened.read_member(name)))


def test_a_fact_that_is_on_the_log_fits_its_schema(network: TestNetwork) -> None:
    schema = json.loads(describe_facts()["schemas/organisation.admitted.1.json"])
    [entry] = network.log.list_entries(kinds=["organisation.admitted"])
    contents = network.log.read_contents(entry.index)
    assert contents is not None
    values = {one["name"]: [row["value"] for row in one["rows"]] if "rows" in one else one["value"] for one in _fields(contents)}

    Draft202012Validator(schema["properties"]["contents"]).validate(values)

    with pytest.raises(Exception, match="is not of type"):
        Draft202012Validator(schema["properties"]["contents"]).validate({**values, "name": 5})


def _fields(contents: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(contents["fields"])
