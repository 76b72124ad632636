"""Kinds about the log itself: its founding, its rules, the rotation of its key, its end; judged and folded like all of the ledger's own.

The log's key signs checkpoints. It changes by a note that the old and the new key sign both, entered by the facilitator: neither a thief of
an enrolled key nor one of the log's key can change it alone. A key that was stolen ends its log: it is sealed, and a successor founded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ledger.authority import MAX_VALIDITY, Authority, KeyRecord, covers_kind
from ledger.canonical import JSON, encode_canonical
from ledger.errors import EvidenceError, Finding, Malformed
from ledger.keys import Sign, decode_multikey
from ledger.note import VerifierKey, countersign_note, parse_note, read_verifier_key, sign_note, verify_note
from ledger.public_part import (
    ROLE,
    blame_public,
    check_names,
    check_possession,
    is_kind_pattern,
    is_whole,
    read_object,
    read_roles,
    read_text,
)
from ledger.statement import HASH, LOG_NAME, Statement

FOUNDING_ROLE = "facilitator"  #: the operator's role: admits organisations, enrols first keys, grants roles
RULES = "rules:"  #: family of the matter of a change of rights, with the hash of version and rights
KEPT_RIGHTS = ("key.enrolled", "role.granted", "rules.adopted")  #: without these a log could never be mended
ROTATION = "symbiosis-ledger/log-key/v1"  #: heading of the note by which a log's key names the next one


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation note says, both of its signatures verified."""

    log: str
    old: VerifierKey
    new: VerifierKey


def sign_rotation(old: VerifierKey, new: VerifierKey, sign_old: Sign, sign_new: Sign) -> str:
    """Sign the note by which a log's key hands over to the next; both keys carry the log's name."""
    text = f"{ROTATION}\n{old.name}\n{old.to_text()}\n{new.to_text()}\n"
    return countersign_note(sign_note(text, old, sign_old), new, sign_new)


def read_rotation(note: str) -> Rotation:
    """Read a rotation note and verify both signatures; raises Malformed or BadSignature."""
    lines = parse_note(note).text.split("\n")
    if len(lines) != 5 or lines[0] != ROTATION:  # noqa: PLR2004 - heading, log, old key, new key, and what follows the last line feed
        raise Malformed(f"not a note of the form {ROTATION}: log, old and new verifier key, each on a line")
    old, new = read_verifier_key(lines[2]), read_verifier_key(lines[3])
    if (old.to_text(), new.to_text()) != (lines[2], lines[3]) or {old.name, new.name} != {lines[1]}:
        raise Malformed("both keys of a rotation carry the log's name and stand in their one spelling")
    _, signed = verify_note(note, [old, new])
    if set(signed) != {old, new}:
        raise Malformed("a rotation is signed by the old and by the new key")
    return Rotation(lines[1], old, new)


def follow_rotations(log: str, trusted: VerifierKey, notes: Sequence[str]) -> list[VerifierKey]:
    """Follow a log's keys from one that is trusted, by the notes in which each names the next; raises EvidenceError for no such note.

    Notes from before the trusted key, and those of strangers, lead nowhere and are passed over. Gives the keys, the trusted one first.
    """
    keys = [trusted]
    for note in notes:
        rotation = read_rotation(note)
        if rotation.log == log and rotation.old == keys[-1]:
            keys.append(rotation.new)
    return keys


