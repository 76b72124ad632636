"""The ledger: what was said, provably.

Reading order: errors, canonical, merkle, keys, keyfile, statement, entry, note, checkpoint, authority (what a signature is worth),
evidence and archive (what travels), verify (what an auditor runs), store, guard, intake and sequencer (what the service runs),
log (the doors' view of one log). FORMAT.md states every byte.
"""
