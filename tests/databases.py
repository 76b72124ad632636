"""The databases that tests run on: SQLite files and PostgreSQL databases, copied from a migrated template.

Migrations run once per process and kind; each test then gets a copy of its own, in milliseconds.
"""

import itertools
import os
import shutil
import time
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, Row, create_engine, text
from sqlalchemy.engine import make_url

from tests.compiled_once import share_memory
from tests.postgresql import PostgresqlServer

share_memory()

#: Every test that opens a database runs on each of these.
KINDS = ("sqlite", "postgresql")


class Databases:
    """Makes and drops the databases of one test process; the PostgreSQL server starts with the first that needs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = itertools.count(1)
        self.server: PostgresqlServer | None = None
        self.server_url = os.environ.get("TEST_DATABASE_URL", "")
        self.templates: dict[str, str] = {}
        self.open: list[str] = []

    def create(self, kind: str, *, migrated: bool = True) -> str:
        """Make a fresh database and return its SQLAlchemy URL.

        Args:
            kind: `sqlite` or `postgresql`.
            migrated: with all tables, from the template; without any if false.
        """
        template = self._make_template(kind) if migrated else None
        url = self._create_file(template) if kind == "sqlite" else self._create_on_server(template)
        self.open.append(url)
        return url

    def drop(self, url: str) -> None:
        """Remove a database, connections of forgotten processes included."""
        if url in self.open:
            self.open.remove(url)
        name = str(make_url(url).database)
        if url.startswith("sqlite"):
            shutil.rmtree(Path(name).parent, ignore_errors=True)
        else:
            self.execute_on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute_on_server(self, *sentences: str) -> list[Row[Any]]:
        """Run SQL as the server's administrator, outside any transaction; return the rows of the last sentence."""
        rows: list[Row[Any]] = []
        engine = create_engine(self._find_server(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for sentence in sentences:
                result = connection.execute(text(sentence))
                rows = list(result) if result.returns_rows else []
        return rows

    def set_fsync(self, *, on: bool) -> None:
        """Make commits of our own PostgreSQL durable, or not; a server named by TEST_DATABASE_URL is left as it is."""
        if self.server_url:
            return
        setting = "on" if on else "off"
        self.execute_on_server(f"ALTER SYSTEM SET fsync = {setting}", "SELECT pg_reload_conf()")
        while self.execute_on_server("SHOW fsync")[0][0] != setting:  # a reload takes effect a moment after its answer
            time.sleep(0.01)

    def close(self) -> None:
        """Drop what is left and stop the server."""
        if self.server is not None:
            self.server.stop()
            return
        for url in [*self.open, *self.templates.values()]:
            self.drop(url)

    def _find_server(self) -> str:
        if self.server_url:
            return self.server_url
        if self.server is None:
            self.server = PostgresqlServer()
        return self.server.url

    def _make_template(self, kind: str) -> str:
        if kind not in self.templates:
            url = self._create_file(None) if kind == "sqlite" else self._create_on_server(None)
            from contracts.database import migrate  # noqa: PLC0415  # tests of pure rules load no database

            migrate(url)
            self.templates[kind] = url
        return self.templates[kind]

    def _create_file(self, template: str | None) -> str:
        folder = self.folder / f"sqlite-{next(self.count)}"
        if template is None:
            folder.mkdir(parents=True)
        else:
            shutil.copytree(Path(str(make_url(template).database)).parent, folder)
        return f"sqlite:///{folder / 'ledger.db'}"

    def _create_on_server(self, template: str | None) -> str:
        server = make_url(self._find_server())
        name = f"symbiosis_test_{os.getpid()}_{next(self.count)}"
        source = f' TEMPLATE "{make_url(template).database}"' if template else ""
        if template and not self.server_url:
            source += " STRATEGY FILE_COPY"  # on a server whose commits cost nothing, a third of the default's processor time
        self.execute_on_server(f'CREATE DATABASE "{name}"{source}')
        return server.set(database=name).render_as_string(hide_password=False)