def check_founding(_authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    """Judge the first statement of a log."""
    public = statement.public
    faults = check_names(public, {"holder", "roles", "possession", "log_key", "receipt_key", "rights", "own_roles", "validity",
                                   "recovery_wait", "settings"})  # fmt: skip
    if faults:
        return faults
    keys = {name: read_verifier_key(read_text(public, name)) for name in ("log_key", "receipt_key")}
    if keys["log_key"].name != statement.log or len({decode_multikey(statement.key), *(key.public for key in keys.values())}) != 3:  # noqa: PLR2004 - three keys, none of them another
        faults.append(blame_public("log_key", "the log's key carries the log's name, and the three keys of a founding differ"))
    rights = read_object(public, "rights")
    for role, kinds in rights.items():
        if not ROLE.fullmatch(role) or not isinstance(kinds, (list, tuple)) or not all(is_kind_pattern(kind) for kind in kinds):
            faults.append(blame_public(f"rights.{role}", "a role has a list of kinds, or of families such as agreement.*"))
    if FOUNDING_ROLE not in read_roles(public, "roles") or FOUNDING_ROLE in read_roles(public, "own_roles"):
        faults.append(blame_public("roles", f"the founder is {FOUNDING_ROLE}, which is no role that organisations give themselves"))
    validity = read_object(public, "validity")
    if not all(is_whole(seconds, 1, MAX_VALIDITY) for seconds in validity.values()):
        faults.append(blame_public("validity", f"seconds by kind, 1 to {MAX_VALIDITY}"))
    if not is_whole(public["recovery_wait"], 0):
        faults.append(blame_public("recovery_wait", "seconds, from 0"))
    if not _names_predecessor(read_object(public, "settings").get("predecessor"), statement.log):
        faults.append(blame_public("settings.predecessor", "log, size and root of the sealed log that this one goes on from are wanted"))
    return faults + check_possession(statement.log, statement.author, statement.key, public)


def _names_predecessor(value: JSON, log: str) -> bool:
    """Tell whether a predecessor is absent, or named with the size and root under which it ended."""
    if value is None:
        return True
    if not isinstance(value, dict) or set(value) != {"log", "size", "root"} or not is_whole(value["size"], 1):
        return False
    name, root = value["log"], value["root"]
    return isinstance(name, str) and bool(LOG_NAME.fullmatch(name)) and name != log and isinstance(root, str) and bool(HASH.fullmatch(root))


def fold_founding(authority: Authority, statement: Statement, index: int) -> None:
    """Fold the first statement: the founder, its key, and what each role may say."""
    public = statement.public
    authority.log, authority.operator = statement.log, statement.author
    authority.log_keys = ((index, read_text(public, "log_key")),)
    authority.receipt_key = read_text(public, "receipt_key")
    authority.rights = {
        role: tuple(map(str, kinds)) for role, kinds in read_object(public, "rights").items() if isinstance(kinds, (list, tuple))
    }
    authority.own_roles = frozenset(read_roles(public, "own_roles"))
    authority.validity = {kind: seconds for kind, seconds in read_object(public, "validity").items() if isinstance(seconds, int)}
    wait = public["recovery_wait"]
    authority.recovery_wait = wait if isinstance(wait, int) else 0
    roles = frozenset(read_roles(public, "roles"))
    authority.roles[statement.author] = roles - authority.own_roles
    authority.keys[statement.key] = KeyRecord(statement.key, statement.author, read_text(public, "holder"), roles, {}, index)


def hash_rules(version: str, rights: JSON) -> str:
    """Hash a version of the rules with the rights that it gives: what rules.adopted names and a board decides about."""
    return sha256(encode_canonical({"version": version, "rights": rights})).hexdigest()


def check_new_rules(authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    """A new version alone is the facilitator's to say; a change of rights is the board's to decide."""
    public = statement.public
    faults = check_names(public, {"version", "hash", "rights"})
    if faults:
        return faults
    digest = hash_rules(read_text(public, "version"), public["rights"])
    if public["hash"] != digest:
        faults.append(blame_public("hash", f"the SHA-256 of version and rights is wanted: {digest}"))
    if public["rights"] is None:
        return faults
    for role, kinds in read_object(public, "rights").items():
        if not ROLE.fullmatch(role) or not isinstance(kinds, (list, tuple)) or not all(is_kind_pattern(kind) for kind in kinds):
            faults.append(blame_public(f"rights.{role}", "a role has a list of kinds, or of families such as agreement.*"))
    kept = read_object(public, "rights").get(FOUNDING_ROLE)
    if not isinstance(kept, (list, tuple)) or not all(covers_kind(tuple(map(str, kept)), kind) for kind in KEPT_RIGHTS):
        faults.append(blame_public(f"rights.{FOUNDING_ROLE}", f"{', '.join(KEPT_RIGHTS)} stay with the {FOUNDING_ROLE}"))
    if not any(authority.resolutions.get(ref, ("", ""))[0] == f"{RULES}{digest}" for ref in statement.refs):
        faults.append(blame_public("rights", f"rights change by a board resolution about {RULES}{digest}, which stands in refs"))
    return faults


def adopt_rules(authority: Authority, statement: Statement, _index: int) -> None:
    """Fold new rights of roles."""
    if statement.public["rights"] is not None:
        rights = read_object(statement.public, "rights")
        authority.rights = {role: tuple(map(str, kinds)) for role, kinds in rights.items() if isinstance(kinds, (list, tuple))}


def check_rotation_of_log_key(authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    """Judge the rotation of the log's own key."""
    faults = check_names(statement.public, {"note"})
    if faults:
        return faults
    note = read_text(statement.public, "note")
    try:
        rotation = read_rotation(note)
    except EvidenceError as error:
        return [blame_public("note", str(error))]
    if (rotation.log, rotation.old.to_text()) != (authority.log, authority.log_keys[-1][1]):
        faults.append(blame_public("note", f"the key that now signs for {authority.log} hands over: {authority.log_keys[-1][1]}"))
    used = {read_verifier_key(text).public for _, text in authority.log_keys} | {read_verifier_key(authority.receipt_key).public}
    if rotation.new.public in used | {decode_multikey(key) for key in authority.keys}:
        faults.append(blame_public("note", "the new key was never used on this log before, by anybody"))
    return faults


def rotate_log_key(authority: Authority, statement: Statement, index: int) -> None:
    """Fold the rotation: checkpoints that cover this entry are signed by the new key."""
    new = read_rotation(read_text(statement.public, "note")).new
    authority.log_keys = (*authority.log_keys, (index, new.to_text()))


def check_sealing(authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    """Judge the end of a log: a reason, and the name of the log that takes new statements, or null."""
    faults = check_names(statement.public, {"reason", "successor"})
    if faults:
        return faults
    if not read_text(statement.public, "reason"):
        faults.append(blame_public("reason", "why the log ends is wanted"))
    successor = statement.public["successor"]
    if successor is not None and (not isinstance(successor, str) or not LOG_NAME.fullmatch(successor) or successor == authority.log):
        faults.append(blame_public("successor", "the name of another log, or null, is wanted"))
    return faults


def seal_log(authority: Authority, _statement: Statement, _index: int) -> None:
    """Fold the end of a log."""
    authority.sealed = True
