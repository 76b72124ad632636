"""The auditor's desk: what to write down, the audit file for those whom grants let read, and how to verify it here or by command."""

from flask import Response
from flask_babel import gettext as _

from contracts.facts import Role
from contracts.parties.rules import Grant
from contracts.views.parties import list_grants
from contracts.views.sight import Sight
from ledger.checkpoint import peek_checkpoint
from ledger.cosigned_rows import find_newest_cosignature
from ledger.instant import write_seconds
from ledger.stamping import find_newest_stamp
from webui import access
from webui.access import get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.pages.checking_words import list_verdict_words
from webui.pages.ledger import describe_log
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages

pages = Pages("audit")


@pages.page("GET /n/<network:network>/audit", access.MEMBER_PERSONS)
def show_audit(network: str) -> Response:
    """Show the desk; every member may write the key and the heads down, the file is for auditors."""
    runtime = get_runtime()
    log, keys = runtime.log(network), runtime.service(network).keys
    newest = log.latest_checkpoint()
    head = peek_checkpoint(newest[2]) if newest else None
    with see() as sight:
        grants = list_own_grants(sight)
    with runtime.reading() as connection:
        cosigned, stamped = find_newest_cosignature(connection, log.log_id), find_newest_stamp(connection, log.log_id)
    return render(
        "ledger/audit.html",
        data=describe_log(network),
        receipts_key=keys.receipts_verifier.to_text(),
        head=f"{head.size}:{head.root.hex()}" if head else None,
        cosigned=cosigned and {"size": cosigned[0], "by": cosigned[1], "at": write_seconds(cosigned[2])},
        stamped=stamped and {"size": stamped[0], "at": stamped[1]},
        grants=grants,
        is_auditor=Role.AUDITOR in get_member().roles,
        word_scope=word_scope,
        verdict_words=list_verdict_words(),
    )


def list_own_grants(sight: Sight) -> list[Grant]:
    """List the grants by which the reader's organisation may read today."""
    today = get_runtime().clock.now().astimezone(get_place().zone).date()
    return [grant for grant in list_grants(sight) if grant.organisation == sight.organisation and grant.holds_on(today)]


def word_scope(grant: Grant) -> str:
    """Say how far a grant reaches."""
    reach = _("the whole network") if grant.agreement is None else _("the agreement %(agreement)s", agreement=grant.agreement)
    return str(_("%(reach)s, sealed costs too", reach=reach) if grant.sealed else reach)
