"""Policies: others' examples, the quorum counted by organisation, and what is refused with its line."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.checkpoint import sign_checkpoint
from ledger.cosignature import COSIGNATURE, cosign_checkpoint
from ledger.errors import BadSignature, Malformed
from ledger.keys import SigningKey
from ledger.merkle import EMPTY_ROOT
from ledger.note import ED25519, VerifierKey, parse_note
from ledger.policy import read_policy

ORIGIN = "ledger.example/main"


def make_key(name: str) -> SigningKey:
    """Make the key of a name, always the same one."""
    return SigningKey(sha256(b"policy " + name.encode()).digest())


def vkey(name: str) -> VerifierKey:
    """Give a witness's verifier key."""
    return VerifierKey(f"{name}.example", COSIGNATURE, make_key(name).public)


LOG = VerifierKey(ORIGIN, ED25519, make_key("log").public)
NOTE = sign_checkpoint(ORIGIN, 0, EMPTY_ROOT, LOG, make_key("log").sign)
TWO_FIRMS = "".join(f"witness {name} {vkey(name).to_text()}\n" for name in ("a1", "a2", "b1", "b2", "c1")) + (
    "group firm-a any a1 a2\ngroup firm-b any b1 b2\ngroup firm-c any c1\ngroup firms 2 firm-a firm-b firm-c\nquorum firms\n"
)


def cosign(*names: str, time: int = 100) -> str:
    """Give the note with the lines of some witnesses."""
    return NOTE + "".join(cosign_checkpoint(parse_note(NOTE).text, time, vkey(name), make_key(name).sign) for name in names)


def translate(text: str) -> str:
    """Write Sigsum's raw keys as verifier keys: of logs type 0x01, of witnesses type 0x04; the bytes are ours, equal where theirs are."""

    def replace(found: re.Match[str]) -> str:
        public = make_key(found[2]).public
        of_log = found[1].strip().startswith("log")
        return found[1] + VerifierKey("log.example" if of_log else "w.example", ED25519 if of_log else COSIGNATURE, public).to_text()

    return re.sub(r"((?:^|\n)[ ]*(?:log|witness \S+) )([0-9a-f]{64})", replace, text)


@pytest.mark.parametrize("number", range(12))
def test_sigsums_policies_are_judged_as_its_authors_do(shared: Path, number: int) -> None:
    policies = json.loads((shared / "vectors" / "c2sp-tlog" / "sigsum_policies.json").read_text("utf-8"))["policies"]
    assert len(policies) == 12

    # Keys stand there as raw hex, here as verifier keys; that is the one deviation. All but the first two are faulty there and here.
    if number < 2:
        policy = read_policy(translate(policies[number]))
        assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == [(3, 6, 3), (1, 6, 3)][number]
    else:
        with pytest.raises(Malformed):
            read_policy(translate(policies[number]))
    with pytest.raises(Malformed, match=r"line \d+|no quorum"):
        read_policy(policies[number])


@pytest.mark.parametrize(
    ("signed", "met"),
    [
        ((), False),
        (("a1",), False),
        (("a1", "a2"), False),
        (("a1", "b2"), True),
        (("a1", "a2", "c1"), True),
        (("b1", "b2"), False),
        (("a1", "b1", "c1"), True),
    ],
)
def test_organisations_are_counted_and_not_their_machines(signed: tuple[str, ...], met: bool) -> None:  # noqa: FBT001 - a column
    quorum = read_policy(TWO_FIRMS).judge(cosign(*signed))

    assert quorum.met is met
    assert tuple(one.name for one in quorum.witnesses) == signed
    assert (quorum.checkpoint.origin, quorum.checkpoint.size) == (ORIGIN, 0)


def test_a_witness_that_signed_twice_counts_once_with_both_times() -> None:
    quorum = read_policy(TWO_FIRMS).judge(cosign("a1", time=200) + cosign("a1", time=100)[len(NOTE) :])

    assert [(one.name, one.times, one.time) for one in quorum.witnesses] == [("a1", (100, 200), 100)]
    assert not quorum.met


def test_a_line_that_does_not_hold_counts_for_nothing() -> None:
    other = sign_checkpoint(ORIGIN, 1, bytes(32), LOG, make_key("log").sign)
    stolen = cosign("a1", "b1")[len(NOTE) :]

    with pytest.raises(BadSignature):
        read_policy(TWO_FIRMS).judge(other + stolen)


