"""The worked example of ledger/FORMAT.md, recomputed. `python -m tests.ledger.format_examples` writes it into the page."""

import json
from pathlib import Path
from typing import Any

import ledger
from ledger.authority import POSSESSION_PREFIX, possession_message
from ledger.canonical import encode_canonical
from ledger.entry import hash_entry
from ledger.errors import Finding
from ledger.merkle import compute_root, hash_leaf, prove_inclusion
from ledger.outcome import LogKeys, sign_acknowledgement, sign_refusal
from ledger.statement import STATEMENT_PREFIX
from tests.ledger.small_log import CLAIMS, FIRM, LOG, LOG_KEY, SmallLog, build_small_log, make_key

PAGE = Path(ledger.__file__).parent / "FORMAT.md"
MARK = "<!-- recomputed: everything below -->\n"


def write_example() -> str:
    """Write the example in Markdown."""
    log = build_small_log(1)
    parts = [*show_statement(log), *show_contents(log), *show_entry(log), *show_tree(log), *show_notes(log)]
    return MARK + "".join(f"\n**{title}**\n\n    {text}\n" for title, text in parts)


def show_statement(log: SmallLog) -> list[tuple[str, str]]:
    """Show the header of entry 2, its hash, key and signature, and the firm's proof of possession."""
    signed, firm = log.signed[2], make_key("firm")
    message = possession_message(LOG, FIRM, firm.multikey, "h-firm000", ["operator", "signatory"])
    return [
        ("Canonical header of entry 2", signed.encoded.decode()),
        ("Length of its signed bytes, with the prefix", str(len(STATEMENT_PREFIX + signed.encoded))),
        ("Statement hash", signed.hash),
        ("Firm's public key, 32 bytes, and as Multikey text", f"{firm.public.hex()}\n    {firm.multikey}"),
        ("Signature", signed.signature.hex()),
        ("Proof of possession in entry 1: after the prefix and LF, the signed bytes are", message.removeprefix(POSSESSION_PREFIX).decode()),
        ("and the firm's signature over them with the prefix is", firm.sign(message).hex()),
    ]


def show_contents(log: SmallLog) -> list[tuple[str, str]]:
    """Show what is hashed of the contents of entry 2."""
    statement = log.signed[2].statement
    fields: Any = log.contents[2]
    fields = fields["fields"]
    head: list[Any] = [statement.log, statement.author, statement.id]
    quantity, listed = fields[0], fields[2]
    field = encode_canonical(["symbiosis-ledger/field/v1", *head, 0, quantity["name"], quantity["salt"], quantity["value"]])
    rows = [
        encode_canonical(["symbiosis-ledger/row/v1", *head, 2, number, row["salt"], row["value"]])
        for number, row in enumerate(listed["rows"])
    ]
    root = compute_root(map(hash_leaf, rows)).hex()
    whole = encode_canonical(["symbiosis-ledger/rows/v1", *head, 2, listed["name"], listed["salt"], len(rows), root])
    return [
        ("Contents of entry 2 as they travel", encode_canonical({"fields": fields}).decode()),
        ("Field 0, hashed bytes after 0x00, and its leaf", f"{field.decode()}\n    {hash_leaf(field).hex()}"),
        ("Field 2, row 1, hashed bytes after 0x00, and its leaf", f"{rows[1].decode()}\n    {hash_leaf(rows[1]).hex()}"),
        ("Field 2, hashed bytes after 0x00, and its leaf", f"{whole.decode()}\n    {hash_leaf(whole).hex()}"),
        ("Root over the four leaves", statement.contents_root),
    ]


def show_entry(log: SmallLog) -> list[tuple[str, str]]:
    """Show all entries and their leaf hashes."""
    return [(f"Entry {index}, and its leaf hash", f"{data.decode()}\n    {hash_entry(data)}") for index, data in enumerate(log.entries)]


def show_tree(log: SmallLog) -> list[tuple[str, str]]:
    """Show root and one inclusion path."""
    leaves = [hash_leaf(data) for data in log.entries]
    path = prove_inclusion(
        lambda nodes: {(level, place): compute_root(leaves[place << level : (place + 1) << level]) for level, place in nodes}, 1, 3
    )
    return [
        ("Root of the tree of 3", compute_root(leaves).hex()),
        ("Inclusion path of entry 1 in it", "\n    ".join(step.hex() for step in path)),
    ]


def show_notes(log: SmallLog) -> list[tuple[str, str]]:
    """Show verifier keys, checkpoint, acknowledgement and refusal."""
    keys, hashed = LogKeys(LOG, LOG_KEY, make_key("receipts")), log.signed[2].hash
    finding = Finding("statement.expires_at", "expired", "its time has ended: sign it anew")
    notes = {
        "Checkpoint of size 3": log.notes[-1],
        "Acknowledgement": sign_acknowledgement(keys, hashed, "2026-01-01T00:02:30Z", "2026-01-01T01:02:30Z"),
        "Refusal": sign_refusal(keys, hashed, "2026-01-01T01:03:00Z", [finding]),
    }
    shown = [(f"{title}, as a JSON string", json.dumps(note, ensure_ascii=False)) for title, note in notes.items()]
    return [("Verifier key of the log, and of its receipts", f"{CLAIMS.log_key}\n    {CLAIMS.receipt_key}"), *shown]


if __name__ == "__main__":
    text = PAGE.read_text("utf-8").partition(MARK)[0]
    PAGE.write_text(text + write_example(), "utf-8")
