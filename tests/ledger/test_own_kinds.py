"""The ledger's own rules: who enrols, rotates, revokes, grants and erases, judged from the log alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ledger.authority import Authority, prove_possession
from ledger.canonical import JSON
from ledger.errors import Finding
from ledger.instant import add_seconds
from ledger.keys import SigningKey
from ledger.log_kinds import hash_rules, sign_rotation
from ledger.merkle import EMPTY_ROOT
from ledger.note import ED25519, VerifierKey, sign_note
from ledger.own_kinds import RECOVERY_OPEN, apply_statement, check_eraser, examine_statement
from ledger.statement import Seen, Signed, Statement, sign_statement

LOG, OPERATOR, FIRM, OTHER = "ledger.example/main", "o-operator", "o-firm00", "o-other0"
NOW = "2026-01-01T12:00:00Z"
RIGHTS: dict[str, JSON] = {
    "facilitator": ["key.*", "role.*", "log.*", "rules.*", "contents.*", "clock.*"],
    "signatory": ["key.*", "agreement.*", "contents.*"],
    "operator": ["delivery.*", "key.revoked", "key.rotated"],
    "board": ["resolution.recorded"],
}


@dataclass
class Story:
    """A log's authority as it grows, with the keys of those who speak."""

    authority: Authority = field(default_factory=Authority)
    keys: dict[str, SigningKey] = field(default_factory=dict)
    index: int = 0
    now: str = NOW

    def key(self, name: str) -> SigningKey:
        return self.keys.setdefault(name, SigningKey.generate())

    def sign(
        self, kind: str, by: str, author: str, about: str, public: dict[str, JSON], refs: Sequence[str] = (), **changes: object
    ) -> Signed:
        key = self.key(by)
        header: dict[str, object] = {
            "log": LOG,
            "kind": kind,
            "kind_version": 1,
            "id": f"00000000-0000-4000-8000-{self.index:012d}",
            "author": author,
            "key": key.multikey,
            "key_seq": 1,
            "seen": Seen(0, EMPTY_ROOT.hex()),
            "issued_at": self.now,
            "expires_at": add_seconds(self.now, 3600),
            "about": about,
            "refs": tuple(refs),
            "public": public,
            "contents_root": EMPTY_ROOT.hex(),
            "fields": 0,
        }
        return sign_statement(Statement(**{**header, **changes}), key.sign)  # type: ignore[arg-type]  # names of the header

    def judge(self, signed: Signed) -> list[Finding]:
        return examine_statement(self.authority, signed, self.index, self.now)

    def say(self, signed: Signed) -> Signed:
        assert self.judge(signed) == []
        apply_statement(self.authority, signed, self.index, self.now)
        self.index += 1
        return signed

    def found(self, **changes: JSON) -> Signed:
        key, roles = self.key("founder"), ["facilitator", "signatory"]
        public: dict[str, JSON] = {
            "holder": "h-founder",
            "roles": roles,
            "possession": prove_possession(LOG, OPERATOR, key.multikey, "h-founder", roles, key.sign),
            "log_key": VerifierKey(LOG, ED25519, self.key("log").public).to_text(),
            "receipt_key": VerifierKey(f"{LOG}/receipts", ED25519, self.key("receipts").public).to_text(),
            "rights": RIGHTS,
            "own_roles": ["signatory", "operator"],
            "validity": {},
            "recovery_wait": 86_400,
            "settings": {},
            **changes,
        }
        return self.sign("log.founded", "founder", OPERATOR, f"log:{LOG}", public)

    def enrol(
        self, name: str, organisation: str, roles: list[str], *, by: str, author: str, refs: Sequence[str] = (), **changes: JSON
    ) -> Signed:
        key = self.key(name)
        public: dict[str, JSON] = {
            "organisation": organisation,
            "key": key.multikey,
            "holder": "h-holder0",
            "roles": roles,
            "limits": {},
            "not_after": None,
            "possession": prove_possession(LOG, organisation, key.multikey, "h-holder0", roles, key.sign),
            **changes,
        }
        return self.sign("key.enrolled", by, author, f"key:{key.multikey}", public, refs)

    def rotate(self, old: str, new: str, *, by: str, author: str) -> Signed:
        keys = self.key(old).multikey, self.key(new).multikey
        record = self.authority.keys[keys[0]]
        proof = prove_possession(LOG, record.organisation, keys[1], record.holder, sorted(record.roles), self.key(new).sign)
        return self.sign("key.rotated", by, author, f"key:{keys[0]}", {"old": keys[0], "new": keys[1], "possession": proof})

    def sign_rotation(self, old: str = "log", new: str = "next log", log: str = LOG) -> str:
        keys = [VerifierKey(log, ED25519, self.key(name).public) for name in (old, new)]
        return sign_rotation(keys[0], keys[1], self.key(old).sign, self.key(new).sign)

    def rotate_log_key(self, note: str) -> Signed:
        return self.sign("log.key_rotated", "founder", OPERATOR, f"log:{LOG}", {"note": note})

    def revoke(self, name: str, *, by: str, author: str, **changes: JSON) -> Signed:
        key = self.key(name).multikey
        return self.sign("key.revoked", by, author, f"key:{key}", {"key": key, "reason": "lost", "compromised_since": None, **changes})


def codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.field.removeprefix("statement.") for finding in findings]


def test_a_log_begins_with_its_founding_and_only_there(story: Story) -> None:
    again = story.judge(story.found())

    assert [finding.code for finding in again] == ["founding"]
    assert Story().judge(story.revoke("firm", by="founder", author=OPERATOR))[0].code == "founding"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"roles": ["signatory"]}, "roles"),
        ({"own_roles": ["facilitator"]}, "roles"),
        ({"validity": {"*": 99_999_999}}, "validity"),
        ({"validity": {"*": True}}, "validity"),
        ({"recovery_wait": -1}, "recovery_wait"),
        ({"rights": {"board": ["everything"]}}, "rights.board"),
        ({"possession": "0" * 128}, "possession"),
        ({"surplus": 1}, "surplus"),
    ],
)
def test_a_founding_with_a_fault_is_refused_with_the_field_named(changes: dict[str, JSON], name: str) -> None:
    story = Story()

    assert f"public.{name}" in codes(story.judge(story.found(**changes)))


def test_the_first_key_of_a_firm_is_enrolled_by_the_facilitator_and_further_ones_by_itself(story: Story) -> None:
    by_facilitator = story.judge(story.enrol("second", FIRM, ["operator"], by="founder", author=OPERATOR))

    story.say(story.enrol("second", FIRM, ["operator"], by="firm", author=FIRM))

    assert codes(by_facilitator) == ["public.organisation"]


def test_an_operator_s_key_enrols_nobody(story: Story) -> None:
    story.say(story.enrol("weigher", FIRM, ["operator"], by="firm", author=FIRM))

    findings = story.judge(story.enrol("third", FIRM, ["signatory"], by="weigher", author=FIRM))

    assert [finding.code for finding in findings] == ["wrong-role"]


def test_no_firm_gives_itself_a_role_of_the_network(story: Story) -> None:
    for role in ("board", "facilitator"):
        assert "public.roles" in codes(story.judge(story.enrol("grab", FIRM, [role], by="firm", author=FIRM)))


def test_a_role_withdrawn_from_a_firm_is_lost_to_its_keys(story: Story) -> None:
    role: dict[str, JSON] = {"organisation": FIRM, "role": "board"}
    story.say(story.sign("role.granted", "founder", OPERATOR, f"organisation:{FIRM}", role))
    story.say(story.enrol("seat", FIRM, ["board"], by="firm", author=FIRM))
    vote = story.sign("resolution.recorded", "seat", FIRM, "matter:1", {"outcome": "adopted"})
    assert story.judge(vote) == []

    story.say(story.sign("role.withdrawn", "founder", OPERATOR, f"organisation:{FIRM}", role))

    assert [finding.code for finding in story.judge(vote)] == ["wrong-role"]


