"""Changing a log's key: the next one is made, both sign the note, a facilitator enters it; later the former ones are removed."""

from pathlib import Path

from contracts.errors import Conflict, Invalid, NotYet
from contracts.own_facts import LogKeyRotated
from contracts.signing import Author, sign_fact
from ledger.keyfile import KeyFile
from ledger.keys import SigningKey
from ledger.log_kinds import sign_rotation
from ledger.note import ED25519, VerifierKey
from ledger.outcome import Receipt, Refused
from webui.runtime import Runtime
from webui.service_keys import find_log_key, list_log_keys, make_log_key, retire_log_key


def rotate_log_key(runtime: Runtime, network: str, held: KeyFile) -> tuple[int, str]:
    """Hand a log over to a new key; gives the index of the entry that says so, and the new verifier key.

    The new key lies in its file before the log names it: a crash between both leaves a key that nothing refers to, and the next change
    takes it. Raises Conflict if the key in force is not at hand, Invalid with the findings if the log refuses.
    """
    log, data = runtime.log(network), runtime.settings.data
    named = [text for _, text in log.read_authority().log_keys]
    old = find_log_key(data, network, log.name, named[-1])
    if old is None:
        raise Conflict("the log's key is not at hand: bring its file back")
    spare = [key for key in list_log_keys(data, network) if _verify_by(log.name, key).to_text() not in named]
    new = spare[0] if spare else make_log_key(data, network)
    verifier = _verify_by(log.name, new)
    note = sign_rotation(_verify_by(log.name, old), verifier, old.sign, new.sign)
    coming = runtime.prepare_signing(network, held.key.multikey)
    author = Author(log.name, held.organisation, held.key)
    fact = LogKeyRotated(f"log:{log.name}", note)
    outcome = log.submit_many([sign_fact(fact, author, key_seq=coming.key_seq, now=runtime.clock.now(), seen=coming.seen)])[0]
    if isinstance(outcome, Refused):
        raise Invalid("the log refused its new key", outcome.findings)
    if not isinstance(outcome, Receipt):
        raise NotYet("the log has not answered yet: ask again whether its key changed")
    return outcome.index, verifier.to_text()


def retire_log_keys(runtime: Runtime, network: str) -> list[Path]:
    """Remove the files of a log's former keys; gives them. Raises Conflict while the newest checkpoint is not under the new key."""
    log, data = runtime.log(network), runtime.settings.data
    named = log.read_authority().log_keys
    newest = log.latest_checkpoint()
    if newest is None or newest[0] <= named[-1][0]:
        raise Conflict("no checkpoint is signed by the new key yet: try again in a few seconds")
    found = (find_log_key(data, network, log.name, text) for _, text in named[:-1])
    return [retire_log_key(data, network, key) for key in found if key is not None]


def _verify_by(log: str, key: SigningKey) -> VerifierKey:
    return VerifierKey(log, ED25519, key.public)
