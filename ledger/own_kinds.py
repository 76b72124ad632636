"""The ledger's own kinds: founding, keys, roles, erasure, sealing, with the rules that hold on every log.

Each kind has a check (all faults at once) and an effect on Authority; all their data stand in `public`, so that a verifier that
knows no domain judges them. `role.granted` and `role.withdrawn` are here too: without them nobody could tell offline who was a board.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

from ledger.authority import MAX_VALIDITY, Authority, KeyRecord, covers_kind, possession_message
from ledger.canonical import JSON, MAX_INTEGER, encode_canonical
from ledger.errors import Finding, Malformed
from ledger.instant import parse_instant
from ledger.keys import decode_multikey, verify_signature
from ledger.note import read_verifier_key
from ledger.statement import HASH, KIND, MAX_FIELDS, ORGANISATION, Signed, Statement, check_signature_hex

FOUNDING_ROLE = "facilitator"  #: the operator's role: admits organisations, enrols first keys, grants roles
ENROLLING_ROLE = "signatory"  #: the role with which an organisation enrols, rotates and revokes its own keys
HOLDER = re.compile(r"h-[0-9a-z]{6,40}", re.ASCII)
ROLE = re.compile(r"[a-z]{2,30}", re.ASCII)
RECOVERY = "recovery:"  #: family of the matter that a recovery's resolution is about: no other decision about a member opens its door
RECOVERY_OPEN = 30 * 86_400  #: seconds for which a recovery stays open after its waiting time
RULES = "rules:"  #: family of the matter of a change of rights, with the hash of version and rights
KEPT_RIGHTS = ("key.enrolled", "role.granted", "rules.adopted")  #: without these a log could never be mended
RESOLUTION_KIND = "resolution.recorded"  #: what a recovery refers to
REASONS = ("lost", "compromised", "superseded", "left")
Public = Mapping[str, JSON]


class OwnKind(NamedTuple):
    """How one of the ledger's own kinds is judged and what it changes."""

    check: Callable[[Authority, Statement, str], list[Finding]]
    effect: Callable[[Authority, Statement, int], None]


def examine_statement(authority: Authority, signed: Signed, index: int, received_at: str) -> list[Finding]:
    """Judge whether a statement with a good signature may be entered at this index and time; all faults at once.

    The sequencer asks before it appends and the verifier asks of each entry: one judgement for both. Erasure needs the author of
    the statement that it names as well: see check_eraser.
    """
    statement = signed.statement
    if (index == 0) != (statement.kind == "log.founded"):
        return [Finding("statement.kind", "founding", "a log begins with log.founded, and only there")]
    if index > 0:
        findings = [*authority.examine_header(statement, received_at), *authority.examine_key(statement, received_at)]
        if findings:
            return findings
    kind = OWN_KINDS.get(statement.kind)
    if kind is None:
        return []
    if statement.kind_version != 1:
        return [Finding("statement.kind_version", "unknown-version", "version 1 of this kind is known")]
    try:
        return [*kind.check(authority, statement, received_at), *_check_about(statement)]
    except Malformed as error:
        return [Finding("statement.public", "malformed", str(error))]


def _check_about(statement: Statement) -> list[Finding]:
    """Hold the subject to the public part, so that a search by subject cannot be led astray."""
    family, name = _SUBJECTS.get(statement.kind, ("log", ""))
    wanted = f"{family}:{statement.public.get(name, '') if name else statement.log}"
    return [] if statement.about == wanted else [Finding("statement.about", "other-subject", f"{wanted} is what this is about")]


def apply_statement(authority: Authority, signed: Signed, index: int, received_at: str) -> None:
    """Fold an examined statement into the state; kinds that are not the ledger's own change nothing but resolutions."""
    statement = signed.statement
    if statement.kind in OWN_KINDS:
        OWN_KINDS[statement.kind].effect(authority, statement, index)
    elif statement.kind == RESOLUTION_KIND and statement.public.get("outcome") == "adopted":
        authority.resolutions[signed.hash] = (statement.about, received_at)


