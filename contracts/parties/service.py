"""The parties' steps: founding, membership, keys, roles, grants; and who reads contents."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from contracts.clock import format_instant
from contracts.errors import Finding
from contracts.facts import type_of
from contracts.own_facts import (
    ClockCorrected,
    ContentsErased,
    KeyEnrolled,
    KeyRevoked,
    KeyRotated,
    LogFounded,
    LogHeartbeat,
    LogKeyRotated,
    LogSealed,
    RoleGranted,
    RoleWithdrawn,
    RulesAdopted,
)
from contracts.parties import rules, tables
from contracts.parties.facts import (
    GrantGiven,
    GrantWithdrawn,
    OrganisationAdmitted,
    OrganisationLeft,
    OrganisationResumed,
    OrganisationSuspended,
)
from contracts.parties.rules import Grant, Key, MemberState, Network, judge_settings
from contracts.said import Handler, Handlers, Said, accept, keep_nothing

_CONTENTS = ("name", "legal_id", "country", "kind", "sites")  #: of organisation.admitted, by position


def judge_membership(connection: Connection, said: Said[Any]) -> list[Finding]:
    """Judge whether the author may speak at all: an active member, the operator, or the founder."""
    if isinstance(said.fact, LogFounded):
        return []
    state = tables.find_state(connection, said.log_id, said.author)
    if state is MemberState.ACTIVE:
        return []
    operator = tables.get_network(connection, said.log_id).operator
    return rules.judge_author(type_of(said.fact).kind, said.author, state, operator)


def _judge_founding(_connection: Connection, said: Said[LogFounded]) -> list[Finding]:
    return judge_settings(said.fact.settings)


def _fold_founding(connection: Connection, said: Said[LogFounded]) -> None:
    fact = said.fact
    settings: Mapping[str, Any] = fact.settings
    name, currency, time_zone, rule = (str(settings[name]) for name in rules.SETTINGS)
    log, founded_at = fact.log.partition(":")[2], format_instant(said.received_at)
    network = Network(said.log_id, log, said.author, name, currency, time_zone, rule, founded_at)
    tables.insert_network(connection, network)
    for role in sorted(set(fact.roles) - set(fact.own_roles)):
        tables.insert_role(connection, said.log_id, said.author, role, said.index)
    founder = Key(said.key, said.author, fact.holder, tuple(sorted(fact.roles)), {}, None, said.index, None, None)
    tables.insert_key(connection, said.log_id, founder)


def _judge_subject(connection: Connection, said: Said[KeyEnrolled] | Said[RoleGranted]) -> list[Finding]:
    organisation = said.fact.organisation
    found = tables.find_organisation(connection, said.log_id, organisation)
    return rules.judge_subject(organisation, found, tables.get_network(connection, said.log_id).operator)


def _fold_enrolment(connection: Connection, said: Said[KeyEnrolled]) -> None:
    fact = said.fact
    key = Key(fact.key, fact.organisation, fact.holder, tuple(sorted(fact.roles)), fact.limits, fact.not_after, said.index, None, None)
    tables.insert_key(connection, said.log_id, key)


def _fold_rotation(connection: Connection, said: Said[KeyRotated]) -> None:
    old = tables.find_key(connection, said.log_id, said.fact.old)
    if old is None:
        raise LookupError(f"{said.fact.old} is not folded: the ledger's rules let only enrolled keys be rotated")
    tables.end_key(connection, said.log_id, old.key, said.index)
    new = Key(said.fact.new, old.organisation, old.holder, old.roles, old.limits, old.not_after, said.index, None, None)
    tables.insert_key(connection, said.log_id, new)


def _fold_revocation(connection: Connection, said: Said[KeyRevoked]) -> None:
    tables.end_key(connection, said.log_id, said.fact.key, said.index, said.fact.compromised_since)


def _fold_role(connection: Connection, said: Said[RoleGranted]) -> None:
    tables.insert_role(connection, said.log_id, said.fact.organisation, said.fact.role, said.index)


def _fold_role_end(connection: Connection, said: Said[RoleWithdrawn]) -> None:
    tables.delete_role(connection, said.log_id, said.fact.organisation, said.fact.role)


def _judge_admission(connection: Connection, said: Said[OrganisationAdmitted]) -> list[Finding]:
    fact = said.fact
    found = tables.find_organisation(connection, said.log_id, fact.organisation)
    namesakes = tables.list_namesakes(connection, said.log_id, fact.legal_id, but=fact.organisation)
    return rules.judge_admission(fact, found, namesakes, tables.get_network(connection, said.log_id).operator)


def _fold_admission(connection: Connection, said: Said[OrganisationAdmitted]) -> None:
    fact = said.fact
    values = {
        "name": fact.name,
        "legal_id": fact.legal_id,
        "country": fact.country,
        "kind": fact.kind.value,
        "sites": [{"site": site.site, "name": site.name, "place": site.place} for site in fact.sites],
        "state": MemberState.ACTIVE.value,
        "admitted_entry": said.index,
        "entry": said.index,
    }
    tables.put_organisation(connection, said.log_id, fact.organisation, values)
    tables.open_to(connection, said.log_id, said.index, [tables.MEMBERS])


_STEPS: Mapping[type[Any], tuple[Sequence[MemberState], MemberState]] = {  #: from which states to which
    OrganisationSuspended: ([MemberState.ACTIVE], MemberState.SUSPENDED),
    OrganisationResumed: ([MemberState.SUSPENDED], MemberState.ACTIVE),
    OrganisationLeft: ([MemberState.ACTIVE, MemberState.SUSPENDED], MemberState.LEFT),
}


def _judge_step(connection: Connection, said: Said[OrganisationSuspended | OrganisationResumed | OrganisationLeft]) -> list[Finding]:
    organisation = said.fact.organisation
    found = tables.find_organisation(connection, said.log_id, organisation)
    operator = tables.get_network(connection, said.log_id).operator
    findings = rules.judge_step(organisation, found, _STEPS[type(said.fact)][0], operator)
    if isinstance(said.fact, OrganisationLeft):
        findings += rules.judge_leaving(organisation, said.author, said.roles)
    return findings


def _fold_step(connection: Connection, said: Said[OrganisationSuspended | OrganisationResumed | OrganisationLeft]) -> None:
    state = _STEPS[type(said.fact)][1]
    tables.change_organisation(connection, said.log_id, said.fact.organisation, state=state.value, entry=said.index)
    tables.open_to(connection, said.log_id, said.index, [tables.MEMBERS])


def _judge_grant(connection: Connection, said: Said[GrantGiven]) -> list[Finding]:
    fact = said.fact
    network = tables.get_network(connection, said.log_id)
    return rules.judge_grant(
        fact,
        tables.find_grant(connection, said.log_id, fact.grant),
        tables.find_organisation(connection, said.log_id, fact.organisation),
        tables.list_roles(connection, said.log_id, fact.organisation),
        said.received_at.astimezone(network.zone).date(),
        known_agreement=fact.agreement is not None and tables.is_known_agreement(connection, said.log_id, fact.agreement),
    )


def _fold_grant(connection: Connection, said: Said[GrantGiven]) -> None:
    fact = said.fact
    grant = Grant(fact.grant, fact.organisation, fact.scope, fact.agreement, fact.sealed, fact.valid_until, said.index, None)
    tables.insert_grant(connection, said.log_id, grant)
    tables.open_to(connection, said.log_id, said.index, [tables.MEMBERS])


def _judge_withdrawal(connection: Connection, said: Said[GrantWithdrawn]) -> list[Finding]:
    return rules.judge_withdrawal(said.fact.grant, tables.find_grant(connection, said.log_id, said.fact.grant))


def _fold_withdrawal(connection: Connection, said: Said[GrantWithdrawn]) -> None:
    tables.end_grant(connection, said.log_id, said.fact.grant, said.index)
    tables.open_to(connection, said.log_id, said.index, [tables.MEMBERS])


def blocks_erasure(connection: Connection, log_id: int, index: int, _positions: Sequence[int]) -> str | None:
    """Say why contents of an entry may not be erased: the register keeps the names of members."""
    found = tables.find_admitted(connection, log_id, index)
    if found is None or found.state is MemberState.LEFT:
        return None
    return f"{found.organisation} is a member: its entry in the register stays until it has left"


def forget_contents(connection: Connection, log_id: int, index: int, positions: Sequence[int]) -> None:
    """Scrub what was folded from erased contents of the entry at `index`."""
    values: dict[str, Any] = {name: None for position, name in enumerate(_CONTENTS) if position in positions}
    if "sites" in values:
        values["sites"] = []
    tables.scrub_organisations(connection, log_id, index, values)


HANDLERS: Handlers = {
    LogFounded: Handler(_judge_founding, _fold_founding),
    LogHeartbeat: Handler(accept, keep_nothing),
    LogKeyRotated: Handler(accept, keep_nothing),
    LogSealed: Handler(accept, keep_nothing),
    ClockCorrected: Handler(accept, keep_nothing),
    RulesAdopted: Handler(accept, keep_nothing),
    ContentsErased: Handler(accept, keep_nothing),
    KeyEnrolled: Handler(_judge_subject, _fold_enrolment),
    KeyRotated: Handler(accept, _fold_rotation),
    KeyRevoked: Handler(accept, _fold_revocation),
    RoleGranted: Handler(_judge_subject, _fold_role),
    RoleWithdrawn: Handler(accept, _fold_role_end),
    OrganisationAdmitted: Handler(_judge_admission, _fold_admission),
    OrganisationSuspended: Handler(_judge_step, _fold_step),
    OrganisationResumed: Handler(_judge_step, _fold_step),
    OrganisationLeft: Handler(_judge_step, _fold_step),
    GrantGiven: Handler(_judge_grant, _fold_grant),
    GrantWithdrawn: Handler(_judge_withdrawal, _fold_withdrawal),
}
