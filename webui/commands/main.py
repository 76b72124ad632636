"""The command `symbiosis`: its subcommands, each loaded only when it is asked for."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import click

from webui.commands.faults import translate_fault


class Subcommand(NamedTuple):
    """Where a subcommand stands, and what it does in a line."""

    module: str
    name: str  #: of the click command in the module
    line: str


SUBCOMMANDS = {
    "demo": Subcommand("webui.commands.demo", "demo", "Play a year of a real network, verify it, and serve it."),
    "serve": Subcommand("webui.commands.serve", "serve", "Serve the site and the JSON API."),
    "worker": Subcommand("webui.commands.worker", "worker", "Run sequencers and jobs beside a served PostgreSQL database."),
    "network": Subcommand("webui.commands.network", "network", "Found a network, or list those of a place."),
    "person": Subcommand("webui.commands.person", "person", "Add persons who log in for an organisation."),
    "token": Subcommand("webui.commands.person", "token", "Make tokens by which machines speak to the API."),
    "keys": Subcommand("webui.commands.keys", "keys", "Make and show key files; ask for a key's enrolment."),
    "sign": Subcommand("webui.commands.sign", "sign", "Show a statement in words, sign it, and submit it."),
    "import": Subcommand("webui.commands.importing", "import_file", "Read deliveries from a CSV file; sign them all in one act."),
    "allocate": Subcommand("webui.commands.allocate", "allocate", "Divide the value of a game by a named rule."),
    "certificate": Subcommand("webui.commands.certificate", "certificate", "Verify a quality certificate, offline."),
    "evidence": Subcommand("webui.commands.evidence", "evidence", "Show less of an entry than its evidence holds."),
    "audit": Subcommand("webui.commands.audit", "audit", "Write an audit file, or recompute every figure in one."),
    "ledger": Subcommand("webui.commands.ledger", "ledger", "Check the stored log against all that remembers it, or recover it."),
    "tiles": Subcommand("webui.commands.tiles", "tiles", "Write a log as static files for a CDN or bucket, or check them."),
    "witness": Subcommand("webui.commands.witness", "witness", "Witness others' logs: cosign what continues, keep what does not."),
    "replay": Subcommand("webui.commands.replay", "replay", "Rebuild the tables from the log, or check them against it."),
}


class SymbiosisGroup(click.Group):
    """A group that knows its subcommands by name, loads the one that is run, and says faults in a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the names in the order in which a newcomer meets them."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Load a subcommand."""
        found = SUBCOMMANDS.get(cmd_name)
        command: click.Command | None = getattr(import_module(found.module), found.name) if found else None
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the list of subcommands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, found.line) for name, found in SUBCOMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run; what a person can mend is said in a sentence, with its exit code."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            fault = translate_fault(error)
            if fault is None:
                raise
            raise fault from error


EPILOG = """
\b
Exit codes of every command:
  0  done, or the answer is yes
  1  the answer is no: invalid, different, refused, or you said no
  2  usage: an option or a file cannot be read as what it should be
  3  undefined or incomplete: no such allocation, contents missing
  4  the server, the database or the log is not available; try again

\b
Begin here:
  symbiosis demo                    see a whole network at work
  symbiosis keys new --help         make a key of your own
  symbiosis COMMAND --help          each command, with an example
"""


@click.group(cls=SymbiosisGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EPILOG)
@click.version_option(package_name="symbiosis-ledger", prog_name="symbiosis")
def symbiosis() -> None:
    """Contracts, deliveries, certificates and fair sharing for industrial symbiosis, on a log that anybody can verify.

    Private keys stay in key files on your machine: `symbiosis sign` signs here and sends only what is signed.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with the exit code."""
    symbiosis.main(args=None if arguments is None else list(arguments), prog_name="symbiosis")


if __name__ == "__main__":
    main(sys.argv[1:])
