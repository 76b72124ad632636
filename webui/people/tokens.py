"""Tokens: how machines read, `Authorization: Bearer sl_…`: 256 random bits, kept as SHA-256, bound to one network and organisation."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from contracts.clock import format_instant
from contracts.errors import Finding, Invalid, NotFound
from webui.people.tables import tokens

PREFIX = "sl_"  #: lets scanners of leaked secrets find them
MAX_DAYS = 400
_LENGTH = len(PREFIX) + 43  #: 32 bytes in base64url


@dataclass(frozen=True, slots=True)
class Token:
    """A token's row; never the token itself."""

    id: int
    log_id: int
    organisation: str
    holder: str
    roles: tuple[str, ...]
    name: str
    created_by: int | None  #: person; None: by command
    created_at: str  #: instant
    expires_at: str  #: instant
    revoked_at: str | None  #: instant


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """What a new token is to be bound to."""

    log_id: int
    organisation: str
    holder: str  #: pseudonym under which it reads
    roles: Sequence[str]  #: at most those of whoever issues it
    name: str  #: what it is for
    days: int  #: until it expires


def issue_token(connection: Connection, order: TokenOrder, *, created_by: int | None, now: datetime) -> tuple[str, Token]:
    """Issue a token; gives its text, which is shown this once, and its row. Raises Invalid."""
    if not 1 <= order.days <= MAX_DAYS:
        raise Invalid("a token lives some days", [Finding("days", "range", f"1 to {MAX_DAYS} days are wanted")])
    text = PREFIX + secrets.token_urlsafe(32)
    values: dict[str, Any] = {
        "log_id": order.log_id,
        "organisation": order.organisation,
        "holder": order.holder,
        "roles": sorted(order.roles),
        "name": order.name,
        "created_by": created_by,
        "created_at": format_instant(now),
        "expires_at": format_instant(now + timedelta(days=order.days)),
        "revoked_at": None,
    }
    key = connection.execute(insert(tokens).values(hash=sha256(text.encode()).digest(), **values)).inserted_primary_key
    values["roles"] = tuple(values["roles"])
    return text, Token(id=int(key[0]) if key is not None else 0, **values)


def find_token(connection: Connection, text: str, now: datetime) -> Token | None:
    """Find the token of a text, if it is neither expired nor revoked."""
    if not text.startswith(PREFIX) or len(text) != _LENGTH:
        return None
    row = connection.execute(_select().where(tokens.c.hash == sha256(text.encode()).digest())).first()
    found = None if row is None else _read(row)
    return found if found and found.revoked_at is None and format_instant(now) < found.expires_at else None


def list_tokens(connection: Connection, log_id: int, organisation: str, *, after: int = 0, limit: int = 100) -> list[Token]:
    """List an organisation's tokens, revoked and expired ones too."""
    mine = _select().where(tokens.c.log_id == log_id, tokens.c.organisation == organisation, tokens.c.id > after)
    return [_read(row) for row in connection.execute(mine.order_by(tokens.c.id).limit(limit))]


def revoke_token(connection: Connection, log_id: int, organisation: str, token: int, now: datetime) -> None:
    """Revoke one of an organisation's tokens, now; a second time changes nothing. Raises NotFound."""
    mine = (tokens.c.id == token, tokens.c.log_id == log_id, tokens.c.organisation == organisation)
    if connection.execute(select(tokens.c.id).where(*mine)).first() is None:
        raise NotFound("this organisation has no such token")
    connection.execute(update(tokens).where(*mine, tokens.c.revoked_at.is_(None)).values(revoked_at=format_instant(now)))


def _select() -> Any:  # noqa: ANN401 - a select
    return select(*[column for column in tokens.c if column.name != "hash"])


def _read(row: Row[Any]) -> Token:
    return Token(**{**row._mapping, "roles": tuple(row.roles)})  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
