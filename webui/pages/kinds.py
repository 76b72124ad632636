"""Kinds: how each kind of fact is called on pages, in two or three words, and the sentence that says what it means."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.facts import FACT_TYPES
from contracts.words import caption_fact, label_field

#: By the names of FACTS.md, in the order of the stages.
KINDS: dict[str, Any] = {
    "log.founded": _l("Log founded"),
    "log.heartbeat": _l("Sign of life"),
    "log.key_rotated": _l("Log key changed"),
    "log.sealed": _l("Log sealed"),
    "clock.corrected": _l("Clock corrected"),
    "rules.adopted": _l("Rules of the log adopted"),
    "key.enrolled": _l("Key enrolled"),
    "key.rotated": _l("Key rotated"),
    "key.revoked": _l("Key revoked"),
    "role.granted": _l("Role granted"),
    "role.withdrawn": _l("Role withdrawn"),
    "contents.erased": _l("Contents erased"),
    "organisation.admitted": _l("Organisation admitted"),
    "organisation.suspended": _l("Organisation suspended"),
    "organisation.resumed": _l("Organisation resumed"),
    "organisation.left": _l("Organisation left"),
    "grant.given": _l("Grant given"),
    "grant.withdrawn": _l("Grant withdrawn"),
    "template.published": _l("Standard contract published"),
    "agreement.offered": _l("Agreement offered"),
    "agreement.countered": _l("Counter-offer made"),
    "agreement.declined": _l("Agreement declined"),
    "agreement.withdrawn": _l("Offer withdrawn"),
    "agreement.signed": _l("Agreement signed"),
    "agreement.suspended": _l("Agreement suspended"),
    "agreement.resumed": _l("Agreement resumed"),
    "agreement.terminated": _l("Agreement terminated"),
    "delivery.dispatched": _l("Delivery dispatched"),
    "delivery.received": _l("Delivery received"),
    "readings.recorded": _l("Day of readings recorded"),
    "delivery.disputed": _l("Delivery disputed"),
    "delivery.resolved": _l("Dispute resolved"),
    "delivery.correction_proposed": _l("Correction proposed"),
    "delivery.correction_approved": _l("Correction approved"),
    "certificate.issued": _l("Certificate issued"),
    "certificate.suspended": _l("Certificate suspended"),
    "certificate.reinstated": _l("Certificate reinstated"),
    "certificate.revoked": _l("Certificate revoked"),
    "costs.reported": _l("Costs reported"),
    "period.closed": _l("Period closed"),
    "allocation.proposed": _l("Allocation proposed"),
    "rulebook.adopted": _l("Rulebook adopted"),
    "review.opened": _l("Review opened"),
    "interest.declared": _l("Interest declared"),
    "vote.cast": _l("Vote cast"),
    "resolution.recorded": _l("Resolution recorded"),
    "account.stated": _l("Account stated"),
    "payment.confirmed": _l("Payment confirmed"),
}


def word_kind(kind: str) -> str:
    """Call a kind of fact by its short name; of one that is not known here, what its own name says."""
    return str(KINDS[kind]) if kind in KINDS else label_field(kind.replace(".", " "))


def caption_kind(kind: str) -> str:
    """Say in a sentence what a kind of fact means; empty for one that is not known here."""
    versions = [found for (name, _version), found in FACT_TYPES.items() if name == kind]
    return _(caption_fact(versions[-1].fact)) if versions else ""


def list_kinds() -> list[tuple[str, Any]]:
    """List the kinds with their short names, for a choice."""
    return list(KINDS.items())
