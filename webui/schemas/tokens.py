"""Tokens and tasks in requests and answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from marshmallow import Schema, fields

from webui.people.notices import Notice
from webui.people.tokens import MAX_DAYS, Token
from webui.schemas.deriving import make_page_schema, make_schema
from webui.schemas.fields import Line, Whole


class TokenOrderSchema(Schema):
    """What a token is to be for."""

    name = Line(most=200, required=True, about="what it is for")
    roles = fields.List(Line(pattern=r"[a-z]{2,30}", most=30), required=True, metadata={"description": "to read in: at most one's own"})
    days = Whole(low=1, high=MAX_DAYS, required=True)


@dataclass(frozen=True, slots=True)
class TokenIssued:
    """A new token; its text is shown this once."""

    text: str  #: to be sent as Authorization: Bearer
    token: Token


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for the caller's organisation."""

    network: str
    notice: Notice


@dataclass(frozen=True, slots=True)
class TaskList:
    """What waits, the earliest first."""

    items: Sequence[Task]


TokenPageSchema = make_page_schema(make_schema(Token, hide=("log_id",)))
TokenIssuedSchema = make_schema(TokenIssued, hide=("log_id",))
TaskListSchema = make_schema(TaskList)
