"""Fields of our own: decimals as text, instants in one spelling, whole numbers that are whole numbers; and how OpenAPI shows them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from contracts.clock import format_instant
from contracts.quantity import format_decimal
from ledger.errors import Malformed
from ledger.instant import parse_instant


class DecimalText(fields.Field[Decimal]):
    """A decimal, as text such as "23.230": a JSON number would lose its last digits in half of all readers."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ANN401, ARG002 - marshmallow's signature
        return None if value is None else format_decimal(value)


class InstantText(fields.Field[datetime]):
    """An instant, `YYYY-MM-DDThh:mm:ssZ`; the pattern says what of OpenAPI's date-time is taken and given."""

    def __init__(self, **more: Any) -> None:  # noqa: ANN401 - marshmallow's options
        super().__init__(**{**more, "metadata": {"pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$", **more.get("metadata", {})}})

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ANN401, ARG002 - marshmallow's signature
        return None if value is None else format_instant(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # noqa: ANN401, ARG002 - marshmallow's signature
        try:
            return parse_instant(value if isinstance(value, str) else "")
        except Malformed as error:
            raise ValidationError(str(error)) from None


class Whole(fields.Integer):
    """A whole number; neither true nor "7" nor 7.0 is one."""

    def __init__(self, *, low: int, high: int, **more: Any) -> None:  # noqa: ANN401 - marshmallow's options
        super().__init__(strict=True, validate=validate.Range(low, high), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ANN401 - marshmallow's signature
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("a whole number is wanted")
        return super()._deserialize(value, attr, data, **kwargs) or 0


class QueryWhole(fields.Integer):
    """A whole number in an address: decimal digits and nothing else."""

    def __init__(self, *, low: int, high: int, **more: Any) -> None:  # noqa: ANN401 - marshmallow's options
        super().__init__(validate=validate.Range(low, high), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ANN401 - marshmallow's signature
        if not isinstance(value, str) or not value.isascii() or not value.isdecimal() or len(value) > 16:  # noqa: PLR2004 - 2^53 has 16 digits
            raise ValidationError("a whole number in decimal digits is wanted")
        return super()._deserialize(value, attr, data, **kwargs) or 0


class Line(fields.String):
    """One line of text of a pattern or a length."""

    def __init__(self, *, pattern: str | None = None, most: int = 200, about: str = "", **more: Any) -> None:  # noqa: ANN401 - marshmallow's options
        rules: list[Any] = [validate.Length(1, most)]
        metadata = {"description": about} if about else {}
        if pattern:
            rules.append(
                validate.Regexp(f"(?:{pattern})\\Z", error="it is not of the form " + pattern.replace("{", "{{").replace("}", "}}"))
            )
            metadata["pattern"] = f"^({pattern})$"
        super().__init__(validate=rules, metadata=metadata, **more)


class FindingSchema(Schema):
    """One fault, for its author to mend."""

    field = fields.String(required=True, metadata={"description": "path of the fault, such as statement.expires_at"})
    code = fields.String(required=True, metadata={"description": "stable name of the fault"})
    message = fields.String(required=True, metadata={"description": "names the fault and the mend"})


class ProblemSchema(Schema):
    """Problem details, RFC 9457."""

    type = fields.String(required=True, metadata={"description": "stable name of the family, a URN"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    findings = fields.List(fields.Nested(FindingSchema), required=True)
    instance = fields.String(metadata={"description": "the address that was asked"})
    refusal = fields.String(metadata={"description": "of a refused statement: the service's signed note, text/plain"})
    statement_hash = fields.String(metadata={"description": "of a refused statement"})


class LimitQuery(Schema):
    """How long a page is."""

    limit = QueryWhole(low=1, high=200, load_default=50)


class PageQuery(LimitQuery):
    """Where a page begins and how long it is."""

    after = Line(pattern=r"[A-Za-z0-9._:@-]+", most=120, about="the `next` of the page before")


#: How OpenAPI shows the fields that marshmallow does not have.
OPENAPI_FIELDS = (
    (DecimalText, "string", "decimal"),
    (InstantText, "string", "date-time"),
    (Whole, "integer", None),
    (QueryWhole, "integer", None),
    (Line, "string", None),
)
