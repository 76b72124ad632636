"""`symbiosis keys`: make a key file, show one, and ask for its key's enrolment with a proof of possession."""

import json
import re
import secrets
from pathlib import Path

import click

from ledger.authority import prove_possession
from ledger.keyfile import KeyFile, seal_key
from ledger.keys import SigningKey
from ledger.own_kinds import REASONS
from ledger.public_part import HOLDER
from ledger.statement import LOG_NAME, ORGANISATION
from webui.commands.faults import Complaint
from webui.commands.keyfiles import (
    MIN_PASSPHRASE,
    open_key_file,
    passphrase_option,
    read_passphrase,
    read_public_part,
    write_secret,
)

ROLES = ("operator", "signatory", "finance", "lab", "facilitator", "board", "auditor", "service")

EPILOG = """
\b
How a key begins to count:
  1. symbiosis keys new ...        you make it; the private key never leaves the file
  2. symbiosis keys request ...    you send what this prints to who enrols keys
  3. symbiosis sign ...            a signatory of your organisation, or for its first
                                   key the facilitator, signs that as key.enrolled

Exit codes: 0 done, 1 wrong passphrase, 2 an option or a file is at fault.
"""


@click.group(epilog=EPILOG)
def keys() -> None:
    """Make and show key files; ask for a key's enrolment.

    A key file holds one Ed25519 private key under your passphrase (PBKDF2-HMAC-SHA-256, AES-256-GCM), one file per device
    and person. Lost passphrases cannot be recovered: another key is enrolled then.
    """


@keys.command(
    short_help="Make a new key in a file.",
    epilog="""
\b
Example:
  symbiosis keys new --log ledger.kalundborg.example/main --organisation o-7f3a9c --out weighbridge.key
""",
)
@click.option("--log", required=True, metavar="NAME", help="Name of the log, such as ledger.kalundborg.example/main.")
@click.option("--organisation", required=True, metavar="ID", help="Id of your organisation, such as o-7f3a9c.")
@click.option("--holder", metavar="ID", help="Your pseudonym, if you hold a key on this log already; a new one otherwise.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to write the key file.")
@passphrase_option
def new(log: str, organisation: str, holder: str | None, out: Path, passphrase_file: Path | None) -> None:
    """Make a new key in a file, protected by a passphrase of 12 characters or more; print its public half."""
    pseudonym = holder or f"h-{secrets.token_hex(8)}"
    _check_form("--log", log, LOG_NAME, "a log's name such as ledger.kalundborg.example/main")
    _check_form("--organisation", organisation, ORGANISATION, "an id such as o-7f3a9c")
    _check_form("--holder", pseudonym, HOLDER, "a pseudonym such as h-1c9b2e")
    if out.exists():
        raise Complaint(f"{out} exists and is left as it is: name another file with --out")
    passphrase = read_passphrase(passphrase_file, f"New passphrase ({MIN_PASSPHRASE} characters or more)", twice=True)
    made = KeyFile(SigningKey.generate(), log, organisation, pseudonym)
    write_secret(out, seal_key(made, passphrase))
    click.echo(made.key.multikey)
    click.echo(f"Wrote {out} for {organisation}, holder {pseudonym}. Keep a copy, and the passphrase elsewhere.", err=True)
    click.echo(f"Next: symbiosis keys request {out} --roles operator", err=True)


@keys.command(
    short_help="Show whose key a file holds.",
    epilog="""
\b
Example:
  symbiosis keys show weighbridge.key
""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(file: Path, *, as_json: bool) -> None:
    """Show whose key FILE holds; needs no passphrase, and shows nothing secret."""
    found = read_public_part(file)
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, text in found.items():
        click.echo(f"{name:<13} {text}")


@keys.command(
    short_help="Ask for a key's enrolment, or rotation.",
    epilog="""
\b
Example:
  symbiosis keys request weighbridge.key --roles operator > request.json
  symbiosis keys request director.key --roles signatory,finance --limit signatory=25000000

Whoever enrols signs it with: symbiosis sign request.json --key THEIRS.key
A signatory whose own key has limits gives yours none beyond them: ask for those with --limit.
""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--roles", required=True, metavar="ROLE,…", help=f"What the key is for: {', '.join(ROLES)}.")
@click.option("--limit", "limits", multiple=True, metavar="ROLE=CENTS", help="Highest amount the key may sign for, in minor units.")
@click.option("--not-after", metavar="TIME", help="When the key ends, such as 2027-12-31T23:00:00Z; never if left out.")
@click.option("--replaces", metavar="KEY", help="Rotate: the key z6Mk... whose place it takes, with its holder, roles and limits.")
@passphrase_option
def request(
    file: Path, roles: str, limits: tuple[str, ...], not_after: str | None, replaces: str | None, passphrase_file: Path | None
) -> None:  # fmt: skip
    """Print the draft of key.enrolled, or with --replaces of key.rotated, for the key in FILE, with its own proof that you have it."""
    named = sorted({role.strip() for role in roles.split(",")})
    unknown = [role for role in named if role not in ROLES]
    if unknown:
        raise Complaint(f"--roles: {unknown[0]!r} is no role; choose among {', '.join(ROLES)}")
    if replaces is not None and (limits or not_after):
        raise Complaint("--replaces: the new key takes limits and end of the old one: leave --limit and --not-after out")
    bounds = {role: {"amount": amount} for role, amount in (_read_limit(limit, named) for limit in limits)}
    held = open_key_file(file, passphrase_file)
    proof = prove_possession(held.log, held.organisation, held.key.multikey, held.holder, named, held.key.sign)
    if replaces is not None:
        rotation = {"kind": "key.rotated", "about": f"key:{replaces}", "old": replaces, "new": held.key.multikey, "possession": proof}
        click.echo(json.dumps(rotation, indent=1))
        return
    draft = {
        "kind": "key.enrolled",
        "about": f"key:{held.key.multikey}",
        "organisation": held.organisation,
        "key": held.key.multikey,
        "holder": held.holder,
        "roles": named,
        "limits": bounds,
        "not_after": not_after,
        "possession": proof,
    }
    click.echo(json.dumps(draft, indent=1))


@keys.command(
    short_help="Print the draft that revokes a key.",
    epilog="""
\b
Example:
  symbiosis keys revoke z6MkqoMW... --reason lost > revoke.json
  symbiosis sign revoke.json --key director.key --server https://ledger.example --submit

A key is revoked by itself, by a signatory of its organisation, or by the facilitator; it signs nothing more from then on.
""",
)
@click.argument("key", metavar="KEY")
@click.option("--reason", required=True, type=click.Choice(REASONS), help="Why.")
@click.option("--compromised-since", type=click.IntRange(0), metavar="INDEX", help="First entry of this key that is in doubt.")
def revoke(key: str, reason: str, compromised_since: int | None) -> None:
    """Print the draft of key.revoked for KEY (z6Mk...)."""
    draft = {"kind": "key.revoked", "about": f"key:{key}", "key": key, "reason": reason, "compromised_since": compromised_since}
    click.echo(json.dumps(draft, indent=1))


def _read_limit(text: str, roles: list[str]) -> tuple[str, int]:
    role, _, amount = text.partition("=")
    if role not in roles or not re.fullmatch(r"[0-9]{1,15}", amount, re.ASCII):
        raise Complaint(f"--limit: {text!r}: write one of the key's roles and whole minor units, such as signatory=25000000")
    return role, int(amount)


def _check_form(option: str, text: str, pattern: re.Pattern[str], wanted: str) -> None:
    if not pattern.fullmatch(text):
        raise Complaint(f"{option}: {text!r} is not {wanted}")
