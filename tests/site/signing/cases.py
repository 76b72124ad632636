"""Statements signed in Python with known salts, ids and times, and what a browser needs to sign the same."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from contracts.signing import Author, Prepared, prepare_statement, sign_prepared
from ledger.keyfile import KeyFile, seal_key
from ledger.statement import STATEMENT_PREFIX, Seen, Submission
from tests.network import LOG, make_key
from tests.site.signing.samples import list_samples

PASSPHRASE = "Grüße aus Kalundborg ☂"
KEY = make_key("same bytes")
AUTHOR = Author(LOG, "o-plasterco", KEY)
HOLDER = "h-plast0001"
NOW = datetime(2025, 3, 14, 9, 30, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """One statement, as the command signs it."""

    name: str
    given: dict[str, Any]  #: for the browser
    submission: Submission

    @property
    def wanted(self) -> dict[str, Any]:
        """What the browser must make of it."""
        signed = self.submission.signed
        return {
            "bytes": (STATEMENT_PREFIX + signed.encoded).decode(),
            "hash": signed.hash,
            "submission": self.submission.to_json(),
            "left": 0,
        }


def make_key_file() -> bytes:
    """Make the key file that both sign with."""
    return seal_key(KeyFile(KEY, LOG, AUTHOR.organisation, HOLDER), PASSPHRASE)


def list_cases() -> list[Case]:
    """Make a case of every kind of fact, with lists of two rows and of none."""
    return [
        make_case(f"{kind.kind}.{kind.version} rows {rows}", prepare_statement(fact, [str(rows) * 64], validity=timedelta(days=1 + rows)))
        for rows in (2, 0)
        for kind, fact in list_samples(rows)
    ]


def make_case(name: str, prepared: Prepared) -> Case:
    """Sign what was prepared in Python, and say what a browser needs to do the same."""
    salts: list[str] = []

    def draw_salt() -> str:
        salts.append(sha256(f"{name} {len(salts)}".encode()).hexdigest())
        return salts[-1]

    key_seq, seen, named = 2**53 - 1, Seen(1201, "ab" * 32), "a833fd23-a458-46d0-ba35-55426d44e27d"
    submission = sign_prepared(prepared, AUTHOR, key_seq=key_seq, now=NOW, seen=seen, statement_id=named, salt=draw_salt)
    given = {
        "prepared": dataclasses.asdict(prepared),
        "key_seq": key_seq,
        "seen": {"size": seen.size, "root": seen.root},
        "now": int(NOW.timestamp() * 1000),
        "id": named,
        "salts": salts,
    }
    return Case(name, given, submission)
