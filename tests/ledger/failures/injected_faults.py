"""System calls of the appender, listed by strace and made to fail one by one."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from contracts.database import make_engine
from ledger.guard import FileGuard
from ledger.log import found_log
from ledger.outcome import Receipt
from ledger.soundness import check_stored
from ledger.statement import Submission  # noqa: TC001 - of the same shelf as the others
from tests.architecture import ROOT
from tests.conftest import find_code_home
from tests.ledger.failures.appender import BATCHES, read_batches
from tests.ledger.live_log import KEYS, LOG, make_firm, make_operator, make_service, say_enrolment, say_founding

#: Calls that change what is on a disk, or say that it is there.
WRITING = (
    *("openat", "write", "pwrite64", "pwritev", "fsync", "fdatasync", "ftruncate", "fallocate", "close"),
    *("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat"),
)
_CALL = re.compile(r"^\d+ +(\w+)\((.*)$")
_PATIENCE = 30  #: seconds for one run


@dataclass(frozen=True, slots=True)
class Step:
    """One system call: the n-th of its name, counted from 1."""

    name: str
    number: int
    file: str  #: name of the file that it is about


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of the appender left."""

    url: str
    folder: Path
    ended: str  #: empty if it was killed
    promised: dict[str, int]  #: index by statement hash
    calls: tuple[str, ...]  #: strace's lines

    @property
    def was_hit(self) -> bool:
        """Tell whether the fault came."""
        return not self.ended or any("INJECTED" in line for line in self.calls)


class Injector:
    """Runs the appender on a copy of an empty database, each time with another fault."""

    def __init__(self, template: str, folder: Path) -> None:
        self._template, self._folder, self._count = Path(str(make_url(template).database)), folder, 0
        folder.mkdir(parents=True)
        operator, firm = make_operator(), make_firm()
        said = [say_founding(operator), say_enrolment(operator, firm), *(firm.deliver() for _ in range(sum(BATCHES)))]
        (folder / "submissions.json").write_text(json.dumps([one.to_json() for one in said]), "utf-8")
        self.batches: Sequence[Sequence[Submission]] = read_batches(folder / "submissions.json")
        paths = f"{find_code_home()}:{ROOT}"
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.ledger.failures.appender"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": paths, "PATH": os.environ["PATH"]}, text=True,
        )  # fmt: skip

    def close(self) -> None:
        """End the appender."""
        self._zygote.communicate()

    def list_steps(self) -> list[Step]:
        """List every write-side call of an undisturbed run that concerns the service's own files."""
        with self.run("trace=" + ",".join(WRITING)) as run:
            assert run.ended == "done", run.ended
            counts: Counter[str] = Counter()
            steps = []
            main = run.calls[0].split()[0]
            for line in run.calls:
                found = _CALL.match(line)
                if found is None or line.split()[0] != main:
                    continue
                counts[found[1]] += 1
                step = Step(found[1], counts[found[1]], self._find_file(found[2], run.folder))
                if step.file and not (step.name == "openat" and not re.search(r"O_(WRONLY|RDWR|CREAT)", found[2])):
                    steps.append(step)
        return steps

    def _find_file(self, text: str, folder: Path) -> str:
        """Give the service's file that a call is about; empty for others, and for what only this test writes."""
        found = re.search(re.escape(str(folder)) + r'/([^">\s]+)', text)
        return found[1] if found and found[1] not in ("promises", "end", "go") else ""

    @contextmanager
    def run(self, *expressions: str) -> Iterator[Run]:
        """Run the appender under strace on a database of its own."""
        self._count += 1
        folder = self._folder / str(self._count)
        shutil.copytree(self._template.parent, folder)
        os.mkfifo(folder / "go")
        url, trace = f"sqlite:///{folder / self._template.name}", folder / "trace"
        stdin, stdout = self._zygote.stdin, self._zygote.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{url} {folder}\n")
        stdin.flush()
        child = stdout.readline().strip()
        options = [word for one in expressions for word in ("-e", one)]
        with subprocess.Popen(
            ["strace", "-f", "-y", "-s", "8", "-o", str(trace), *options, "-p", child], stderr=subprocess.PIPE, text=True
        ) as strace:
            assert strace.stderr is not None
            said = strace.stderr.readline()
            assert "attached" in said, said
            with (folder / "go").open("wb") as go:
                go.write(b"!")
            assert stdout.readline() == "gone\n"
            strace.communicate(timeout=_PATIENCE)
        end, promises = folder / "end", folder / "promises"
        lines = promises.read_text("ascii").splitlines(keepends=True) if promises.exists() else []
        promised = {line.split()[1]: int(line.split()[0]) for line in lines if line.endswith("\n")}
        ended = end.read_text("utf-8") if end.exists() else ""
        yield Run(url, folder, ended, promised, tuple(trace.read_text("utf-8").splitlines()))
        shutil.rmtree(folder)

    def check_restart(self, run: Run) -> None:
        """Start anew after a run: all that was promised is there, everything is sound, and the log takes what it did not take."""
        engine = make_engine(run.url)
        try:
            log = found_log(engine, self.batches[0][0], make_service(run.folder / "guard"))
            outcomes = [outcome for batch in self.batches for outcome in log.submit_many(batch)]
            given = {outcome.statement_hash: outcome.index for outcome in outcomes if isinstance(outcome, Receipt)}
            assert sorted(given.values()) == list(range(2 + sum(BATCHES))), outcomes
            assert {found: given[found] for found in run.promised} == run.promised
            with engine.connect() as connection:
                assert check_stored(connection, log.log_id, LOG, KEYS.log_verifier) == ()
            head = log.read_head()
            assert head is not None
            assert (head.size, FileGuard(run.folder / "guard" / "guard", LOG).read()) == (len(given), (head.size, head.root))
        finally:
            engine.dispose()
