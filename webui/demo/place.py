"""The demo's folder: what lies in it, whether it may be used, and how it is emptied; nothing that the demo did not make is ever removed."""

import os
import shutil
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

MARK = "DEMO.txt"  #: says what the folder is, then what was played and where to look; holds throw-away secrets
_UNFINISHED = "A demo is being played here, or was broken off.\n"
_FILES = (MARK, "audit.zip", "audit.zip.draft", "log.key", "secret.key", "stage.json", "clock", "clock.draft")
_FOLDERS = ("keys", "service", "guard")
_DATABASE = "ledger.db"  #: SQLite adds files of its own beside it


class Found(Enum):
    """What a folder holds."""

    NOTHING = auto()
    PLAYED = auto()  #: a demo that was played to its end
    UNFINISHED = auto()
    STRANGE = auto()  #: something else


@dataclass(frozen=True, slots=True)
class Place:
    """The demo's folder."""

    folder: Path

    @property
    def keys(self) -> Path:
        """Folder of the organisations' key files."""
        return self.folder / "keys"

    @property
    def audit_file(self) -> Path:
        """The auditor's export."""
        return self.folder / "audit.zip"

    @property
    def log_key(self) -> Path:
        """The log's verifier key, one line."""
        return self.folder / "log.key"

    @property
    def stage(self) -> Path:
        """What the demo's own pages need; throw-away secrets."""
        return self.folder / "stage.json"

    @property
    def clock(self) -> Path:
        """How far the demo's clock is behind the machine's, in seconds."""
        return self.folder / "clock"

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.folder / _DATABASE

    def look(self) -> Found:
        """Look at what is there."""
        if not self.folder.exists() or not any(self.folder.iterdir()):
            return Found.NOTHING
        mark = self.folder / MARK
        if not mark.is_file():
            return Found.STRANGE
        return Found.UNFINISHED if mark.read_text("utf-8") == _UNFINISHED else Found.PLAYED

    def begin(self) -> None:
        """Make the folder and mark it as a demo's; nobody else may read it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write_mark(_UNFINISHED)

    def finish(self, words: str) -> None:
        """Keep the summary, which marks the demo as played."""
        self._write_mark(words)

    def read_words(self) -> str:
        """Read the summary of a demo that was played."""
        return (self.folder / MARK).read_text("utf-8")

    def clear(self) -> None:
        """Remove what a demo made here."""
        for path in self.folder.iterdir():
            if path.name in _FOLDERS:
                shutil.rmtree(path)
            elif path.name in _FILES or path.name.startswith(_DATABASE):
                path.unlink()

    def _write_mark(self, text: str) -> None:
        draft = self.folder / f"{MARK}.draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(self.folder / MARK)
