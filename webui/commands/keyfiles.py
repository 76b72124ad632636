"""Key files and passphrases, as commands ask for them: a passphrase never stands on the command line, where others could read it."""

import json
import os
from pathlib import Path

import click

from ledger.durable import write_synced
from ledger.keyfile import KeyFile, WrongPassphrase, open_key
from webui.commands.faults import NO, Complaint

MIN_PASSPHRASE = 12  #: characters, as ledger.keyfile wants them

#: Options of every command that opens a key file.
passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read the passphrase from the first line of FILE instead of asking; keep FILE to yourself.",
)


def read_passphrase(file: Path | None, words: str, *, twice: bool = False) -> str:
    """Read a passphrase from a file's first line, or ask for it without showing it."""
    if file is not None:
        return file.read_text("utf-8").partition("\n")[0].rstrip("\r")
    return str(click.prompt(words, hide_input=True, confirmation_prompt=twice, err=True))


def open_key_file(path: Path, passphrase_file: Path | None) -> KeyFile:
    """Open a key file with its passphrase; a Complaint says what is wrong."""
    data = path.read_bytes()
    passphrase = read_passphrase(passphrase_file, f"Passphrase of {path}")
    try:
        return open_key(data, passphrase)
    except WrongPassphrase as error:
        raise Complaint(f"{path}: {error}: try again, or use your copy of the file", NO) from None


def read_public_part(path: Path) -> dict[str, str]:
    """Read what a key file says without its passphrase: key, log, organisation, holder. Nothing vouches for it until it is opened."""
    try:
        value = json.loads(path.read_bytes())
        return {name: str(value[name]) for name in ("key", "log", "organisation", "holder")}
    except (ValueError, KeyError, TypeError):
        raise Complaint(f"{path}: this is no key file; make one with symbiosis keys new") from None


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that only this user reads; a Complaint if it exists, for a key that is written over is lost."""
    try:
        write_synced(path, data, os.O_EXCL, 0o600)
    except FileExistsError:
        raise Complaint(f"{path} exists and is left as it is: name another file with --out") from None
