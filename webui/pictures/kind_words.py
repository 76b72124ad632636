"""Kinds of entries in words, for pictures and lists: what was said, in the reader's language."""

from webui.pictures.writing import Writing


def name_kind(kind: str, writing: Writing) -> str:
    """Name a kind of entry; one that is unknown here keeps its code."""
    _ = writing.say
    names = {
        "log.founded": _("Log founded"),
        "log.heartbeat": _("Log alive"),
        "log.sealed": _("Log sealed"),
        "log.key_rotated": _("Log key changed"),
        "clock.corrected": _("Clock corrected"),
        "rules.adopted": _("Rules adopted"),
        "key.enrolled": _("Key enrolled"),
        "key.rotated": _("Key changed"),
        "key.revoked": _("Key revoked"),
        "contents.erased": _("Contents erased"),
        "organisation.admitted": _("Organisation admitted"),
        "organisation.suspended": _("Organisation suspended"),
        "organisation.resumed": _("Organisation resumed"),
        "organisation.left": _("Organisation left"),
        "role.granted": _("Role granted"),
        "role.withdrawn": _("Role withdrawn"),
        "grant.given": _("Grant given"),
        "grant.withdrawn": _("Grant withdrawn"),
        "template.published": _("Standard contract published"),
        **_name_trade(writing),
        **_name_sharing(writing),
    }
    return names.get(kind, kind)


def _name_trade(writing: Writing) -> dict[str, str]:
    _ = writing.say
    return {
        "agreement.offered": _("Agreement offered"),
        "agreement.countered": _("Counter-offer made"),
        "agreement.declined": _("Offer declined"),
        "agreement.withdrawn": _("Offer withdrawn"),
        "agreement.signed": _("Agreement signed"),
        "agreement.suspended": _("Agreement suspended"),
        "agreement.resumed": _("Agreement resumed"),
        "agreement.terminated": _("Agreement terminated"),
        "delivery.dispatched": _("Delivery dispatched"),
        "delivery.received": _("Delivery received"),
        "delivery.disputed": _("Delivery disputed"),
        "delivery.resolved": _("Dispute resolved"),
        "delivery.correction_proposed": _("Correction proposed"),
        "delivery.correction_approved": _("Correction approved"),
        "readings.recorded": _("Readings of a day recorded"),
        "certificate.issued": _("Certificate issued"),
        "certificate.suspended": _("Certificate suspended"),
        "certificate.reinstated": _("Certificate reinstated"),
        "certificate.revoked": _("Certificate revoked"),
    }


def _name_sharing(writing: Writing) -> dict[str, str]:
    _ = writing.say
    return {
        "costs.reported": _("Costs reported under seal"),
        "period.closed": _("Period closed"),
        "allocation.proposed": _("Allocation proposed"),
        "rulebook.adopted": _("Rulebook adopted"),
        "review.opened": _("Review opened"),
        "interest.declared": _("Interest declared"),
        "vote.cast": _("Vote cast"),
        "resolution.recorded": _("Resolution recorded"),
        "account.stated": _("Account stated"),
        "payment.confirmed": _("Payment confirmed"),
    }
