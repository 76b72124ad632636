"""What verdicts, faults and answers mean, in the reader's words: scripts find codes, the sentences are here.

Verdicts in English are word for word those of `python -m ledger`.
"""

from flask_babel import gettext as _


def list_verdict_words() -> dict[str, dict[str, str]]:
    """List what verdicts, the codes of faults, and the answers on a certificate mean."""
    return {
        "meanings": {
            "witnessed": _("intact, and enough witnesses of your policy saw this history"),
            "consistent": _("intact, and continues every known head that you brought"),
            "unwitnessed": _("intact in itself; bring known heads to exclude that the log shows others another history"),
            "diverged": _("DIVERGED: the log's key, or a firm that looked, vouches for another history than this one"),
            "invalid": _("INVALID: the file is not what the log and its firms signed"),
        },
        "faults": list_fault_words(),
        "summaries": {
            "1": _("It is NOT valid."),
            "2": _("It could not be checked."),
            "3": _("It is properly signed; whether it was revoked since is unknown here."),
        },
        "questions": {
            "form": _("Form"),
            "proof": _("Signature"),
            "issuer": _("Issuer"),
            "validity": _("Validity"),
            "status": _("Revocation"),
            "results": _("Results"),
        },
        "states": {"holds": _("holds"), "fails": _("fails"), "unknown": _("unknown")},
        "reasons": {**_list_proof_reasons(), **_list_reasons()},
    }


def list_fault_words() -> dict[str, str]:
    """List in a sentence each what the codes of faults mean; FORMAT.md 5 and 13."""
    return {**_list_file_faults(), **_list_history_faults(), **_list_rule_faults(), "other": _("A rule of the log's format is broken.")}


def _list_file_faults() -> dict[str, str]:
    return {
        "malformed": _("The bytes are not as the log writes them: something was added, cut off or rewritten, or this is no such file."),
        "bad-signature": _("What stands here is not what the key signed: the text, the signature or the key was changed."),
        "bad-proof": _("The hashes do not lead where they should: the entry, its contents, the path or the checkpoint was changed."),
        "bad-chain": _("An entry does not name the hash of the one before it: one of both was changed after it was entered."),
        "bad-root": _("The entries do not give the root that the log's key signed: one of them was changed."),
        "wrong-index": _("An entry stands in another place than it says: entries were moved, added or taken away."),
        "unsigned": _("Entries stand behind the newest checkpoint: the log's key has not vouched for them."),
        "founding": _("The log does not begin as it should, or not with the entry 0 whose hash you brought: it is another log."),
        "other-log": _("This was signed for another log than the one whose name you brought."),
        "other-key": _("The file speaks of another key than you brought: compare yours with what the operator and other firms have."),
    }  # fmt: skip


def _list_history_faults() -> dict[str, str]:
    return {
        "rollback": _(
            "The file ends before a head that is vouched for. Either it is older than that head, or the newest entries were taken away."
        ),
        "known-head": _("The log's key once signed another history than this one: keep the file and your head as evidence."),
        "fork": _("The log's key signed two histories: keep the file as evidence."),
        "seen-contradicts": _("When this was signed, its author saw another history than this one: keep the file as evidence."),
    }


def _list_rule_faults() -> dict[str, str]:
    return {
        "log-sealed": _("The log had ended already when this was entered."),
        "expired": _("The time in which this could be entered had ended."),
        "too-long": _("This was left open for longer than the log allows."),
        "future": _("This was signed later than it was received, by their clocks."),
        "unknown-key": _("Nobody enrolled this key before: it may say nothing here."),
        "other-author": _("The key belongs to another organisation than the one that it speaks for."),
        "revoked-key": _("The key had been revoked already."),
        "expired-key": _("The key's time had ended already."),
        "wrong-role": _("The key had no role that may say this."),
        "unknown-version": _("This version of the kind is not known to the format."),
        "ledger-rule": _("One of the ledger's own rules forbids this."),
        "other-subject": _("What is said and what it is said about do not fit each other."),
        "replayed-id": _("The same statement was entered twice, or two statements bear one id."),
        "used-key-seq": _("The key used this number before: it signed two statements in one place."),
        "unknown-ref": _("It builds on a statement that is not on the log before it."),
        "received-earlier": _("The log's clock went backwards here."),
    }


def _list_proof_reasons() -> dict[str, str]:
    return {
        "count": _("It carries no proof, or more than eight."),
        "suite": _("Only proofs by eddsa-jcs-2022 are checked here."),
        "purpose": _("Only a proof made to assert, in no chain, is checked here."),
        "context": _("Another @context was signed."),
        "created": _("The proof names no time of its making, or one to come."),
        "expired": _("The proof has expired."),
        "key": _("The proof names no key that can be used."),
        "unknown": _("Hand in the keys of the signers: their names alone do not show them."),
        "changed": _("The signature does not fit the text: one of them was changed."),
        "issuer": _("No proof is by a key of the issuer."),
        "twice": _("The same proof stands there twice."),
        "second": _("Type 3.2 needs a second signature."),
        "holds": _("Unchanged since it was signed by:"),
    }


def _list_reasons() -> dict[str, str]:
    return {
        "unreadable": _("The file is not readable:"),
        "members": _("Not in the form of a W3C credential 2.0:"),
        "form": _("A W3C credential 2.0."),
        "named": _("Its issuer, whom you trust:"),
        "stranger": _("Its issuer, whose key you did not bring:"),
        "nobody": _("Its issuer; whose key that is, nobody here vouches for:"),
        "validity": _("Valid from and until:"),
        "status": _("Whether it was revoked since is not known here: ask its issuer or the log."),
        "results": _("Results are judged again by the command, symbiosis certificate verify."),
    }
