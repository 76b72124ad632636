"""What is prepared where facts are known and signed where the key is comes to one statement."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.facts import FactType
from contracts.fields import Place
from contracts.signing import VALIDITY, Author, limit_validity, prepare_statement, sign_fact, sign_prepared
from ledger.authority import MAX_VALIDITY
from tests.contracts.deliveries.building import a_metered_day
from tests.network import LOG, make_key
from tests.site.signing.samples import list_samples

AUTHOR = Author(LOG, "o-plasterco", make_key("signing"))
NOW = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(("kind", "fact"), list_samples(), ids=lambda one: one.kind if isinstance(one, FactType) else "")
def test_what_is_prepared_has_every_field_in_its_place_and_order(kind: FactType, fact: object) -> None:
    prepared = prepare_statement(fact, ["1" * 64])

    contents = kind.list_contents()
    assert [(one.name, one.personal) for one in prepared.fields] == [(part.name, part.place is Place.PERSONAL) for part in contents]
    assert [one.rows for one in prepared.fields] == [part.rows for part in contents]
    assert set(prepared.public) == {part.name for part in kind.fields if part.place is Place.PUBLIC}
    assert prepared.refs == ("1" * 64,)


def test_a_list_of_records_is_salted_row_by_row() -> None:
    signed = sign_fact(a_metered_day(), AUTHOR, key_seq=1, now=NOW)

    contents: Any = signed.contents
    fields = {field["name"]: field for field in contents["fields"]}
    rows = fields["readings"]["rows"]
    assert len(rows) == len(a_metered_day().readings)
    assert len({row["salt"] for row in rows} | {fields["readings"]["salt"]}) == len(rows) + 1
    assert signed.open().values["unit"] == "MWH"


def test_a_prepared_statement_lives_as_long_as_it_was_prepared_for() -> None:
    prepared = prepare_statement(a_metered_day(), validity=timedelta(hours=5))

    statement = sign_prepared(prepared, AUTHOR, key_seq=1, now=NOW).signed.statement

    assert (statement.issued_at, statement.expires_at) == ("2025-03-14T09:30:00Z", "2025-03-14T14:30:00Z")


@pytest.mark.parametrize(
    ("validity", "hours"),
    [({}, 72), ({"*": 3600}, 1), ({"delivery.dispatched": 7200, "*": 3600}, 2), ({"*": MAX_VALIDITY}, 72), ({"vote.cast": 60}, 72)],
)
def test_a_statement_lives_no_longer_than_the_log_allows(validity: dict[str, int], hours: int) -> None:
    assert limit_validity(validity, "delivery.dispatched") == min(timedelta(hours=hours), VALIDITY)
