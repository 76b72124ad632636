"""The ledger: what was said, provably.

Reading order: errors, canonical, merkle, keys, keyfile, instant; contents, statement, entry, note, checkpoint (the forms); authority,
public_part, log_kinds, own_kinds (what a signature is worth, read from the log); archive, evidence (what travels), scan, key_table,
trail, entry_checks, disclosure, heads, verdict, verify (what an auditor runs); tables, store, guard, tip, watch, outcome, intake, inbox,
lease, sequencer, desk, writer (what the service runs); log (the doors' view of one log). FORMAT.md states every byte.
"""
