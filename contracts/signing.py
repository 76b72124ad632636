"""Signing: a fact becomes a statement with salted contents, signed by its author's key, ready to be submitted."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.clock import format_instant
from contracts.facts import take_apart
from ledger.contents import Binding, commit_contents
from ledger.keys import SigningKey
from ledger.merkle import EMPTY_ROOT
from ledger.statement import Seen, Statement, Submission, sign_statement

VALIDITY = timedelta(days=3)  #: how long a statement may be under way to the log, unless its author says otherwise
NOTHING_SEEN = Seen(0, EMPTY_ROOT.hex())


@dataclass(frozen=True, slots=True)
class Author:
    """Who signs: an organisation with one of its keys, on one log."""

    log: str
    organisation: str
    key: SigningKey


def sign_fact(
    said: object,
    author: Author,
    *,
    key_seq: int,
    now: datetime,
    seen: Seen = NOTHING_SEEN,
    refs: Sequence[str] = (),
    statement_id: str | None = None,
    validity: timedelta = VALIDITY,
) -> Submission:
    """Sign a fact as the `key_seq`-th statement of the author's key; raises Malformed for values that no log would take.

    `seen` is the newest checkpoint that the author has checked, `refs` are statement hashes in order, `validity` says how long the
    statement may be under way; without a `statement_id`, the idempotency key, it gets a random one.
    """
    parts = take_apart(said)
    binding = Binding(author.log, author.organisation, statement_id or str(uuid.uuid4()))
    contents, root = commit_contents(binding, parts.values, lambda: secrets.token_hex(32))
    statement = Statement(
        log=author.log,
        kind=parts.kind,
        kind_version=parts.version,
        id=binding.id,
        author=author.organisation,
        key=author.key.multikey,
        key_seq=key_seq,
        seen=seen,
        issued_at=format_instant(now),
        expires_at=format_instant(now + validity),
        about=parts.about,
        refs=tuple(refs),
        public=parts.public,
        contents_root=root,
        fields=len(parts.values),
    )
    return Submission(sign_statement(statement, author.key.sign), contents)