def test_a_key_belongs_to_one_organisation_ever(story: Story) -> None:
    findings = story.judge(story.enrol("firm", OTHER, ["operator"], by="founder", author=OPERATOR))

    assert "public.key" in codes(findings)


def test_an_enrolment_needs_the_new_key_s_own_signature_over_just_its_data(story: Story) -> None:
    thief = story.key("thief")
    for proof in (
        prove_possession(LOG, FIRM, story.key("new").multikey, "h-holder0", ["operator"], thief.sign),
        prove_possession(LOG, OTHER, story.key("new").multikey, "h-holder0", ["operator"], story.key("new").sign),
        prove_possession("ledger.example/other", FIRM, story.key("new").multikey, "h-holder0", ["operator"], story.key("new").sign),
        prove_possession(LOG, FIRM, story.key("new").multikey, "h-holder0", ["signatory"], story.key("new").sign),
    ):
        findings = story.judge(story.enrol("new", FIRM, ["operator"], by="firm", author=FIRM, possession=proof))

        assert codes(findings) == ["public.possession"]


def test_a_revoked_key_signs_no_more_from_its_own_index_on(story: Story) -> None:
    before = story.sign("agreement.offered", "firm", FIRM, "agreement:1", {})
    assert story.judge(before) == []

    story.say(story.revoke("firm", by="firm", author=FIRM))

    assert [finding.code for finding in story.judge(before)] == ["revoked-key"]


def test_a_stranger_revokes_nobody_s_key(story: Story) -> None:
    story.say(story.enrol("other", OTHER, ["signatory"], by="founder", author=OPERATOR))

    assert codes(story.judge(story.revoke("firm", by="other", author=OTHER))) == ["public.key"]


def test_a_rotated_key_hands_over_roles_and_is_revoked(story: Story) -> None:
    old, new = story.key("firm"), story.key("renewed")
    record = story.authority.keys[old.multikey]

    story.say(story.rotate("firm", "renewed", by="firm", author=FIRM))

    assert story.authority.keys[new.multikey].roles == record.roles
    assert story.authority.keys[old.multikey].revoked_at is not None


def test_recovery_needs_a_resolution_on_the_log_and_its_waiting_time(story: Story) -> None:
    story.say(story.sign("role.granted", "founder", OPERATOR, f"organisation:{OTHER}", {"organisation": OTHER, "role": "board"}))
    story.say(story.enrol("seat", OTHER, ["board"], by="founder", author=OPERATOR))
    rejected = story.say(story.sign("resolution.recorded", "seat", OTHER, f"recovery:{FIRM}", {"outcome": "rejected"}))
    welcome = story.say(story.sign("resolution.recorded", "seat", OTHER, f"organisation:{FIRM}", {"outcome": "adopted"}))
    adopted = story.say(story.sign("resolution.recorded", "seat", OTHER, f"recovery:{FIRM}", {"outcome": "adopted"}))

    def try_recovery(refs: list[str]) -> list[Finding]:
        return story.judge(story.enrol("recovered", FIRM, ["signatory"], by="founder", author=OPERATOR, refs=refs))

    assert codes(try_recovery([rejected.hash])) == ["public.organisation"]
    assert codes(try_recovery([welcome.hash])) == ["public.organisation"]
    assert "waits" in try_recovery([adopted.hash])[0].message
    story.now = add_seconds(NOW, 86_400 + RECOVERY_OPEN + 1)
    assert codes(try_recovery([adopted.hash])) == ["public.organisation"]
    story.now = add_seconds(NOW, 86_400)
    story.say(story.enrol("recovered", FIRM, ["signatory"], by="founder", author=OPERATOR, refs=[adopted.hash]))
    once_more = story.judge(story.enrol("another", FIRM, ["signatory"], by="founder", author=OPERATOR, refs=[adopted.hash]))
    assert codes(once_more) == ["public.organisation"]