def test_the_log_is_one_of_the_policys_or_the_one_that_the_caller_knows() -> None:
    named = read_policy(f"log {LOG.to_text()}\n" + TWO_FIRMS)
    stranger = sign_checkpoint(
        "stranger.example/log", 0, EMPTY_ROOT, VerifierKey("stranger.example/log", ED25519, LOG.public), make_key("log").sign
    )

    assert named.judge(cosign("a1", "b1")).met
    assert named.judge(NOTE, LOG).checkpoint.size == 0
    with pytest.raises(BadSignature, match="does not name"):
        named.judge(stranger)
    with pytest.raises(BadSignature):
        read_policy(TWO_FIRMS).judge(stranger, LOG)
    forged = sign_checkpoint(ORIGIN, 0, EMPTY_ROOT, LOG, make_key("thief").sign)
    with pytest.raises(BadSignature):
        named.judge(forged)


def test_a_quorum_of_nobody_is_met_by_every_note_of_the_log() -> None:
    assert read_policy("quorum none\n").judge(NOTE).met


def test_thirty_two_of_each_are_read_with_comments_tabs_and_addresses() -> None:
    text = "# all\n\n" + "".join(
        f"  log {VerifierKey(f'l{n}', ED25519, make_key(f'l{n}').public).to_text()}\thttps://l{n}\n" for n in range(32)
    )
    text += "".join(f"witness ä{n} {vkey(f'w{n}').to_text()} https://w{n}/x\n" for n in range(32))
    text += "".join(f"group g{n} any ä{n}\n" for n in range(32)) + f"group all all {' '.join(f'g{n}' for n in range(32))}\n\tquorum all\n"

    policy = read_policy(text)

    assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == (32, 32, 33)
    assert (policy.witnesses[3].url, policy.logs[3].url) == ("https://w3/x", "https://l3")
    assert read_policy(text.encode()) == policy
    assert policy.is_met({f"ä{n}" for n in range(32)})
    assert not policy.is_met({f"ä{n}" for n in range(31)})


A, B = f"witness a {vkey('a').to_text()}\n", f"witness b {vkey('b').to_text()}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "last line"),
        (A + "quorum a", "last line"),
        (A, "no quorum"),
        (A + "quorum b\n", "line 2: b is no witness"),
        (A + "quorum a\nquorum a\n", "line 3: a second quorum"),
        (A + "quorum a b\n", "line 2: write quorum"),
        (A + A + "quorum a\n", "line 2: the witness a has the same key"),
        (A + A.replace("witness a ", "witness z ") + "quorum a\n", "line 2: the witness z has the same key as a"),
        (A + B.replace("witness b ", "witness a ") + "quorum a\n", "line 2: the name a is taken"),
        (A.replace("witness a ", "witness none ") + "quorum none\n", "line 1: the name none"),
        (A + "group g any a a\nquorum g\n", "line 2: a stands in a group already"),
        (A + B + "group g any a\ngroup h any b a\nquorum h\n", "line 4: a stands in a group already"),
        (A + "group g any g\nquorum g\n", "line 2: g is no witness"),
        (A + "group g any none\nquorum g\n", "line 2: none is no witness"),
        (A + "group g any\nquorum g\n", "line 2: write group"),
        (A + "group g 0 a\nquorum g\n", "line 2: '0'"),
        (A + "group g 01 a\nquorum g\n", "line 2: '01'"),
        (A + "group g 2 a\nquorum g\n", "line 2: 2 of 1"),
        (A + "group a any a\nquorum a\n", "line 2: the name a is taken"),
        (A + "quorum a\r\n", "line 2: a control"),
        (A + "witnes b x\nquorum a\n", "line 2: 'witnes'"),
        (f"witness a {LOG.to_text()}\nquorum a\n", "line 1: not a verifier key of type 0x04"),
        (f"log {vkey('a').to_text()}\nquorum none\n", "line 1: not an Ed25519"),
        (f"log {LOG.to_text()}\nlog {LOG.to_text()}\nquorum none\n", "line 2: the key of"),
    ],
)
def test_each_fault_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_policy(text)
