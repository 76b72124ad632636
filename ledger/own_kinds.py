"""The ledger's own kinds: founding, keys, roles, erasure, sealing, with the rules that hold on every log.

Each kind has a check (all faults at once) and an effect on Authority; all their data stand in `public`, so that a verifier that
knows no domain judges them. `role.granted` and `role.withdrawn` are here too: without them nobody could tell offline who was a board.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from ledger.authority import Authority, KeyRecord
from ledger.errors import Finding, Malformed
from ledger.instant import parse_instant
from ledger.key_limits import find_excesses
from ledger.log_kinds import (
    FOUNDING_ROLE,
    adopt_rules,
    check_founding,
    check_new_rules,
    check_rotation_of_log_key,
    check_sealing,
    fold_founding,
    rotate_log_key,
    seal_log,
)
from ledger.public_part import Public, blame_public, check_names, check_possession, is_whole, read_object, read_roles, read_text
from ledger.statement import HASH, MAX_FIELDS, ORGANISATION, Signed, Statement

ENROLLING_ROLE = "signatory"  #: the role with which an organisation enrols, rotates and revokes its own keys
RECOVERY = "recovery:"  #: family of the matter that a recovery's resolution is about: no other decision about a member opens its door
RECOVERY_OPEN = 30 * 86_400  #: seconds for which a recovery stays open after its waiting time
RESOLUTION_KIND = "resolution.recorded"  #: what a recovery refers to
REASONS = ("lost", "compromised", "superseded", "left")


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
        return [blame_public("statement", "the log has no such statement")]
    target = f"statement:{read_text(statement.public, 'statement')}"
    if statement.author == target_author or any(authority.resolutions.get(ref, ("", ""))[0] == target for ref in statement.refs):
        return []
    return [blame_public("statement", f"contents are erased by their author, {target_author}, or by a resolution about {target}")]


def _check_enrolment(authority: Authority, statement: Statement, received_at: str) -> list[Finding]:
    public = statement.public
    faults = check_names(public, {"organisation", "key", "holder", "roles", "limits", "not_after", "possession"})
    if faults:
        return faults
    organisation, key = read_text(public, "organisation"), read_text(public, "key")
    if not ORGANISATION.fullmatch(organisation):
        faults.append(blame_public("organisation", "an organisation's id is wanted"))
    if key in authority.keys:
        faults.append(blame_public("key", "this key is enrolled already: a key belongs to one organisation of a log, ever"))
    if not isinstance(public["limits"], dict):
        faults.append(blame_public("limits", "an object, by role, is wanted"))
    if public["not_after"] is not None and parse_instant(read_text(public, "not_after")) <= parse_instant(received_at):
        faults.append(blame_public("not_after", "it is past: an instant to come, or null, is wanted"))
    surplus = sorted(set(read_roles(public, "roles")) - authority.allowed_roles(organisation))
    if surplus or not read_roles(public, "roles"):
        faults.append(
            blame_public("roles", f"{organisation} may give its keys {', '.join(sorted(authority.allowed_roles(organisation)))} only")
        )
    return (
        faults
        + _check_enroller(authority, statement, organisation, received_at)
        + check_limits(authority, authority.keys[statement.key], statement.kind, public)
        + check_possession(statement.log, organisation, key, public)
    )


def _check_enroller(authority: Authority, statement: Statement, organisation: str, received_at: str) -> list[Finding]:
    """First key: the facilitator. Further keys: a signatory of the organisation itself. Recovery: facilitator, resolution, waiting time."""
    roles = authority.effective_roles(authority.keys[statement.key])
    if statement.author == organisation and roles & {ENROLLING_ROLE, FOUNDING_ROLE}:
        return []
    if FOUNDING_ROLE in roles and authority.count_keys(organisation) == 0:
        return []
    if FOUNDING_ROLE not in roles:
        return [blame_public("organisation", "further keys are enrolled by a signatory of the organisation itself")]
    for ref in statement.refs:
        about, decided_at = authority.resolutions.get(ref, ("", ""))
        if about == f"{RECOVERY}{organisation}":
            waited = (parse_instant(received_at) - parse_instant(decided_at)).total_seconds()
            if 0 <= waited - authority.recovery_wait <= RECOVERY_OPEN:
                return []
            message = f"recovery waits {authority.recovery_wait} seconds after the resolution and is open for {RECOVERY_OPEN} more"
            return [blame_public("organisation", f"{message}; {waited:.0f} have passed")]
    message = f"{organisation} has keys: one of them enrols, or a board resolution about {RECOVERY}{organisation} stands in refs"
    return [blame_public("organisation", message)]


def hands_on_limits(authority: Authority, signer: KeyRecord, organisation: str) -> bool:
    """Tell whether a key enrols for an organisation as its signatory and not as facilitator, so that its own limits bind."""
    roles = authority.effective_roles(signer)
    return signer.organisation == organisation and ENROLLING_ROLE in roles and FOUNDING_ROLE not in roles


def check_limits(authority: Authority, signer: KeyRecord, kind: str, public: Public) -> list[Finding]:
    """Hold the limits that an enrolment or a rotation hands on to those of the signatory's key that signs it.

    No other kind hands on any, nor does a key that rotates itself. Pages ask this of a key before it signs.
    """
    if kind == "key.enrolled" and hands_on_limits(authority, signer, read_text(public, "organisation")):
        excesses = find_excesses(signer.limits, public["limits"], read_roles(public, "roles"))
        return [blame_public(f"limits.{path}", _word_excess(bound)) for path, bound in excesses.items()]
    old = authority.keys.get(read_text(public, "old")) if kind == "key.rotated" else None
    if old is None or old.key == signer.key or ENROLLING_ROLE not in authority.effective_roles(signer):
        return []
    excesses = find_excesses(signer.limits, old.limits, old.roles)
    return [blame_public("old", f"its limit {path}: {_word_excess(bound)}; or it rotates itself") for path, bound in excesses.items()]


def _word_excess(bound: int | None) -> str:
    if bound is None:
        return "the key that signs has a limit here that cannot be read and so hands on nothing: another signatory's key signs this"
    return f"an integer up to {bound} is wanted, the limit of the key that signs; beyond it another signatory's key signs this"


def _enrol(authority: Authority, statement: Statement, index: int) -> None:
    public = statement.public
    for ref in statement.refs:
        if authority.resolutions.get(ref, ("", ""))[0] == f"{RECOVERY}{read_text(public, 'organisation')}":
            del authority.resolutions[ref]  # a resolution recovers one key, not as many as a facilitator likes
    key, not_after = read_text(public, "key"), public["not_after"]
    authority.keys[key] = KeyRecord(
        key,
        read_text(public, "organisation"),
        read_text(public, "holder"),
        frozenset(read_roles(public, "roles")),
        read_object(public, "limits"),
        index,
        not_after if isinstance(not_after, str) else None,
    )


def _check_rotation(authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    public = statement.public
    faults = check_names(public, {"old", "new", "possession"})
    if faults:
        return faults
    old = authority.keys.get(read_text(public, "old"))
    if old is None or old.revoked_at is not None or old.organisation != statement.author:
        return [blame_public("old", "a key of the author that is valid is wanted")]
    if statement.key != old.key and ENROLLING_ROLE not in authority.effective_roles(authority.keys[statement.key]):
        faults.append(blame_public("old", "a key is rotated by itself or by a signatory of its organisation"))
    faults += check_limits(authority, authority.keys[statement.key], statement.kind, public)
    if read_text(public, "new") in authority.keys:
        faults.append(blame_public("new", "this key is enrolled already: a key belongs to one organisation of a log, ever"))
    proof = {"holder": old.holder, "roles": sorted(old.roles), "possession": public["possession"]}
    return faults + check_possession(statement.log, old.organisation, read_text(public, "new"), proof)


def _rotate(authority: Authority, statement: Statement, index: int) -> None:
    old = authority.keys[read_text(statement.public, "old")]
    new = read_text(statement.public, "new")
    authority.keys[old.key] = replace(old, revoked_at=index)
    authority.keys[new] = replace(old, key=new, enrolled_at=index, revoked_at=None, compromised_since=None)


def _check_revocation(authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    public = statement.public
    faults = check_names(public, {"key", "reason", "compromised_since"})
    if faults:
        return faults
    record = authority.keys.get(read_text(public, "key"))
    if record is None or record.revoked_at is not None:
        return [blame_public("key", "a key that is enrolled and not yet revoked is wanted")]
    roles = authority.effective_roles(authority.keys[statement.key])
    itself = statement.key == record.key
    own = statement.author == record.organisation and ENROLLING_ROLE in roles
    if not (itself or own or FOUNDING_ROLE in roles):
        faults.append(blame_public("key", "a key is revoked by itself, by a signatory of its organisation, or by the facilitator"))
    if public["reason"] not in REASONS:
        faults.append(blame_public("reason", f"one of {', '.join(REASONS)} is wanted"))
    since = public["compromised_since"]
    if since is not None and not is_whole(since, record.enrolled_at):
        faults.append(blame_public("compromised_since", f"an index from {record.enrolled_at}, or null, is wanted"))
    return faults


def _revoke(authority: Authority, statement: Statement, index: int) -> None:
    record = authority.keys[read_text(statement.public, "key")]
    since = statement.public["compromised_since"]
    authority.keys[record.key] = replace(record, revoked_at=index, compromised_since=since if isinstance(since, int) else None)


def _check_role(authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    public = statement.public
    faults = check_names(public, {"organisation", "role"})
    if faults:
        return faults
    organisation, role = read_text(public, "organisation"), read_text(public, "role")
    held = role in authority.roles.get(organisation, frozenset())
    if role not in authority.rights or role in authority.own_roles:
        faults.append(blame_public("role", "a role that the network gives is wanted"))
    elif held == (statement.kind == "role.granted"):
        faults.append(blame_public("role", f"{organisation} {'holds' if held else 'does not hold'} this role"))
    if statement.kind == "role.withdrawn" and (organisation, role) == (authority.operator, FOUNDING_ROLE):
        faults.append(blame_public("role", "a log without a facilitator could admit nobody"))
    return faults


def _change_role(authority: Authority, statement: Statement, _index: int) -> None:
    organisation, role = read_text(statement.public, "organisation"), read_text(statement.public, "role")
    held = authority.roles.get(organisation, frozenset())
    authority.roles[organisation] = held | {role} if statement.kind == "role.granted" else held - {role}


def _check_erasure(_authority: Authority, statement: Statement, _received_at: str) -> list[Finding]:
    public = statement.public
    faults = check_names(public, {"statement", "fields", "reason"})
    if faults:
        return faults
    if not HASH.fullmatch(read_text(public, "statement")):
        faults.append(blame_public("statement", "the hash of the statement whose contents go is wanted"))
    fields = public["fields"]
    if not isinstance(fields, (list, tuple)) or not fields or not all(is_whole(place, 0, MAX_FIELDS - 1) for place in fields):
        faults.append(blame_public("fields", "a list of field positions is wanted"))
    return faults


def _check_only(*names: str) -> Callable[[Authority, Statement, str], list[Finding]]:
    """Make the check of a kind that has names and no rule beyond them."""
    return lambda _authority, statement, _received_at: check_names(statement.public, set(names))


def _change_nothing(_authority: Authority, _statement: Statement, _index: int) -> None:
    return


_SUBJECTS: Mapping[str, tuple[str, str]] = {  #: family of the subject and the public name that holds its id; all others are about the log
    "key.enrolled": ("key", "key"),
    "key.rotated": ("key", "old"),
    "key.revoked": ("key", "key"),
    "role.granted": ("organisation", "organisation"),
    "role.withdrawn": ("organisation", "organisation"),
    "contents.erased": ("statement", "statement"),
}

OWN_KINDS: Mapping[str, OwnKind] = {
    "log.founded": OwnKind(check_founding, fold_founding),
    "log.heartbeat": OwnKind(_check_only(), _change_nothing),
    "log.key_rotated": OwnKind(check_rotation_of_log_key, rotate_log_key),
    "log.sealed": OwnKind(check_sealing, seal_log),
    "clock.corrected": OwnKind(_check_only("reason", "before", "after"), _change_nothing),
    "rules.adopted": OwnKind(check_new_rules, adopt_rules),
    "contents.erased": OwnKind(_check_erasure, _change_nothing),
    "key.enrolled": OwnKind(_check_enrolment, _enrol),
    "key.rotated": OwnKind(_check_rotation, _rotate),
    "key.revoked": OwnKind(_check_revocation, _revoke),
    "role.granted": OwnKind(_check_role, _change_role),
    "role.withdrawn": OwnKind(_check_role, _change_role),
}
