"""`symbiosis person` and `symbiosis token`: who may read through the API, as the operator lets them in; neither can sign anything."""

from collections.abc import Iterable
from pathlib import Path

import click

from contracts.errors import NotFound
from ledger.authority import KeyRecord
from webui.commands.faults import Complaint
from webui.commands.keyfiles import read_passphrase
from webui.commands.place import choose_network, network_option, open_place, place_options

READING = """
\b
A login and a token decide only what may be read; what is written is said by signatures, with keys that this service
does not have.
"""


@click.group(epilog=READING)
def person() -> None:
    """Add persons who log in for an organisation, and help those who lost their second factor."""


@person.command(
    short_help="Add a person, or another membership of one.",
    epilog="""
\b
Example:
  symbiosis person add --data /srv/symbiosis --network kalundborg --email anna@works.example \\
      --name "Anna Holm" --organisation o-7f3a9c --holder h-1c9b2e

Exit codes: 0 added, 1 the address is taken, 2 an option is at fault.
""",
)
@place_options
@network_option
@click.option("--email", required=True, help="Address with which the person logs in.")
@click.option("--name", required=True, help="Name, as others read it.")
@click.option("--organisation", required=True, metavar="ID", help="For which organisation the person reads.")
@click.option("--holder", required=True, metavar="ID", help="The person's pseudonym on the log, as in its key file.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Read the password from the first line of FILE instead of asking.")  # fmt: skip
def add(
    data: Path | None,
    database: str | None,
    network: str | None,
    email: str,
    name: str,
    organisation: str,
    holder: str,
    password_file: Path | None,
) -> None:
    """Add a person with a password of 12 characters or more."""
    from webui.people.persons import add_membership, add_person, hash_password

    with open_place(data, database) as runtime:
        log = runtime.log(choose_network(runtime, network))
        _check_member(log.read_authority().keys.values(), organisation, holder)
        password = read_passphrase(password_file, "Password (12 characters or more)", twice=True)
        hashed = hash_password(password, runtime.settings.password_cost)
        with runtime.writing() as connection:
            added = add_person(connection, email=email, name=name, password_hash=hashed, now=runtime.clock.now())
            add_membership(connection, added, log.log_id, organisation, holder)
    click.echo(f"{email} reads for {organisation}.")


@person.command(
    "reset-factor",
    short_help="Remove a person's second factor at once.",
    epilog="""
\b
Example:
  symbiosis person reset-factor --data /srv/symbiosis --email anna@works.example

\b
For who runs the service, and has made sure of the person in some other way. Within a network a signatory or the
facilitator asks for it on the page People, and the person has a day to object.

Exit codes: 0 removed, 1 nobody has this address or there was nothing to remove, 2 an option is at fault.
""",
)
@place_options
@click.option("--email", required=True, help="Address with which the person logs in.")
def reset_factor(data: Path | None, database: str | None, email: str) -> None:
    """Remove authenticator, recovery codes and passkeys of a person, end the sessions, and tell the person by mail."""
    from webui.people.factors import drop_factors, read_factors
    from webui.people.letters import write_factor_removed
    from webui.people.mail import queue_mail
    from webui.people.persons import end_sessions, find_by_email

    with open_place(data, database) as runtime, runtime.writing() as connection:
        found = find_by_email(connection, email.strip().lower())
        if found is None or not read_factors(connection, found.id).any:
            raise NotFound(f"{email} has no login here, or no second factor")
        drop_factors(connection, found.id)
        end_sessions(connection, found.id)
        queue_mail(connection, runtime.settings, write_factor_removed(found), runtime.clock.now())
    click.echo(f"{email} logs in with the password alone, until a new second factor is set up.")


@click.group(epilog=READING)
def token() -> None:
    """Make tokens by which machines speak to the API."""


@token.command(
    "new",
    short_help="Make a token.",
    epilog="""
\b
Example:
  export SYMBIOSIS_TOKEN=$(symbiosis token new --network kalundborg --organisation o-7f3a9c \\
      --holder h-1c9b2e --roles operator --name "weighbridge 2" --days 365)

Exit codes: 0 made, 2 an option is at fault.
""",
)
@place_options
@network_option
@click.option("--organisation", required=True, metavar="ID", help="For which organisation it reads.")
@click.option("--holder", required=True, metavar="ID", help="Pseudonym under which it reads.")
@click.option("--roles", default="", metavar="ROLE,…", help="Roles that it reads with, such as board; at most those of the organisation.")
@click.option("--name", required=True, help="What it is for.")
@click.option("--days", type=click.IntRange(1, 400), default=90, show_default=True, help="How long it lives.")
def new_token(
    data: Path | None,
    database: str | None,
    network: str | None,
    organisation: str,
    holder: str,
    roles: str,
    name: str,
    days: int,
) -> None:
    """Make a token and print it, this once."""
    from webui.people.tokens import TokenOrder, issue_token

    wanted = sorted({role.strip() for role in roles.split(",")} - {""})
    with open_place(data, database) as runtime:
        log = runtime.log(choose_network(runtime, network))
        authority = log.read_authority()
        _check_member(authority.keys.values(), organisation, None)
        surplus = sorted(set(wanted) - authority.allowed_roles(organisation))
        if surplus:
            raise Complaint(f"--roles: {organisation} does not hold {surplus[0]}")
        order = TokenOrder(log.log_id, organisation, holder, wanted, name, days)
        with runtime.writing() as connection:
            text, made = issue_token(connection, order, created_by=None, now=runtime.clock.now())
    click.echo(text)
    click.echo(f"It expires on {made.expires_at}; it is shown this once.", err=True)


def _check_member(records: Iterable[KeyRecord], organisation: str, holder: str | None) -> None:
    """Hold an organisation, and a holder, to what the log knows: a mistyped id would read nothing and nobody would see why."""
    held = {record.holder for record in records if record.organisation == organisation}
    if not held:
        raise Complaint(f"--organisation: {organisation} has no keys on this log: enrol one first")
    if holder is not None and holder not in held:
        raise Complaint(f"--holder: {organisation} has no key of {holder}; it has {', '.join(sorted(held))}")
