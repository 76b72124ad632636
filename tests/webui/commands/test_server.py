"""Many statements on their way to a server: as few requests as its limits allow, nothing lost between them."""

import json

import pytest

from ledger.statement import Submission
from tests.ledger.live_log import make_firm
from webui.commands import server
from webui.commands.server import write_bulks
from webui.reading_bulk import MAX_BULK


def sign(count: int) -> list[Submission]:
    firm = make_firm()
    return [firm.deliver() for _ in range(count)]


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_statements_go_in_order_in_bodies_of_a_limited_number(monkeypatch: pytest.MonkeyPatch, count: int, sizes: list[int]) -> None:
    monkeypatch.setattr(server, "BULK", 3)
    submissions = sign(count)

    bodies = [json.loads(body)["statements"] for body in write_bulks(submissions)]

    assert [len(body) for body in bodies] == sizes
    assert [one for body in bodies for one in body] == [one.to_json() for one in submissions]


def test_no_body_is_longer_than_the_limit_unless_one_statement_is(monkeypatch: pytest.MonkeyPatch) -> None:
    submissions = sign(9)
    length = max(len(json.dumps(one.to_json())) for one in submissions)
    monkeypatch.setattr(server, "BULK_BYTES", 2 * length)
    pairs = list(write_bulks(submissions))
    monkeypatch.setattr(server, "BULK_BYTES", 10)
    singles = list(write_bulks(submissions))

    assert max(map(len, pairs)) <= 2 * length + len('{"statements":[]}')
    assert [len(json.loads(body)["statements"]) for body in pairs] == [2, 2, 2, 2, 1]
    assert [len(json.loads(body)["statements"]) for body in singles] == [1] * 9


def test_a_request_holds_no_more_than_a_server_takes() -> None:
    assert server.BULK <= MAX_BULK