def test_contents_are_erased_by_their_author_or_by_a_resolution_about_them(story: Story) -> None:
    target = "ab" * 32
    public: dict[str, JSON] = {"statement": target, "fields": [1], "reason": "asked for"}
    erasure = story.sign("contents.erased", "firm", FIRM, f"statement:{target}", public).statement

    assert check_eraser(story.authority, erasure, FIRM) == []
    assert check_eraser(story.authority, erasure, OTHER) != []
    assert check_eraser(story.authority, erasure, None) != []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"log": "ledger.example/other"}, "other-log"),
        ({"author": OTHER}, "other-author"),
        ({"issued_at": "2025-12-01T00:00:00Z", "expires_at": "2025-12-02T00:00:00Z"}, "expired"),
        ({"issued_at": "2026-01-01T12:05:01Z", "expires_at": "2026-01-01T13:00:00Z"}, "future"),
        ({"expires_at": "2026-03-01T00:00:00Z"}, "too-long"),
        ({"kind": "settlement.made"}, "wrong-role"),
    ],
)
def test_a_header_out_of_order_is_refused(story: Story, changes: dict[str, object], code: str) -> None:
    given: dict[str, Any] = {"kind": "agreement.offered", "author": FIRM, **changes}
    signed = story.sign(by="firm", about="agreement:1", public={}, **given)

    assert code in [finding.code for finding in story.judge(signed)]


def test_an_expired_key_and_an_unknown_one_sign_nothing(story: Story) -> None:
    story.say(story.enrol("brief", FIRM, ["operator"], by="firm", author=FIRM, not_after="2026-01-01T13:00:00Z"))
    story.now = "2026-01-01T14:00:00Z"

    expired = story.judge(story.sign("delivery.dispatched", "brief", FIRM, "delivery:1", {}))
    unknown = story.judge(story.sign("delivery.dispatched", "nobody", FIRM, "delivery:1", {}))

    assert [finding.code for finding in expired + unknown] == ["expired-key", "unknown-key"]


def test_rights_change_by_the_board_s_decision_about_just_these_rights(story: Story) -> None:
    story.say(story.sign("role.granted", "founder", OPERATOR, f"organisation:{OTHER}", {"organisation": OTHER, "role": "board"}))
    story.say(story.enrol("seat", OTHER, ["board"], by="founder", author=OPERATOR))
    rights: dict[str, JSON] = {**RIGHTS, "operator": []}
    digest = hash_rules("2", rights)
    public: dict[str, JSON] = {"version": "2", "hash": digest, "rights": rights}
    alone = story.judge(story.sign("rules.adopted", "founder", OPERATOR, f"log:{LOG}", public))
    decided = story.say(story.sign("resolution.recorded", "seat", OTHER, f"rules:{digest}", {"outcome": "adopted"}))
    other: dict[str, JSON] = {"version": "2", "hash": hash_rules("2", RIGHTS), "rights": RIGHTS}

    assert codes(alone) == ["public.rights"]
    assert codes(story.judge(story.sign("rules.adopted", "founder", OPERATOR, f"log:{LOG}", other, [decided.hash]))) == ["public.rights"]
    story.say(story.sign("rules.adopted", "founder", OPERATOR, f"log:{LOG}", public, [decided.hash]))
    assert story.judge(story.sign("delivery.dispatched", "firm", FIRM, "delivery:1", {}))[0].code == "wrong-role"


def test_no_decision_takes_from_a_log_what_could_mend_it(story: Story) -> None:
    public: dict[str, JSON] = {"version": "2", "hash": hash_rules("2", {}), "rights": {}}

    findings = story.judge(story.sign("rules.adopted", "founder", OPERATOR, f"log:{LOG}", public))

    assert "public.rights.facilitator" in codes(findings)


