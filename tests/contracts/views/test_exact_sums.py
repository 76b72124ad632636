"""Sums in the database are exact: any bounded decimals, both databases, the same as added up one by one."""

from collections.abc import Iterator
from decimal import Context, Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Text, literal, select, union_all

from contracts.database import make_engine
from contracts.quantity import parse_decimal
from contracts.views.exact_sums import add_decimals, add_parts, sum_decimals, trim_decimal

written = st.from_regex(r"\A-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?\Z")
amounts = written.filter(lambda text: bool(text.strip("-0.")) or not text.startswith("-"))


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to each kind of database."""
    engine = make_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def sum_in_database(connection: Connection, texts: list[str]) -> Decimal:
    rows = union_all(*(select(literal(text, Text).label("amount")) for text in texts)).subquery()
    return add_parts(connection.execute(select(*sum_decimals(rows.c.amount))).one())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(amounts, min_size=1, max_size=30))
def test_the_database_adds_up_as_exactly_as_we_do(connection: Connection, texts: list[str]) -> None:
    total = sum_in_database(connection, texts)

    assert total == add_decimals([parse_decimal(text) for text in texts])


@pytest.mark.parametrize(
    ("texts", "total"),
    [
        (["-0.5"], "-0.5"),
        (["0.1", "0.2"], "0.3"),
        (["-1.000000001", "1"], "-0.000000001"),
        (["999999999999999.999999999"] * 100, "99999999999999999.9999999"),
        (["23.230", "-23.230"], "0"),
        (["1000000", "-999999.9"], "0.1"),
    ],
)
def test_signs_and_bounds_add_up(connection: Connection, texts: list[str], total: str) -> None:
    assert sum_in_database(connection, texts) == Decimal(total)


def test_nothing_adds_up_to_nothing(connection: Connection) -> None:
    rows = select(literal("1", Text).label("amount")).subquery()

    found = connection.execute(select(*sum_decimals(rows.c.amount)).where(rows.c.amount == "2")).one()

    assert add_parts(found) == 0


@given(st.decimals(-(10**20), 10**20, places=9))
def test_trimming_changes_the_form_and_not_the_value(amount: Decimal) -> None:
    trimmed = trim_decimal(amount)

    assert Context(prec=80).subtract(trimmed, amount) == 0
    assert "E" not in format(trimmed, "f")
