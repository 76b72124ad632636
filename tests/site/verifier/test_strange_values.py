"""Strange values under good signatures: each name of an entry, a header and the ledger's own kinds with each value, judged by both."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ledger.authority import prove_possession
from ledger.canonical import JSON, encode_canonical
from ledger.checkpoint import sign_checkpoint
from ledger.entry import FIRST_PREVIOUS, Entry, decode_entry, encode_entry, hash_entry
from ledger.evidence import LogClaims, write_audit_file
from ledger.instant import add_seconds
from ledger.log_kinds import hash_rules
from ledger.merkle import compute_root, hash_leaf
from ledger.note import ED25519, VerifierKey
from ledger.statement import STATEMENT_PREFIX, Signed
from ledger.verify import verify_audit_file
from tests.ledger.test_own_kinds import FIRM, LOG, NOW, OPERATOR, OTHER, RIGHTS, Story
from tests.site.verifier.replaying import Recorded
from tests.site.verifier.test_audit_files import judge_all

STRANGE: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 2**53 - 1, "", "x", "lost", "0" * 64, "z6Mk", "__proto__", "constructor"),
    *(
        ["0" * 64, "0" * 64],
        [],
        [0],
        ["x"],
        ["board", "board"],
        ["board"],
        {},
        {"a": 1},
        {"facilitator": "key.*"},
        {"constructor": ["key.*"]},
        {"board": ["*"]},
    ),
    *("2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "2026-01-01T24:00:00Z", "2027-01-01T00:00:00Z"),
)
Header = dict[str, Any]


class CountingStory(Story):
    """A story in which each statement has a number of its own."""

    def sign(self, *arguments: Any, **changes: Any) -> Signed:
        """Sign with the next number, unless one is given."""
        return super().sign(*arguments, **({"key_seq": self.index + 1} | changes))


class Forger:
    """Writes files of a log on which everything once happened, and behind it one statement of any form."""

    def __init__(self) -> None:
        self.story = CountingStory()
        self.previous, self.entries = FIRST_PREVIOUS, list[bytes]()
        self.refs: list[str] = []
        self._tell()

    def _tell(self) -> None:
        story = self.story
        # rights wide enough that the rules behind them decide, not the role alone
        self._say(story.found(rights=RIGHTS | {"operator": ["delivery.*", "key.*"], "board": ["resolution.*", "key.*", "contents.*"]}))
        self._say(story.enrol("firm", FIRM, ["signatory", "operator"], by="founder", author=OPERATOR))
        self._say(story.sign("role.granted", "founder", OPERATOR, f"organisation:{OTHER}", {"organisation": OTHER, "role": "board"}))
        self._say(story.enrol("chair", OTHER, ["board"], by="founder", author=OPERATOR))
        self._say(story.enrol("spare", FIRM, ["operator"], by="firm", author=FIRM))
        delivery = self._say(story.sign("delivery.dispatched", "firm", FIRM, "delivery:1", {}))
        for about in (f"recovery:{FIRM}", f"rules:{hash_rules('2', RIGHTS)}", f"statement:{delivery.hash}"):
            self.refs.append(self._say(story.sign("resolution.recorded", "chair", OTHER, about, {"outcome": "adopted"})).hash)
        story.now = add_seconds(NOW, 90_000)
        self.delivery = delivery.hash

    def _say(self, signed: Signed) -> Signed:
        self.entries.append(encode_entry(Entry(len(self.entries), self.previous, self.story.now, signed)))
        self.previous = hash_entry(self.entries[-1])
        return self.story.say(signed)

    def list_candidates(self) -> Iterator[tuple[str, str, str, Header]]:
        """List a good statement of each own kind: kind, who signs, about, public."""
        story = self.story
        key = {name: story.key(name).multikey for name in ("firm", "spare", "fresh", "lab", "again")}

        def enrolment(name: str, organisation: str, roles: list[str]) -> Header:
            proof = prove_possession(LOG, organisation, key[name], "h-holder0", roles, story.key(name).sign)
            return {"organisation": organisation, "key": key[name], "holder": "h-holder0", "roles": roles, "limits": {}, "not_after": None,
                    "possession": proof}  # fmt: skip

        proof = prove_possession(LOG, FIRM, key["again"], "h-holder0", ["operator"], story.key("again").sign)
        yield "key.enrolled", "firm", f"key:{key['fresh']}", enrolment("fresh", FIRM, ["operator"])
        yield "key.enrolled", "founder", f"key:{key['fresh']}", enrolment("fresh", FIRM, ["signatory"])
        yield "key.enrolled", "founder", f"key:{key['lab']}", enrolment("lab", "o-laboratory", ["operator"])
        yield "key.rotated", "spare", f"key:{key['spare']}", {"old": key["spare"], "new": key["again"], "possession": proof}
        yield "key.revoked", "firm", f"key:{key['spare']}", {"key": key["spare"], "reason": "lost", "compromised_since": 4}
        yield "role.granted", "founder", f"organisation:{FIRM}", {"organisation": FIRM, "role": "board"}
        yield "role.withdrawn", "founder", f"organisation:{OTHER}", {"organisation": OTHER, "role": "board"}
        yield "rules.adopted", "founder", f"log:{LOG}", {"version": "2", "hash": hash_rules("2", RIGHTS), "rights": RIGHTS}
        yield "rules.adopted", "founder", f"log:{LOG}", {"version": "2", "hash": hash_rules("2", None), "rights": None}
        yield "contents.erased", "firm", f"statement:{self.delivery}", {"statement": self.delivery, "fields": [0], "reason": "asked"}
        yield "contents.erased", "founder", f"statement:{self.delivery}", {"statement": self.delivery, "fields": [0], "reason": "asked"}
        yield "log.key_rotated", "founder", f"log:{LOG}", {"note": story.sign_rotation()}
        yield "log.sealed", "founder", f"log:{LOG}", {"reason": "end", "successor": "ledger.example/next"}
        yield "clock.corrected", "founder", f"log:{LOG}", {"reason": "", "before": "", "after": ""}
        yield "log.heartbeat", "founder", f"log:{LOG}", {}

    def make_header(self, kind: str, by: str, about: str, public: Header) -> Header:
        """Give a good header of this kind."""
        author = OPERATOR if by == "founder" else FIRM
        signed = self.story.sign(kind, by, author, about, public, self.refs, id="00000000-0000-4000-8000-999999999999", key_seq=1000)
        return signed.statement.to_json()

    def record(self, header: Header, by: str, **changes: Any) -> Recorded:
        """Write the log with this last statement, whatever it says, and have Python judge it."""
        encoded = encode_canonical(header)
        signature = self.story.key(by).sign(STATEMENT_PREFIX + encoded).hex()
        entry: dict[str, Any] = {
            "v": 1,
            "index": len(self.entries),
            "previous": self.previous,
            "received_at": self.story.now,
            "statement": header,
            "signature": signature,
        }
        kept: dict[str, JSON] = {name: value for name, value in (entry | changes).items() if value != "gone"}
        entries = [*self.entries, encode_canonical(kept)]
        verifier = VerifierKey(LOG, ED25519, self.story.key("log").public)
        claims = LogClaims(LOG, verifier.to_text(), VerifierKey(f"{LOG}/receipts", ED25519, self.story.key("receipts").public).to_text())
        root = compute_root(hash_leaf(data) for data in entries)
        note = sign_checkpoint(LOG, len(entries), root, verifier, self.story.key("log").sign)
        file = io.BytesIO()
        write_audit_file(file, log=claims, entries=entries, contents=[None] * len(entries), checkpoints=[note], checkpoint=note, extras={})
        options = {"origin": LOG, "log_key": claims.log_key}
        verdict = verify_audit_file(io.BytesIO(file.getvalue()), origin=LOG, log_key=claims.log_key)
        return Recorded(f"{header.get('kind')} {sorted(changes)} {header}"[:900], file.getvalue(), options, verdict)


def test_every_name_of_an_own_kind_with_every_strange_value_is_judged_alike(tmp_path: Path) -> None:
    forger = Forger()
    recorded = []
    for kind, by, about, public in forger.list_candidates():
        good = forger.make_header(kind, by, about, public)
        recorded.append(forger.record(good, by))
        for name in public:
            values = [value for value in STRANGE if name != "reason" or isinstance(value, str)]  # Python shows others in its own spelling
            recorded += [forger.record(good | {"public": public | {name: value}}, by) for value in values]
            recorded.append(forger.record(good | {"public": {one: public[one] for one in public if one != name}}, by))
        recorded.append(forger.record(good | {"public": public | {"more": 1}}, by))
        recorded.append(forger.record(good | {"refs": []}, by))
        recorded.append(forger.record(good | {"kind_version": 2}, by))
        recorded += [forger.record(good | {"key": forger.story.key(other).multikey, "author": author}, other)
                     for other, author in (("chair", OTHER), ("spare", FIRM), ("founder", OPERATOR), ("firm", FIRM))]  # fmt: skip

    differences = judge_all(recorded, tmp_path)

    assert differences == [], "\n".join(differences)
    assert sum(one.answer.exit_code != 1 for one in recorded) > 20
    assert len(recorded) > 1000


def test_every_name_of_a_founding_with_every_strange_value_is_judged_alike(tmp_path: Path) -> None:
    forger = Forger()
    founding = decode_entry(forger.entries[0]).signed.statement.to_json()
    forger.entries, forger.previous, forger.story.now = [], FIRST_PREVIOUS, NOW
    public: Any = founding["public"]
    recorded = [forger.record(founding, "founder")]
    for name in public:
        recorded += [forger.record(founding | {"public": public | {name: value}}, "founder") for value in STRANGE]

    assert judge_all(recorded, tmp_path) == []
    assert recorded[0].answer.exit_code == 0


def test_every_name_of_header_and_entry_with_every_strange_value_is_judged_alike(tmp_path: Path) -> None:
    forger = Forger()
    good = forger.make_header("delivery.dispatched", "firm", "delivery:2", {})
    recorded = [forger.record(good, "firm")]
    for name in good:
        recorded += [forger.record(good | {name: value}, "firm") for value in STRANGE]
        recorded.append(forger.record({one: good[one] for one in good if one != name}, "firm"))
    for name in ("v", "index", "previous", "received_at", "statement", "signature", "more"):
        recorded += [forger.record(good, "firm", **{name: value}) for value in (*STRANGE, "gone")]

    assert judge_all(recorded, tmp_path) == []
    assert recorded[0].answer.exit_code == 0
