"""The demo's clock: goes on from where the played year ended, at the machine's pace, and may be put forward so that a month ends."""

import os
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from contracts.clock import SystemClock


class PlayedClock:
    """A clock that is some time behind the machine's; how far is kept in a file, so that a demo that is served again goes on."""

    def __init__(self, path: Path, begin: datetime) -> None:
        """Read the file, or let the clock begin where the play ended."""
        self._path = path
        self._machine = SystemClock()
        self._lock = threading.Lock()
        self._leapt = 0.0  #: seconds that it was put forward in this process
        self._behind = timedelta(0)
        try:
            self._behind = timedelta(seconds=int(path.read_text("ascii")))
        except (OSError, ValueError):
            self._keep(self._machine.now() - begin)

    def now(self) -> datetime:
        """Return the demo's time: aware, UTC, whole seconds."""
        return self._machine.now() - self._behind

    def monotonic(self) -> float:
        """Return seconds that never go back; what was put forward counts."""
        return self._machine.monotonic() + self._leapt

    def put_forward(self, instant: datetime) -> None:
        """Let time leap to an instant; one that is past, or lies beyond the machine's own time, changes nothing."""
        with self._lock:
            step = min(instant, self._machine.now()) - self.now()
            if step > timedelta(0):
                self._leapt += step.total_seconds()
                self._keep(self._behind - step)

    def _keep(self, behind: timedelta) -> None:
        self._behind = behind
        draft = self._path.with_name(f"{self._path.name}.draft")
        with suppress(OSError):  # a folder that cannot be written serves as well: the next start begins anew
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
                file.write(f"{int(behind.total_seconds())}\n")
            draft.replace(self._path)
