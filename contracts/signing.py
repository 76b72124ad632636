"""Signing: a fact becomes a statement with salted contents, signed by its author's key, ready to be submitted.

Two steps, because a key may lie elsewhere: what is said is prepared where the facts are known, and composed and signed where the key is,
here or in a browser (webui/static/statement.js), to the same bytes.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.clock import format_instant
from contracts.facts import take_apart, type_of
from contracts.fields import Place
from ledger.authority import MAX_VALIDITY
from ledger.canonical import JSON
from ledger.contents import Binding, RowList, commit_contents
from ledger.keys import SigningKey
from ledger.merkle import EMPTY_ROOT
from ledger.statement import Seen, Statement, Submission, make_id, sign_statement

VALIDITY = timedelta(days=3)  #: how long a statement may be under way to the log, unless its author says otherwise
NOTHING_SEEN = Seen(0, EMPTY_ROOT.hex())


@dataclass(frozen=True, slots=True)
class Author:
    """Who signs: an organisation with one of its keys, on one log."""

    log: str
    organisation: str
    key: SigningKey


@dataclass(frozen=True, slots=True)
class PreparedField:
    """One contents field, written as it is committed to."""

    name: str
    value: JSON
    rows: bool  #: the value is a list, salted row by row
    personal: bool  #: erasable, and read by no rule and no figure


@dataclass(frozen=True, slots=True)
class Prepared:
    """All of a statement that does not depend on its author, key and time."""

    kind: str
    kind_version: int
    about: str
    refs: tuple[str, ...]  #: statement hashes, in order
    public: Mapping[str, JSON]
    fields: tuple[PreparedField, ...]  #: contents, in their fixed order
    lifetime: int  #: seconds from issued_at to expires_at


def prepare_statement(said: object, refs: Sequence[str] = (), *, validity: timedelta = VALIDITY) -> Prepared:
    """Prepare a fact for signing, with the statement hashes that it refers to."""
    parts, kind = take_apart(said), type_of(said)
    personal = {part.name for part in kind.list_contents() if part.place is Place.PERSONAL}
    fields = tuple(
        PreparedField(name, list(value.rows), rows=True, personal=name in personal)
        if isinstance(value, RowList)
        else PreparedField(name, value, rows=False, personal=name in personal)
        for name, value in parts.values
    )
    return Prepared(parts.kind, parts.version, parts.about, tuple(refs), parts.public, fields, int(validity.total_seconds()))


def limit_validity(validity: Mapping[str, int], kind: str) -> timedelta:
    """Give how long a statement of a kind is under way at most; `validity` is the founding's, seconds by kind."""
    return min(VALIDITY, timedelta(seconds=validity.get(kind, validity.get("*", MAX_VALIDITY))))


def make_salt() -> str:
    """Make a salt, 64 hex digits."""
    return secrets.token_hex(32)


def sign_prepared(
    prepared: Prepared,
    author: Author,
    *,
    key_seq: int,
    now: datetime,
    seen: Seen = NOTHING_SEEN,
    statement_id: str | None = None,
    salt: Callable[[], str] = make_salt,
) -> Submission:
    """Compose and sign what was prepared; raises Malformed for values that no log would take.

    Salts are drawn field by field; those of a list's rows before the list's own. The rest as sign_fact.
    """
    binding = Binding(author.log, author.organisation, statement_id or make_id())
    values = [(part.name, _write_value(part)) for part in prepared.fields]
    contents, root = commit_contents(binding, values, salt)
    statement = Statement(
        log=author.log,
        kind=prepared.kind,
        kind_version=prepared.kind_version,
        id=binding.id,
        author=author.organisation,
        key=author.key.multikey,
        key_seq=key_seq,
        seen=seen,
        issued_at=format_instant(now),
        expires_at=format_instant(now + timedelta(seconds=prepared.lifetime)),
        about=prepared.about,
        refs=prepared.refs,
        public=prepared.public,
        contents_root=root,
        fields=len(values),
    )
    return Submission(sign_statement(statement, author.key.sign), contents)


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
    prepared = prepare_statement(said, refs, validity=validity)
    return sign_prepared(prepared, author, key_seq=key_seq, now=now, seen=seen, statement_id=statement_id)


def _write_value(part: PreparedField) -> JSON | RowList:
    return RowList(tuple(part.value)) if part.rows and isinstance(part.value, (list, tuple)) else part.value
