"""The stories of the ledger's own kinds, each told as an audit file: what was said, and behind it the statement that is judged."""

import io
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from ledger.checkpoint import sign_checkpoint
from ledger.entry import FIRST_PREVIOUS, Entry, encode_entry, hash_entry
from ledger.evidence import LogClaims, write_audit_file
from ledger.merkle import compute_root, hash_leaf
from ledger.note import ED25519, VerifierKey
from ledger.statement import Signed
from ledger.verify import verify_audit_file
from tests.ledger import test_key_limits, test_own_kinds
from tests.ledger.test_own_kinds import FIRM, LOG, OPERATOR, Story
from tests.site.verifier.replaying import Recorded, list_calls

Said = list[tuple[Signed, str]]


def begin_story() -> Story:
    """Found a log on which a firm has its first key, as the fixture of those tests does."""
    one = Story()
    one.say(one.found())
    one.say(one.enrol("firm", FIRM, ["signatory", "operator"], by="founder", author=OPERATOR))
    return one


def replay_stories(monkeypatch: pytest.MonkeyPatch) -> list[Recorded]:
    """Run the tests of the own kinds; every statement judged there becomes the last entry of a file."""
    said: WeakKeyDictionary[Any, Said] = WeakKeyDictionary()
    found: list[Recorded] = []
    name = ""
    judge, say = Story.judge, Story.say
    monkeypatch.setattr(Story, "__hash__", object.__hash__)

    def judge_and_record(story: Story, signed: Signed) -> Any:
        findings = judge(story, signed)
        told = [*said.get(story, []), (signed, story.now)]
        if all(one.statement.log == LOG for one, _ in told[:1]):
            found.append(_record(name, story, told))
        return findings

    def say_and_record(story: Story, signed: Signed) -> Signed:
        now, done = story.now, say(story, signed)
        said.setdefault(story, []).append((signed, now))
        return done

    monkeypatch.setattr(Story, "judge", judge_and_record)
    monkeypatch.setattr(Story, "say", say_and_record)
    for module in (test_own_kinds, test_key_limits):
        for test, arguments in list_calls(module, story=begin_story):
            name = test.__name__
            test(**arguments)
    return found


def _record(name: str, story: Story, told: Said) -> Recorded:
    verifier = VerifierKey(LOG, ED25519, story.key("log").public)
    claims = LogClaims(LOG, verifier.to_text(), VerifierKey(f"{LOG}/receipts", ED25519, story.key("receipts").public).to_text())
    previous, entries = FIRST_PREVIOUS, []
    for index, (signed, now) in enumerate(told):
        entries.append(encode_entry(Entry(index, previous, now, signed)))
        previous = hash_entry(entries[-1])
    root = compute_root(hash_leaf(data) for data in entries)
    note = sign_checkpoint(LOG, len(entries), root, verifier, story.key("log").sign)
    file = io.BytesIO()
    write_audit_file(file, log=claims, entries=entries, contents=[None] * len(entries), checkpoints=[note], checkpoint=note, extras={})
    options = {"origin": LOG, "log_key": claims.log_key}
    return Recorded(name, file.getvalue(), options, verify_audit_file(io.BytesIO(file.getvalue()), origin=LOG, log_key=claims.log_key))
