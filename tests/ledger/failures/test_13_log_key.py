"""The log's key: it hands over by a note of both keys, with an overlap; stolen, it ends its log, and a successor pins where that ended."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.audit_file import export_audit_file
from contracts.database import make_engine
from contracts.errors import Conflict
from contracts.projections import Projections
from ledger.checkpoint import sign_checkpoint
from ledger.errors import BadSignature
from ledger.evidence import LogClaims, write_audit_file
from ledger.keyfile import KeyFile
from ledger.log_kinds import follow_rotations, sign_rotation
from ledger.note import read_verifier_key, verify_note
from ledger.outcome import LogLatched, LogUnavailable, Refused
from ledger.verify import verify_audit_file
from tests.ledger.live_log import KEYS, LOG, LiveLog, make_operator, say_founding
from tests.ledger.small_log import LOG_VERIFIER, SmallLog, build_small_log, make_key, make_verifier_key
from tests.ledger.whole_log import verify_log
from tests.network import OPERATOR
from tests.webui.website import NETWORK, Website
from webui.commands.faults import Complaint
from webui.commands.heads import check_head, read_memory
from webui.key_rotation import retire_log_keys, rotate_log_key
from webui.runtime import Runtime


@pytest.fixture
def rotated(database_url: str, tmp_path: Path) -> Iterator[tuple[Website, int, str]]:
    """A network whose log changed its key: with the index of the entry that says so, and the new key."""
    website = Website(database_url, tmp_path / "data", start=False)
    publish(website)
    index, new = rotate(website)
    yield website, index, new
    website.close()


def publish(website: Website) -> str:
    """Sign a checkpoint; gives the note."""
    website.network.clock.advance(timedelta(seconds=2))
    note = website.runtime.log(NETWORK).publish_checkpoint(website.runtime.now_text())
    assert note is not None
    return note


def rotate(website: Website) -> tuple[int, str]:
    """Change the log's key by the operator's key."""
    network = website.network
    held = KeyFile(network.key(OPERATOR), network.log.name, network.operator, network.holder(OPERATOR))
    network.clock.advance(timedelta(seconds=1))
    network.members[OPERATOR].people["main"].signed += 1
    return rotate_log_key(website.runtime, NETWORK, held)


def list_signers(note: str, *keys: str) -> list[str]:
    return [key.to_text() for key in verify_note(note, [read_verifier_key(key) for key in keys])[1]]


def test_checkpoints_carry_both_lines_until_the_old_key_is_retired(rotated: tuple[Website, int, str]) -> None:
    website, index, new = rotated
    old = website.network.keys.log_verifier.to_text()
    log = website.runtime.log(NETWORK)

    before, overlap = log.list_checkpoints()[0][2], publish(website)
    retire_log_keys(website.runtime, NETWORK)
    website.network.admit("latecomer")
    after = publish(website)

    assert [list_signers(note, new, old) for note in (before, overlap, after)] == [[old], [new, old], [new]]
    assert log.read_authority().log_key_at(index + 1) == new
    with pytest.raises(BadSignature):
        verify_note(after, [read_verifier_key(old)])


def test_an_auditor_with_the_founding_key_alone_verifies_what_came_after(rotated: tuple[Website, int, str]) -> None:
    website, index, _ = rotated
    publish(website)
    retire_log_keys(website.runtime, NETWORK)
    website.network.admit("latecomer")
    file = io.BytesIO()

    exported = export_audit_file(website.runtime.log(NETWORK), file, now="2030-01-01T00:00:00Z")

    verdict = verify_audit_file(
        io.BytesIO(file.getvalue()), origin=website.network.log.name, log_key=website.network.keys.log_verifier.to_text()
    )
    assert (verdict.integrity, verdict.faults) == ("unwitnessed", ())
    assert exported.size > index + 1


def test_a_service_without_the_old_key_goes_on_after_a_restart(rotated: tuple[Website, int, str]) -> None:
    website, _, new = rotated
    publish(website)
    retire_log_keys(website.runtime, NETWORK)
    again = Runtime(website.settings, website.network.clock, make_engine(website.settings.database_url), Projections)

    log = again.log(NETWORK)
    website.network.admit("latecomer")
    website.network.clock.advance(timedelta(seconds=2))
    note = log.publish_checkpoint(again.now_text())
    again.close()

    assert note is not None
    assert again.service(NETWORK).keys.log_verifier.to_text() == new
    assert list_signers(note, new) == [new]


def test_a_key_is_not_retired_before_its_successor_has_signed(rotated: tuple[Website, int, str]) -> None:
    website, _, _ = rotated

    with pytest.raises(Conflict, match="no checkpoint is signed by the new key"):
        retire_log_keys(website.runtime, NETWORK)


def test_a_log_whose_key_is_not_at_hand_takes_statements_and_says_what_it_wants(rotated: tuple[Website, int, str]) -> None:
    website, _, new = rotated
    path = website.settings.data / "service" / NETWORK / "log.2.key"
    kept = path.read_bytes()
    path.unlink()

    website.network.admit("latecomer")
    website.network.clock.advance(timedelta(seconds=2))
    with pytest.raises(LogUnavailable, match="not at hand"):
        website.runtime.log(NETWORK).publish_checkpoint(website.runtime.now_text())
    path.write_bytes(kept)
    path.chmod(0o600)

    assert new in list_signers(publish(website), new)


def test_a_former_key_shuts_the_log_at_sizes_of_its_own_time_alone(rotated: tuple[Website, int, str]) -> None:
    website, index, _ = rotated
    log, old = website.runtime.log(NETWORK), website.network.keys
    late, early = (sign_checkpoint(log.name, size, b"\x11" * 32, old.log_verifier, old.log_key.sign) for size in (10**12, index - 1))

    log._writer.check_shown(late, "a witness")

    assert log.read_latch() is None
    with pytest.raises(LogLatched, match="two histories"):
        log._writer.check_shown(early, "a witness")


def test_a_firm_follows_the_keys_and_trusts_no_stranger(rotated: tuple[Website, int, str], tmp_path: Path) -> None:
    website, _, new = rotated
    log, old = website.runtime.log(NETWORK), website.network.keys.log_verifier.to_text()
    memory = tmp_path / "me.key.seen"
    check_head(memory, log.list_checkpoints()[0][2], log.name, old, log.prove_consistency)
    publish(website)
    retire_log_keys(website.runtime, NETWORK)
    website.network.admit("latecomer")
    note, rotations = publish(website), log.list_rotations()

    with pytest.raises(Complaint, match="none of the keys"):
        check_head(memory, note, log.name, old, log.prove_consistency)
    check_head(memory, note, log.name, old, log.prove_consistency, rotations)

    known = read_memory(memory)
    assert known is not None
    assert known.log_key == new
    stranger = make_verifier_key(log.name, make_key("stranger"))
    assert follow_rotations(log.name, stranger, rotations) == [stranger]


def test_the_browser_s_answer_carries_the_notes(rotated: tuple[Website, int, str]) -> None:
    website, _, new = rotated

    shown = website.token(OPERATOR).get(f"/networks/{NETWORK}").json

    keys = follow_rotations(website.network.log.name, read_verifier_key(shown["log_key"]), shown["rotations"])
    assert [key.to_text() for key in keys][-1] == new


def test_a_checkpoint_by_the_old_key_alone_is_refused_where_the_new_one_is_in_force() -> None:
    """A thief of the old key signs on after the rotation: no verifier that has the log takes it."""
    log = build_small_log()
    rotate_small(log)
    log.publish()  # by the old key

    verdict = verify_audit_file(io.BytesIO(log.write()), origin=LOG_VERIFIER.name, log_key=LOG_VERIFIER.to_text())

    assert verdict.integrity == "invalid"
    assert {fault.code for fault in verdict.faults} == {"bad-signature"}


def rotate_small(log: SmallLog) -> None:
    fresh = make_key("next log")
    note = sign_rotation(LOG_VERIFIER, make_verifier_key(LOG_VERIFIER.name, fresh), make_key("log").sign, fresh.sign)
    log.say("log.key_rotated", make_key("operator"), "o-operator", {"note": note}, about=f"log:{LOG_VERIFIER.name}")


def test_a_stolen_key_ends_its_log_and_a_successor_pins_where(live: LiveLog) -> None:
    live.accept(live.firm.deliver())
    live.accept(live.operator.say("log.sealed", {"reason": "stolen key", "successor": "ledger.example/next"}, about=f"log:{LOG}"))
    live.clock.advance(1)
    live.log.publish_checkpoint(live.clock.now)
    ended = live.log.read_head()
    assert ended is not None

    [late] = live.log.submit_many([live.firm.deliver()])
    pinned: dict[str, Any] = {"log": LOG, "size": ended.size, "root": ended.root.hex()}
    founding = say_founding(make_operator(), settings={"predecessor": pinned})

    assert isinstance(late, Refused)
    assert [finding.code for finding in late.findings] == ["log-sealed"]
    assert founding.signed.statement.public["settings"]["predecessor"] == pinned  # type: ignore[index,call-overload]  # an object


def test_what_a_thief_signs_after_the_seal_differs_from_what_the_successor_pins(live: LiveLog) -> None:
    live.accept(live.operator.say("log.sealed", {"reason": "stolen key", "successor": None}, about=f"log:{LOG}"))
    live.clock.advance(1)
    live.log.publish_checkpoint(live.clock.now)
    head = live.log.read_head()
    assert head is not None
    size, _, note = live.log.list_checkpoints()[-1]
    entries = [entry.body for entry in live.log.read_entries(0, size - 1)]  # the thief leaves the seal out

    forged = SmallLog(entries=entries)
    claims = LogClaims(LOG, KEYS.log_verifier.to_text(), KEYS.receipts_verifier.to_text())
    shown = sign_checkpoint(LOG, len(entries), forged.compute_root(), KEYS.log_verifier, KEYS.log_key.sign)
    contents = [live.log.read_contents(index) for index in range(len(entries))]
    verify_log(log=claims, entries=entries, contents=contents, checkpoints=[shown])  # sound in itself
    file = io.BytesIO()
    write_audit_file(file, log=claims, entries=entries, contents=contents, checkpoints=[shown], checkpoint=shown, extras={})
    verdict = verify_audit_file(file, origin=LOG, log_key=claims.log_key, known_heads=[f"{head.size}:{head.root.hex()}"])
    assert verdict.integrity == "diverged"
    assert note.startswith(f"{LOG}\n{size}\n")
