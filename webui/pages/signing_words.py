"""What the browser says while it holds keys and signs, by the codes that the scripts know."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l


def list_words() -> dict[str, str]:
    """List what is said on the page on which facts are signed."""
    return {
        "read": _("Nothing is signed until you press the button."),
        "asking": _("Asking for the next number of your key, and checking the log …"),
        "ready": _("These are the exact bytes. They are signed when you press the button."),
        "clock": _("Your device's clock is wrong, or the service's is. What you sign will bear the service's time:"),
        "sending": _("Signed. Sending it to the log …"),
        "waits": _("The log has it and has not judged it yet. Asking again …"),
        "sequenced": _("On the log, not yet under a checkpoint: entry"),
        "published": _("On the log and under a checkpoint: entry"),
        "witnessed": _("On the log and seen by its witnesses: entry"),
        "refused": _("The log refused this; nothing is lost. Go back to the form and mend what is named here."),
        "failed": _("Nothing was signed. Try again."),
        "loggedOut": _("You are not logged in any more. Log in again in another tab, then go on in this one."),
        **_list_warnings(),
        **list_obstacles(),
    }


def _list_warnings() -> dict[str, str]:
    return {
        "ahead": _(
            "Stop: the service's clock is far ahead of your device's. What is signed with a time to come could be held back until then. "
            "Set your device's clock; if the service's time is right, press the button again. The service says:"
        ),
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


def list_key_words() -> dict[str, str]:
    """List what is said where keys are made, opened and forgotten."""
    return {
        "working": _("Working … this takes a second or two, so that guessing your passphrase takes ages."),
        "made": _("Your browser has saved the backup. The key does not count yet: open the saved file in the next step."),
        "kept": _("The backup opens, and the key is in this browser. Nobody can read it out of here, not even you: keep the file."),
        "forgotten": _("Forgotten in this browser. On the log nothing has changed."),
        "here": _("in this browser"),
        "away": _("not in this browser"),
        "short-passphrase": _("A passphrase of 12 characters or more is wanted."),
        "wrong-passphrase": _("This passphrase does not open this file. Try again; after a forgotten passphrase only a new key helps."),
        "no-key-file": _("This is not a key file."),
        "other-owner": _("This key file was made for another organisation, person or log."),
        "no-key": _("Choose a key of this browser that the log does not know yet."),
        "no-roles": _("Tick one role at least."),
        **list_obstacles(),
    }


_ROLES = {
    "operator": _l("operator: weighs and records"),
    "signatory": _l("signatory: signs contracts, enrols keys"),
    "finance": _l("finance: reports costs, confirms payments"),
    "lab": _l("laboratory: issues certificates"),
    "facilitator": _l("facilitator: runs the network"),
    "board": _l("board: reviews and votes"),
    "auditor": _l("auditor: reads what a grant covers"),
    "service": _l("service: signs what jobs record"),
}


def word_role(role: str) -> str:
    """Say what a role is for."""
    return str(_ROLES.get(role, role))
