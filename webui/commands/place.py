"""Where a service keeps its things: the folder and database that a command of the operator works on, and the network in it."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from webui.commands.faults import Complaint

if TYPE_CHECKING:
    from webui.runtime import Runtime
    from webui.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


def place_options(command: F) -> F:
    """Add --data and --database."""
    data = click.option(
        "--data", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
        help="Folder of the service; SYMBIOSIS_DATA, or ./symbiosis-data, if left out.",
    )  # fmt: skip
    database = click.option(
        "--database", metavar="URL", help="Database, if it is not the SQLite file in the folder; or SYMBIOSIS_DATABASE_URL."
    )  # fmt: skip
    return data(database(command))


def network_option(command: F) -> F:
    """Add --network."""
    return click.option("--network", metavar="NAME", help="Short name of the network; may be left out where there is one.")(command)


def read_place(data: Path | None, database: str | None, **more: str) -> "Settings":
    """Read the settings, as the environment and the options give them; an option goes before its variable.

    A --data given alone means the database in that folder, whatever the environment says.
    """
    from webui.settings import read_settings

    environ = {**os.environ, **more}
    if data is not None:
        environ["SYMBIOSIS_DATA"] = str(data)
        environ.pop("SYMBIOSIS_DATABASE_URL", None)
    if database is not None:
        environ["SYMBIOSIS_DATABASE_URL"] = database
    return read_settings(environ)


def open_place(data: Path | None, database: str | None) -> "AbstractContextManager[Runtime]":
    """Open a service that exists, without starting anything; to be used in a with."""
    from webui.runtime import open_runtime

    folder = data or Path(os.environ.get("SYMBIOSIS_DATA", "symbiosis-data"))
    if not (folder / "service").is_dir():
        raise Complaint(f"{folder} is not the folder of a service: name one with --data, or found a network there first")
    return closing(open_runtime(read_place(data, database)))


def choose_network(runtime: "Runtime", named: str | None) -> str:
    """Choose the network that was named, or the only one."""
    known = runtime.networks()
    if named is None and len(known) == 1:
        return known[0]
    if named is None:
        raise Complaint(f"--network: name one of {', '.join(known)}" if known else f"{runtime.settings.data} has no network yet")
    if named not in known:
        raise Complaint(f"--network: {named!r} is none of {', '.join(known) or 'those here, for there are none'}")
    return named