def test_a_sealed_log_takes_nothing_more(story: Story) -> None:
    story.say(story.sign("log.sealed", "founder", OPERATOR, f"log:{LOG}", {"reason": "moved", "successor": None}))

    findings = story.judge(story.sign("agreement.offered", "firm", FIRM, "agreement:1", {}))

    assert [finding.code for finding in findings] == ["log-sealed"]


def test_the_subject_is_held_to_the_public_part(story: Story) -> None:
    key = story.key("firm").multikey
    public: dict[str, JSON] = {"key": key, "reason": "lost", "compromised_since": None}

    findings = story.judge(story.sign("key.revoked", "firm", FIRM, f"key:{story.key('founder').multikey}", public))

    assert [finding.code for finding in findings] == ["other-subject"]


def test_the_log_key_hands_over_by_a_note_that_both_keys_sign(story: Story) -> None:
    old = VerifierKey(LOG, ED25519, story.key("log").public).to_text()
    new = VerifierKey(LOG, ED25519, story.key("next log").public).to_text()

    story.say(story.rotate_log_key(story.sign_rotation()))

    rotated = story.index - 1
    assert [story.authority.log_key_at(size) for size in (0, 1, rotated, rotated + 1, 1000)] == [old, old, old, new, new]


def test_a_rotation_that_the_old_key_does_not_sign_is_refused(story: Story) -> None:
    whole = story.sign_rotation()
    text, lines = whole.split("\n\n")
    by_new_alone = f"{text}\n\n" + lines.split("\n")[1] + "\n"
    by_a_stranger = sign_note(f"{text}\n", VerifierKey(LOG, ED25519, story.key("stranger").public), story.key("stranger").sign)

    for note in (by_new_alone, by_a_stranger, whole.replace("log-key/v1", "log-key/v2"), whole[:-1], ""):
        assert [finding.code for finding in story.judge(story.rotate_log_key(note))] == ["ledger-rule"]


@pytest.mark.parametrize(
    ("old", "new", "log"),
    [("next log", "third log", LOG), ("log", "firm", LOG), ("log", "receipts", LOG), ("log", "next log", "other.example/main")],
)
def test_a_rotation_from_another_key_to_a_used_key_or_of_another_log_is_refused(story: Story, old: str, new: str, log: str) -> None:
    refused = story.judge(story.rotate_log_key(story.sign_rotation(old, new, log)))

    assert {finding.field for finding in refused} == {"statement.public.note"}


def test_a_key_that_handed_over_hands_over_no_second_time_and_never_comes_back(story: Story) -> None:
    story.say(story.rotate_log_key(story.sign_rotation()))

    again = story.judge(story.rotate_log_key(story.sign_rotation("log", "third log")))
    back = story.judge(story.rotate_log_key(story.sign_rotation("next log", "log")))

    assert again
    assert back


@pytest.mark.parametrize("successor", ["", "no name", LOG, 7, {"log": "ledger.example/next"}])
def test_a_seal_names_another_log_or_none(story: Story, successor: JSON) -> None:
    seal = story.sign("log.sealed", "founder", OPERATOR, f"log:{LOG}", {"reason": "stolen key", "successor": successor})

    assert [finding.field for finding in story.judge(seal)] == ["statement.public.successor"]


@pytest.mark.parametrize(
    "predecessor",
    ["ledger.example/old", {}, {"log": "ledger.example/old", "size": 0, "root": "00" * 32}, {"log": LOG, "size": 7, "root": "00" * 32},
     {"log": "ledger.example/old", "size": 7, "root": "00"}, {"log": "ledger.example/old", "size": 7, "root": "00" * 32, "more": 1}],
)  # fmt: skip
def test_a_successor_names_the_size_and_root_under_which_its_predecessor_ended(predecessor: JSON) -> None:
    good: JSON = {"log": "ledger.example/old", "size": 7, "root": "00" * 32}

    assert Story().judge(Story().found(settings={"predecessor": good})) == []
    assert Story().judge(Story().found(settings={"predecessor": predecessor}))
