"""What the browser says while it holds keys and signs, by the codes that the scripts know."""

from flask_babel import gettext as _


def list_words() -> dict[str, str]:
    """List what is said on the page on which facts are signed."""
    return {
        "read": _("Nothing is signed until you press the button."),
        "asking": _("Asking for the next number of your key, and checking the log …"),
        "ready": _("These are the exact bytes. They are signed when you press the button."),
        "sending": _("Signed. Sending it to the log …"),
        "waits": _("The log has it and has not judged it yet. Asking again …"),
        "sequenced": _("On the log, not yet under a checkpoint: entry"),
        "published": _("On the log and under a checkpoint: entry"),
        "refused": _("The log refused this; nothing is lost. Go back to the form and mend what is named here."),
        "failed": _("Nothing was signed. Try again."),
        "loggedOut": _("You are not logged in any more. Log in again in another tab, then go on in this one."),
        **_list_warnings(),
        **list_obstacles(),
    }


def _list_warnings() -> dict[str, str]:
    return {
        "unknown": _(
            "No answer came, so nobody knows yet whether it was entered. Ask again: the same bytes are sent, and nothing is entered twice."
        ),
        "before": _(
            "What was signed here before has no answer yet. Ask again first: the same bytes are sent, and nothing is entered twice."
        ),
        "enteredBefore": _("What was signed before is on the log. Now sign what stands above."),
        "refusedBefore": _("What was signed before was refused. Now sign what stands above."),
        "fork": _(
            "Stop: the log contradicts what this browser saw of it before. Nothing was signed. "
            "Keep the two notes below and show them to the other members."
        ),
        "rollback": _(
            "Stop: the log has forgotten a statement of this key for which this browser has a receipt. Nothing was signed. "
            "Tell the other members."
        ),
        "unshown": _("Stop: this page does not show all that would be signed. Nothing was signed. Tell the operator."),
        "bad-signature": _("The checkpoint is not signed by the log's key. Nothing was signed."),
    }


def list_obstacles() -> dict[str, str]:
    """List why a browser cannot hold keys or sign, and what to do."""
    return {
        "insecure": _(
            "This page came over plain HTTP: anybody on the way could have changed it, so your browser keeps its signing functions shut. "
            "Open it by its https:// address, or at http://localhost on the server itself, or sign with the command symbiosis sign."
        ),
        "old-browser": _(
            "This browser cannot sign with Ed25519. Chrome and Edge can from version 137, Firefox from 129, Safari from 17; "
            "or sign with the command symbiosis sign."
        ),
        "no-storage": _("This browser keeps nothing for this site, so it cannot keep a key: leave the private window, or allow site data."),
    }
