"""`symbiosis tiles`: write a log as static files for a CDN or a bucket, and check such files from anywhere."""

import os
from pathlib import Path

import click

from webui.commands.faults import NO, UNAVAILABLE, Complaint
from webui.commands.place import choose_network, network_option, open_place, place_options
from webui.commands.progress import show_progress

TOKEN_VARIABLE = "SYMBIOSIS_TOKEN"  # noqa: S105 - the name of a variable


@click.group()
def tiles() -> None:
    """Write a log as static files (C2SP tlog-tiles), or check such files.

    Tiles hold every entry's header and all hashes, no contents. Whoever has them and the log's key proves anything about the log without a
    server, and a lost database gets its entries back from them.
    """


@tiles.command(
    short_help="Write a log's tiles into a folder or a bucket.",
    epilog="""
\b
Examples:
  symbiosis tiles export --data /srv/symbiosis --network kalundborg /srv/www/log
  symbiosis tiles export --network kalundborg s3://ledger-tiles/kalundborg

\b
Whoever reads the place reads headers: who said which kind of thing, when, about what.
A bucket wants pip install 'symbiosis-ledger[s3]' and boto3's variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL_S3.

\b
Exit codes:
  0  written
  1  the place holds what this log never published: another history, or a newer one than the database
  2  no such folder or network
  4  the place or the database is not available
""",
)
@place_options
@network_option
@click.option("--public", is_flag=True, help="Let shared caches keep what is served from a bucket.")
@click.argument("target", metavar="FOLDER|s3://BUCKET/PREFIX")
def export(data: Path | None, database: str | None, network: str | None, target: str, *, public: bool) -> None:
    """Write what is new since the last export, `checkpoint` last; nothing that was published is ever written over."""
    from ledger.errors import EvidenceError
    from ledger.tile_publication import TileConflict, publish_tiles
    from webui.tile_stores import name_store_fault, open_target

    with open_place(data, database) as runtime:
        log = runtime.log(choose_network(runtime, network))
        try:
            with open_target(target, public=public) as opened:
                done = publish_tiles(log.tiles, opened)
        except (TileConflict, EvidenceError) as error:
            raise Complaint(str(error), NO) from None
        except Exception as error:
            fault = name_store_fault(error)
            if fault is None:
                raise
            raise Complaint(f"{target}: {fault}", UNAVAILABLE) from None
    if not done.size:
        raise Complaint(f"{log.name} has no checkpoint yet: start the server or the worker, which sign one a second after an entry", NO)
    click.echo(f"{target}: {done.size} entries of {log.name}, {done.size - done.previous} of them new; {done.written} tiles written.")


@tiles.command(
    short_help="Check tiles in a folder or at an address.",
    epilog="""
\b
Examples:
  symbiosis tiles check /srv/www/log --key-file log.key
  symbiosis tiles check https://ledger.example/log/kalundborg --key-file log.key

\b
A private network's tiles want a token of a member, in SYMBIOSIS_TOKEN.

\b
Exit codes:
  0  every entry and every hash leads to the signed checkpoint
  1  something does not: the file is named
  2  no such place, or no key
  4  the server does not answer
""",
)
@click.argument("source", metavar="FOLDER|URL")
@click.option("--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="LOG.KEY", required=True,
              help="The log's verifier key, one line, from elsewhere than the tiles.")  # fmt: skip
def check(source: str, key_file: Path) -> None:
    """Recompute the whole tree from the entries, compare it with the hash tiles and the checkpoint; needs no server and no database."""
    from ledger.errors import EvidenceError
    from ledger.note import read_verifier_key
    from ledger.tile_reader import Unreachable, check_tiles, open_place

    key = read_verifier_key(key_file.read_text("utf-8"))
    try:
        place = open_place(source, token=os.environ.get(TOKEN_VARIABLE))
        with show_progress("checking") as show:
            found = check_tiles(place, key.name, key, on_progress=show)
    except EvidenceError as error:
        raise Complaint(f"{source}: {error}", NO) from None
    except Unreachable as error:
        raise Complaint(str(error), UNAVAILABLE) from None
    except ValueError as error:
        raise Complaint(str(error)) from None
    click.echo(f"OK: {found.size} entries of {found.origin} lead to the signed root\n{found.root.hex()}")
