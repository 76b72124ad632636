"""A malicious or lazy witness: alone it makes nothing witnessed, its own lines convict it, and it says no word in the log's name."""

from dataclasses import replace

from ledger.cosignature import COSIGNATURE, cosign_checkpoint, find_cosignatures
from ledger.keys import SigningKey
from ledger.note import VerifierKey, parse_note
from ledger.policy import read_policy
from tests.ledger.small_log import CLAIMS, SmallLog, build_small_log, make_key
from tests.ledger.threats.retelling import judge, list_told, retell

NAMES = ("rogue", "north", "south")
WITNESSES = {name: VerifierKey(f"{name}.example/w", COSIGNATURE, make_key(name).public) for name in NAMES}
LINES = [f"witness {name} {key.to_text()}" for name, key in WITNESSES.items()]
POLICY = read_policy("\n".join([f"log {CLAIMS.log_key}", *LINES, "group firms 2 rogue north south", "quorum firms"]) + "\n")


def cosign(log: SmallLog, *names: str, key: SigningKey | None = None) -> str:
    """Put the lines of witnesses under the newest checkpoint."""
    text = log.notes[-1].partition("\n\n")[0] + "\n"
    for name in names:
        log.notes[-1] += cosign_checkpoint(text, 1_767_225_900, WITNESSES[name], (key or make_key(name)).sign)
    return log.notes[-1]


def build_fork() -> tuple[SmallLog, SmallLog]:
    """Build two histories of one size under the log's own key."""
    log = build_small_log()
    story = list_told(log)
    return log, retell([*story[:3], replace(story[3], received_at="2026-01-01T00:30:00Z")])


def test_one_witness_that_cosigns_everything_makes_no_fork_witnessed() -> None:
    log, fork = build_fork()
    cosign(log, "rogue", "north", "south")
    cosign(fork, "rogue")

    assert judge(log, policy=POLICY) == ("witnessed", set())
    assert judge(fork, policy=POLICY) == ("unwitnessed", set())


def test_a_witness_that_cosigned_two_roots_of_one_size_is_convicted_by_its_own_lines() -> None:
    shown, other = (cosign(log, "rogue") for log in build_fork())

    notes = [parse_note(note) for note in (shown, other)]
    lines = [find_cosignatures(note, [WITNESSES["rogue"]]) for note in notes]

    assert [len(found) for found in lines] == [1, 1]
    assert notes[0].text != notes[1].text
    assert notes[0].text.split("\n")[:2] == notes[1].text.split("\n")[:2], "one log, one size"


def test_as_many_witnesses_as_the_policy_asks_for_make_a_fork_pass_for_who_has_no_head() -> None:
    log, fork = build_fork()
    cosign(fork, "rogue", "north")

    assert judge(fork, policy=POLICY) == ("witnessed", set())
    assert judge(fork, policy=POLICY, known_heads=[log.notes[-1]]) == ("diverged", {"known-head"})


def test_a_witness_signs_no_checkpoint_in_the_logs_place() -> None:
    log = build_small_log()
    text = log.notes[-1].partition("\n\n")[0] + "\n"
    log.notes[-1] = text + "\n" + cosign_checkpoint(text, 1_767_225_900, WITNESSES["rogue"], make_key("rogue").sign)

    integrity, codes = judge(log, policy=POLICY)

    assert (integrity, "bad-signature" in codes) == ("invalid", True)


def test_a_line_that_another_key_made_in_a_witnesses_name_spoils_what_it_stands_under() -> None:
    log = build_small_log()
    cosign(log, "rogue")
    cosign(log, "north", key=make_key("rogue"))

    integrity, codes = judge(log, policy=POLICY)

    assert (integrity, "bad-signature" in codes) == ("invalid", True)
