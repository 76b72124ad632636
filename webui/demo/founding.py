"""Founding: the log begins, members are admitted, keys enrolled by those who hold them, templates published, rulebook and grant given."""

from datetime import date

from contracts.agreements.facts import TemplatePublished
from contracts.facts import OWN_ROLES, Role, list_rights
from contracts.governance.facts import RulebookAdopted
from contracts.governance.rulebook import hash_rules
from contracts.own_facts import KeyEnrolled, LogFounded, RoleGranted
from contracts.parties.facts import GrantGiven, GrantScope, OrganisationAdmitted, OrganisationKind, Site
from contracts.templates.catalogue import load_templates, template_hash
from ledger.canonical import JSON
from webui.demo.cast import Signer
from webui.demo.player import Player

OPERATOR = "symbiosis"  #: short name of the facilitator
CHAIR = "municipality"  #: short name of the board's chair
RECOVERY_WAIT = 7 * 86_400  #: seconds between a resolution and the recovery of keys that it allows


def found_network(player: Player) -> None:
    """Found the log with the facilitator's key, admit it as operator, and enrol the service's own key."""
    figures, operator = player.figures, player.cast.find(OPERATOR, Role.FACILITATOR)
    held = player.runtime.prepare_network(figures.network, figures.log)
    roles = tuple(sorted({*operator.roles, *(role.value for role in OWN_ROLES)}))
    operator.roles = roles
    founding = LogFounded(
        log=f"log:{figures.log}",
        holder=operator.holder,
        roles=roles,
        possession=operator.prove(figures.log),
        log_key=held.keys.log_verifier.to_text(),
        receipt_key=held.keys.receipts_verifier.to_text(),
        rights=list_rights(),
        own_roles=tuple(role.value for role in OWN_ROLES),
        validity={},
        recovery_wait=RECOVERY_WAIT,
        settings=figures.settings,
    )
    player.runtime.found_network(figures.network, player.sign(founding, operator))
    player.counts["log.founded"] = 1
    _admit(player, OPERATOR)
    player.say(RoleGranted(operator.organisation, operator.organisation, Role.SERVICE.value), operator)
    service = Signer("service", operator.organisation, held.service, held.holder, (Role.SERVICE.value,))
    enrol_key(player, service, operator)
    player.submit()


def admit_members(player: Player) -> None:
    """Admit every other organisation, grant it its roles, and enrol its keys: the first by the facilitator, further ones by itself."""
    operator = player.cast.find(OPERATOR, Role.FACILITATOR)
    for organisation in player.figures.organisations:
        if organisation.short == OPERATOR:
            continue
        _admit(player, organisation.short)
        for role in organisation.roles:
            player.say(RoleGranted(organisation.id, organisation.id, role), operator)
        first, *further = player.cast.list_of(organisation.short)
        enrol_key(player, first, operator)
        for signer in further:
            enrol_key(player, signer, first)
    player.submit()


def enrol_key(player: Player, signer: Signer, by: Signer) -> None:
    """Say that a key is enrolled, with its own proof of possession."""
    key = signer.key.multikey
    player.say(
        KeyEnrolled(
            subject=key,
            organisation=signer.organisation,
            key=key,
            holder=signer.holder,
            roles=signer.roles,
            limits={},
            not_after=None,
            possession=signer.prove(player.figures.log),
        ),
        by,
    )


def set_rules(player: Player) -> None:
    """Publish the standard contracts, adopt the first rulebook, and let the auditor read everything, sealed costs included."""
    operator = player.cast.find(OPERATOR, Role.FACILITATOR)
    for ref, template in load_templates().items():
        player.say(TemplatePublished(ref, template_hash(template)), operator)
    rules = write_rules(player.cast.find(CHAIR, Role.BOARD).holder)
    player.say(RulebookAdopted("rulebook-1", hash_rules(rules), rules), operator)
    auditor = player.cast.id("northaudit")
    reason = "yearly audit of the network, agreed by all members when they joined"
    until = date(player.figures.year + 2, 12, 31)
    player.say(GrantGiven("audit-1", auditor, GrantScope.NETWORK, None, sealed=True, valid_until=until, reason=reason), operator)
    player.submit()


def write_rules(chair: str) -> dict[str, JSON]:
    """Write the rulebook: a seat for each member of the board, two thirds a quorum, simple majority, a small fee and reserve."""
    return {
        "quorum_percent": 66,
        "second_call_percent": 50,
        "majority": "simple",
        "tie": "chair",
        "chair": chair,
        "allocation_rule": "shapley",
        "fee_permille": 5,
        "reserve_permille": 10,
        "review_days": 4,
        "seats_per_organisation": 1,
    }


def _admit(player: Player, short: str) -> None:
    one = player.figures.find_organisation(short)
    number = 1 + [other.short for other in player.figures.organisations].index(short)
    player.say(
        OrganisationAdmitted(
            organisation=one.id,
            name=one.name,
            legal_id=f"DEMO-{number:04d} (invented)",
            country="DK",
            kind=OrganisationKind(one.kind),
            sites=(Site("main", "Main site", one.place),),
        ),
        player.cast.find(OPERATOR, Role.FACILITATOR),
    )
