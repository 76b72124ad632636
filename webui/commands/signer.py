"""A signer at work: whose key, which number comes next, what was seen of the log; from a server, or from options where there is none."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from contracts.clock import SystemClock
from contracts.signing import NOTHING_SEEN, Author, sign_fact
from ledger.statement import Seen, Submission
from webui.commands.faults import Complaint
from webui.commands.heads import check_head, place_memory, read_memory
from webui.commands.keyfiles import open_key_file, passphrase_option, read_public_part
from webui.commands.server import Next, Server

F = TypeVar("F", bound=Callable[..., Any])
_SEEN = re.compile(r"(0|[1-9][0-9]{0,15}):([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signing:
    """What was said on the command line about signing."""

    key_file: Path
    passphrase_file: Path | None
    server: str | None  #: address
    log_key: Path | None
    key_seq: int | None
    seen: str | None  #: size:root
    yes: bool  #: do not ask


@dataclass(frozen=True, slots=True)
class Place:
    """Where and as which number of a key a statement would stand."""

    log: str
    organisation: str
    key: str  #: Multikey text
    key_seq: int
    seen: Seen
    currency: str | None
    server: Server | None


def signing_options(command: F) -> F:
    """Add the options of every command that signs; the command gets them as one Signing, its first argument `signing`."""
    options = (
        click.option("--key", "key_file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
                     help="Your key file, as symbiosis keys new made it."),
        passphrase_option,
        click.option("--server", metavar="URL", help="Ask this service for the next number of your key and the newest checkpoint."),
        click.option("--log-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="LOG.KEY",
                     help="The log's verifier key, to check the server's checkpoint with; without it, the one seen first is kept."),
        click.option("--key-seq", type=click.IntRange(1), metavar="N", help="Without a server: how manieth statement of this key it is."),
        click.option("--seen", metavar="SIZE:ROOT", help="Without a server: the newest checkpoint that you have checked."),
        click.option("--yes", is_flag=True, help="Do not ask; for programs that have shown it themselves."),
    )  # fmt: skip

    @wraps(command)
    def packed(**given: Any) -> Any:  # noqa: ANN401 - whatever the command takes and gives
        signing = Signing(**{name: given.pop(name) for name in Signing.__slots__})
        return command(signing=signing, **given)

    for option in reversed(options):
        option(packed)
    return packed  # type: ignore[return-value]  # it takes other arguments now, which click gives by name


def find_place(signing: Signing) -> Place:
    """Find out where the next statement of a key would stand; needs no passphrase."""
    public = read_public_part(signing.key_file)
    if signing.server is None:
        if signing.key_seq is None:
            raise Complaint("give --server URL, or --key-seq N (and --seen SIZE:ROOT) where there is no connection")
        return Place(public["log"], public["organisation"], public["key"], signing.key_seq, _read_seen(signing.seen), None, None)
    if signing.key_seq is not None or signing.seen is not None:
        raise Complaint("--server asks for what --key-seq and --seen would say: give one or the other")
    service = Server(signing.server)
    coming = service.read_next(public["log"], public["key"])
    checked = _check_seen(signing.key_file, public["log"], coming, service, signing.log_key)
    return Place(public["log"], public["organisation"], public["key"], coming.key_seq, checked, coming.currency, service)


def sign_all(place: Place, signing: Signing, drafts: Sequence[tuple[object, Sequence[str]]]) -> list[Submission]:
    """Open the key once and sign facts in order, each with its refs."""
    opened = open_key_file(signing.key_file, signing.passphrase_file)
    if (opened.log, opened.organisation, opened.key.multikey) != (place.log, place.organisation, place.key):
        raise Complaint(f"{signing.key_file} changed while you were reading: start again")
    author, now = Author(opened.log, opened.organisation, opened.key), SystemClock().now()
    return [
        sign_fact(fact, author, key_seq=place.key_seq + number, now=now, seen=place.seen, refs=refs)
        for number, (fact, refs) in enumerate(drafts)
    ]


def _check_seen(key_file: Path, log: str, coming: Next, service: Server, log_key: Path | None) -> Seen:
    """Check the server's newest checkpoint against the log's key and against what was seen before."""
    if coming.checkpoint is None:
        return NOTHING_SEEN
    memory = place_memory(key_file)
    known = read_memory(memory)
    if log_key is not None:
        trusted = log_key.read_text("utf-8").strip()
    elif known is not None:
        trusted = known.log_key
    elif coming.log_key is not None:
        trusted = coming.log_key
        click.echo(f"First time on this log: its key is taken from the server: {trusted}", err=True)
        click.echo(f"Compare it with the operator's printed one; it is kept in {memory}.", err=True)
    else:
        raise Complaint("the server does not say the log's key: give it with --log-key LOG.KEY")

    def prove(old: int, new: int) -> list[bytes]:
        return service.read_consistency(coming.network, old, new)

    return check_head(memory, coming.checkpoint, log, trusted, prove, coming.rotations)


def _read_seen(text: str | None) -> Seen:
    if text is None:
        return NOTHING_SEEN
    found = _SEEN.fullmatch(text)
    if found is None:
        raise Complaint(f"--seen: {text!r}: write the size and the root in hex, such as 1201:9f2c…")
    return Seen(int(found[1]), found[2])