def check_eraser(authority: Authority, statement: Statement, target_author: str | None) -> list[Finding]:
    """Judge who erases: the author of the named statement, or anybody whom a resolution about that statement backs."""
    if target_author is None:
        return [_fault("statement", "the log has no such statement")]
    target = f"statement:{_text(statement.public, 'statement')}"
    if statement.author == target_author or any(authority.resolutions.get(ref, ("", ""))[0] == target for ref in statement.refs):
        return []
    return [_fault("statement", f"contents are erased by their author, {target_author}, or by a resolution about {target}")]


def _check_founding(_authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    public = statement.public
    faults = _check_names(public, {"holder", "roles", "possession", "log_key", "receipt_key", "rights", "own_roles", "validity",
                                   "recovery_wait", "settings"})  # fmt: skip
    if faults:
        return faults
    keys = {name: read_verifier_key(_text(public, name)) for name in ("log_key", "receipt_key")}
    if keys["log_key"].name != statement.log or len({decode_multikey(statement.key), *(key.public for key in keys.values())}) != 3:  # noqa: PLR2004 - three keys, none of them another
        faults.append(_fault("log_key", "the log's key carries the log's name, and the three keys of a founding differ"))
    rights = _mapping(public, "rights")
    for role, kinds in rights.items():
        if not ROLE.fullmatch(role) or not isinstance(kinds, (list, tuple)) or not all(_is_kind_pattern(kind) for kind in kinds):
            faults.append(_fault(f"rights.{role}", "a role has a list of kinds, or of families such as agreement.*"))
    if FOUNDING_ROLE not in _texts(public, "roles") or FOUNDING_ROLE in _texts(public, "own_roles"):
        faults.append(_fault("roles", f"the founder is {FOUNDING_ROLE}, which is no role that organisations give themselves"))
    validity = _mapping(public, "validity")
    if not all(_is_whole(seconds, 1, MAX_VALIDITY) for seconds in validity.values()):
        faults.append(_fault("validity", f"seconds by kind, 1 to {MAX_VALIDITY}"))
    if not _is_whole(public["recovery_wait"], 0):
        faults.append(_fault("recovery_wait", "seconds, from 0"))
    _mapping(public, "settings")
    return faults + _check_possession(statement.log, statement.author, statement.key, public)


def _found(authority: Authority, statement: Statement, index: int) -> None:
    public = statement.public
    authority.log, authority.operator = statement.log, statement.author
    authority.rights = {
        role: tuple(map(str, kinds)) for role, kinds in _mapping(public, "rights").items() if isinstance(kinds, (list, tuple))
    }
    authority.own_roles = frozenset(_texts(public, "own_roles"))
    authority.validity = {kind: seconds for kind, seconds in _mapping(public, "validity").items() if isinstance(seconds, int)}
    wait = public["recovery_wait"]
    authority.recovery_wait = wait if isinstance(wait, int) else 0
    roles = frozenset(_texts(public, "roles"))
    authority.roles[statement.author] = roles - authority.own_roles
    authority.keys[statement.key] = KeyRecord(statement.key, statement.author, _text(public, "holder"), roles, {}, index)


def _check_enrolment(authority: Authority, statement: Statement, received_at: str) -> list[Finding]:
    public = statement.public
    faults = _check_names(public, {"organisation", "key", "holder", "roles", "limits", "not_after", "possession"})
    if faults:
        return faults
    organisation, key = _text(public, "organisation"), _text(public, "key")
    if not ORGANISATION.fullmatch(organisation):
        faults.append(_fault("organisation", "an organisation's id is wanted"))
    if key in authority.keys:
        faults.append(_fault("key", "this key is enrolled already: a key belongs to one organisation of a log, ever"))
    if not isinstance(public["limits"], dict):
        faults.append(_fault("limits", "an object, by role, is wanted"))
    if public["not_after"] is not None and parse_instant(_text(public, "not_after")) <= parse_instant(received_at):
        faults.append(_fault("not_after", "it is past: an instant to come, or null, is wanted"))
    surplus = sorted(set(_texts(public, "roles")) - authority.allowed_roles(organisation))
    if surplus or not _texts(public, "roles"):
        faults.append(_fault("roles", f"{organisation} may give its keys {', '.join(sorted(authority.allowed_roles(organisation)))} only"))
    return (
        faults
        + _check_enroller(authority, statement, organisation, received_at)
        + _check_possession(statement.log, organisation, key, public)
    )


def _check_enroller(authority: Authority, statement: Statement, organisation: str, received_at: str) -> list[Finding]:
    """First key: the facilitator. Further keys: a signatory of the organisation itself. Recovery: facilitator, resolution, waiting time."""
    roles = authority.effective_roles(authority.keys[statement.key])
    if statement.author == organisation and roles & {ENROLLING_ROLE, FOUNDING_ROLE}:
        return []
    if FOUNDING_ROLE in roles and authority.count_keys(organisation) == 0:
        return []
    if FOUNDING_ROLE not in roles:
        return [_fault("organisation", "further keys are enrolled by a signatory of the organisation itself")]
    for ref in statement.refs:
        about, decided_at = authority.resolutions.get(ref, ("", ""))
        if about == f"{RECOVERY}{organisation}":
            waited = (parse_instant(received_at) - parse_instant(decided_at)).total_seconds()
            if 0 <= waited - authority.recovery_wait <= RECOVERY_OPEN:
                return []
            message = f"recovery waits {authority.recovery_wait} seconds after the resolution and is open for {RECOVERY_OPEN} more"
            return [_fault("organisation", f"{message}; {waited:.0f} have passed")]
    message = f"{organisation} has keys: one of them enrols, or a board resolution about {RECOVERY}{organisation} stands in refs"
    return [_fault("organisation", message)]


def _enrol(authority: Authority, statement: Statement, index: int) -> None:
    public = statement.public
    for ref in statement.refs:
        if authority.resolutions.get(ref, ("", ""))[0] == f"{RECOVERY}{_text(public, 'organisation')}":
            del authority.resolutions[ref]  # a resolution recovers one key, not as many as a facilitator likes
    key, not_after = _text(public, "key"), public["not_after"]
    authority.keys[key] = KeyRecord(
        key,
        _text(public, "organisation"),
        _text(public, "holder"),
        frozenset(_texts(public, "roles")),
        _mapping(public, "limits"),
        index,
        not_after if isinstance(not_after, str) else None,
    )


def _check_rotation(authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    public = statement.public
    faults = _check_names(public, {"old", "new", "possession"})
    if faults:
        return faults
    old = authority.keys.get(_text(public, "old"))
    if old is None or old.revoked_at is not None or old.organisation != statement.author:
        return [_fault("old", "a key of the author that is valid is wanted")]
    if statement.key != old.key and ENROLLING_ROLE not in authority.effective_roles(authority.keys[statement.key]):
        faults.append(_fault("old", "a key is rotated by itself or by a signatory of its organisation"))
    if _text(public, "new") in authority.keys:
        faults.append(_fault("new", "this key is enrolled already: a key belongs to one organisation of a log, ever"))
    proof = {"holder": old.holder, "roles": sorted(old.roles), "possession": public["possession"]}
    return faults + _check_possession(statement.log, old.organisation, _text(public, "new"), proof)


def _rotate(authority: Authority, statement: Statement, index: int) -> None:
    old = authority.keys[_text(statement.public, "old")]
    new = _text(statement.public, "new")
    authority.keys[old.key] = replace(old, revoked_at=index)
    authority.keys[new] = replace(old, key=new, enrolled_at=index, revoked_at=None, compromised_since=None)


def _check_revocation(authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    public = statement.public
    faults = _check_names(public, {"key", "reason", "compromised_since"})
    if faults:
        return faults
    record = authority.keys.get(_text(public, "key"))
    if record is None or record.revoked_at is not None:
        return [_fault("key", "a key that is enrolled and not yet revoked is wanted")]
    roles = authority.effective_roles(authority.keys[statement.key])
    itself = statement.key == record.key
    own = statement.author == record.organisation and ENROLLING_ROLE in roles
    if not (itself or own or FOUNDING_ROLE in roles):
        faults.append(_fault("key", "a key is revoked by itself, by a signatory of its organisation, or by the facilitator"))
    if public["reason"] not in REASONS:
        faults.append(_fault("reason", f"one of {', '.join(REASONS)} is wanted"))
    since = public["compromised_since"]
    if since is not None and not _is_whole(since, record.enrolled_at):
        faults.append(_fault("compromised_since", f"an index from {record.enrolled_at}, or null, is wanted"))
    return faults


def _revoke(authority: Authority, statement: Statement, index: int) -> None:
    record = authority.keys[_text(statement.public, "key")]
    since = statement.public["compromised_since"]
    authority.keys[record.key] = replace(record, revoked_at=index, compromised_since=since if isinstance(since, int) else None)


def _check_role(authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    public = statement.public
    faults = _check_names(public, {"organisation", "role"})
    if faults:
        return faults
    organisation, role = _text(public, "organisation"), _text(public, "role")
    held = role in authority.roles.get(organisation, frozenset())
    if role not in authority.rights or role in authority.own_roles:
        faults.append(_fault("role", "a role that the network gives is wanted"))
    elif held == (statement.kind == "role.granted"):
        faults.append(_fault("role", f"{organisation} {'holds' if held else 'does not hold'} this role"))
    if statement.kind == "role.withdrawn" and (organisation, role) == (authority.operator, FOUNDING_ROLE):
        faults.append(_fault("role", "a log without a facilitator could admit nobody"))
    return faults


def _change_role(authority: Authority, statement: Statement, _index: int) -> None:
    organisation, role = _text(statement.public, "organisation"), _text(statement.public, "role")
    held = authority.roles.get(organisation, frozenset())
    authority.roles[organisation] = held | {role} if statement.kind == "role.granted" else held - {role}


def hash_rules(version: str, rights: JSON) -> str:
    """Hash a version of the rules with the rights that it gives: what rules.adopted names and a board decides about."""
    return sha256(encode_canonical({"version": version, "rights": rights})).hexdigest()


def _check_rules(authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    """A new version alone is the facilitator's to say; a change of rights is the board's to decide."""
    public = statement.public
    faults = _check_names(public, {"version", "hash", "rights"})
    if faults:
        return faults
    digest = hash_rules(_text(public, "version"), public["rights"])
    if public["hash"] != digest:
        faults.append(_fault("hash", f"the SHA-256 of version and rights is wanted: {digest}"))
    if public["rights"] is None:
        return faults
    for role, kinds in _mapping(public, "rights").items():
        if not ROLE.fullmatch(role) or not isinstance(kinds, (list, tuple)) or not all(_is_kind_pattern(kind) for kind in kinds):
            faults.append(_fault(f"rights.{role}", "a role has a list of kinds, or of families such as agreement.*"))
    kept = _mapping(public, "rights").get(FOUNDING_ROLE)
    if not isinstance(kept, (list, tuple)) or not all(covers_kind(tuple(map(str, kept)), kind) for kind in KEPT_RIGHTS):
        faults.append(_fault(f"rights.{FOUNDING_ROLE}", f"{', '.join(KEPT_RIGHTS)} stay with the {FOUNDING_ROLE}"))
    if not any(authority.resolutions.get(ref, ("", ""))[0] == f"{RULES}{digest}" for ref in statement.refs):
        faults.append(_fault("rights", f"rights change by a board resolution about {RULES}{digest}, which stands in refs"))
    return faults


def _adopt_rules(authority: Authority, statement: Statement, _index: int) -> None:
    if statement.public["rights"] is not None:
        rights = _mapping(statement.public, "rights")
        authority.rights = {role: tuple(map(str, kinds)) for role, kinds in rights.items() if isinstance(kinds, (list, tuple))}


def _check_erasure(_authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    public = statement.public
    faults = _check_names(public, {"statement", "fields", "reason"})
    if faults:
        return faults
    if not HASH.fullmatch(_text(public, "statement")):
        faults.append(_fault("statement", "the hash of the statement whose contents go is wanted"))
    fields = public["fields"]
    if not isinstance(fields, (list, tuple)) or not fields or not all(_is_whole(place, 0, MAX_FIELDS - 1) for place in fields):
        faults.append(_fault("fields", "a list of field positions is wanted"))
    return faults


def _seal(authority: Authority, _statement: Statement, _index: int) -> None:
    authority.sealed = True


def _check_only(*names: str) -> Callable[[Authority, Statement, str], list[Finding]]:
    """Make the check of a kind that has names and no rule beyond them."""
    return lambda _authority, statement, _received_at: _check_names(statement.public, set(names))


def _change_nothing(_authority: Authority, _statement: Statement, _index: int) -> None:
    return


def _check_possession(log: str, organisation: str, key: str, public: Public) -> list[Finding]:
    holder, roles = _text(public, "holder"), _texts(public, "roles")
    if not HOLDER.fullmatch(holder):
        return [_fault("holder", "a pseudonym of the form h-… is wanted")]
    message = possession_message(log, organisation, key, holder, roles)
    if verify_signature(decode_multikey(key), check_signature_hex(_text(public, "possession")), message):
        return []
    return [_fault("possession", "the new key's own signature over log, organisation, key, holder and roles is wanted")]


def _check_names(public: Public, names: set[str]) -> list[Finding]:
    missing = [_fault(name, "is missing") for name in sorted(names - set(public))]
    return missing + [_fault(name, "is not a name of this kind") for name in sorted(set(public) - names)]


def _fault(name: str, message: str) -> Finding:
    return Finding(f"statement.public.{name}", "ledger-rule", message)


def _text(public: Public, name: str) -> str:
    value = public[name]
    if not isinstance(value, str):
        raise Malformed(f"{name}: text is wanted")
    return value


def _texts(public: Public, name: str) -> list[str]:
    value = public[name]
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) and ROLE.fullmatch(item) for item in value):
        raise Malformed(f"{name}: a list of role names is wanted")
    if len(set(map(str, value))) != len(value):
        raise Malformed(f"{name}: a role stands twice")
    return [str(item) for item in value]


def _mapping(public: Public, name: str) -> Mapping[str, JSON]:
    value = public[name]
    if not isinstance(value, Mapping):
        raise Malformed(f"{name}: an object is wanted")
    return value


def _is_whole(value: JSON, low: int, high: int = MAX_INTEGER) -> bool:
    """Tell whether a value is a whole number from low to high; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_kind_pattern(value: JSON) -> bool:
    return isinstance(value, str) and bool(KIND.fullmatch(value) or re.fullmatch(r"[a-z][a-z_]{1,40}\.\*", value))


_SUBJECTS: Mapping[str, tuple[str, str]] = {  #: family of the subject and the public name that holds its id; all others are about the log
    "key.enrolled": ("key", "key"),
    "key.rotated": ("key", "old"),
    "key.revoked": ("key", "key"),
    "role.granted": ("organisation", "organisation"),
    "role.withdrawn": ("organisation", "organisation"),
    "contents.erased": ("statement", "statement"),
}

OWN_KINDS: Mapping[str, OwnKind] = {
    "log.founded": OwnKind(_check_founding, _found),
    "log.heartbeat": OwnKind(_check_only(), _change_nothing),
    "log.sealed": OwnKind(_check_only("reason", "successor"), _seal),
    "clock.corrected": OwnKind(_check_only("reason", "before", "after"), _change_nothing),
    "rules.adopted": OwnKind(_check_rules, _adopt_rules),
    "contents.erased": OwnKind(_check_erasure, _change_nothing),
    "key.enrolled": OwnKind(_check_enrolment, _enrol),
    "key.rotated": OwnKind(_check_rotation, _rotate),
    "key.revoked": OwnKind(_check_revocation, _revoke),
    "role.granted": OwnKind(_check_role, _change_role),
    "role.withdrawn": OwnKind(_check_role, _change_role),
}
