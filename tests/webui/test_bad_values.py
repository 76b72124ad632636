"""Bad values under good signatures: whatever a member's own key signs, it is judged in words; nothing fails, nothing is left behind."""

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.agreements.facts import AgreementDeclined
from contracts.clock import format_instant
from contracts.parties.facts import GrantGiven, GrantScope
from contracts.settlement.facts import AccountStated, PaymentConfirmed
from ledger.canonical import JSON
from ledger.contents import Binding, RowList, commit_contents
from ledger.entry import decode_entry
from ledger.errors import Malformed
from ledger.statement import Statement, Submission, sign_statement
from tests.contracts.agreements.building import an_offer, sign_by_all
from tests.contracts.certificates import building as certifying
from tests.contracts.deliveries.building import a_correction, a_dispute, a_metered_day, a_resolution, an_approval
from tests.contracts.settlement.closing import settle
from tests.databases import Databases
from tests.network import OPERATOR, TestNetwork
from tests.webui.website import Website

SLOW = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A statement that was entered once, to be said again with something changed."""

    statement: Statement
    values: dict[str, JSON]  #: contents by name, rows as lists


@dataclass(slots=True)
class Settled:
    """A network that has seen nearly every kind of fact, and what was said in it."""

    website: Website
    patterns: list[Pattern]
    by: dict[str, str]  #: who signs with a key, as tests/network.py names it
    answers: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def settled(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settled]:
    """A network that went from trade to statements of account, with its web door."""
    url = databases.create(database_kind)
    website = Website(url, Path(tmp_path_factory.mktemp("data")))
    network = website.network
    certifying.admit_lab(network)
    accounts = settle(network)
    network.accept(certifying.draft(network, agreement="a-pool"), by="lab")
    say_more(network, accounts)
    patterns = []
    for entry in network.log.read_entries(0, website.count()):
        contents: Any = network.log.read_contents(entry.index) or {"fields": []}
        values = {one["name"]: [row["value"] for row in one["rows"]] if "rows" in one else one["value"] for one in contents["fields"]}
        patterns.append(Pattern(decode_entry(entry.body).signed.statement, values))
    by = {person.key.multikey: f"{name}/{label}" for name, member in network.members.items() for label, person in member.people.items()}
    settled = Settled(website, patterns, by)
    yield settled
    print(f"{database_kind}: {dict(settled.answers.most_common())}")
    website.close()
    databases.drop(url)


def say_more(network: TestNetwork, accounts: Sequence[AccountStated]) -> None:
    """Say what the way to the accounts left out: dispute, correction, a metered day, a counter-offer, a refusal, a grant, a payment."""
    network.accept(a_dispute(delivery="d-2", quantity=Decimal("19.50")), by="plasterco")
    named = network.accept(a_resolution("19.60", delivery="d-2"), by="powerco")
    network.accept(a_resolution("19.60", delivery="d-2"), by="plasterco", refs=[named.statement_hash])
    proposed = network.accept(a_correction(delivery="d-1", replacement="d-1b"), by="powerco")
    network.accept(an_approval(delivery="d-1"), by="plasterco", refs=[proposed.statement_hash])
    day = network.clock.now().date()
    steam = an_offer(network, "a-steam", "energy-supply@1", asset=None, contract_no="C-7")
    network.accept(replace(steam, reply_by=day + timedelta(days=9)), by="powerco")
    sign_by_all(network, "a-steam")
    network.accept(a_metered_day(delivery="m-1", agreement="a-steam"), by="powerco")
    late = replace(an_offer(network, "a-more", contract_no="C-8", asset=None, **certifying.WET), reply_by=day + timedelta(days=9))
    offered = network.accept(late, by="powerco")
    network.accept(
        GrantGiven(
            "g-1", network.id("lab"), GrantScope.AGREEMENT, "a-pool", sealed=False, valid_until=day + timedelta(days=9), reason="tests"
        ),
        by=OPERATOR,
    )
    payee = next(one for one in accounts if any(payment.amount > 0 for payment in one.payments))
    due = next(payment for payment in payee.payments if payment.amount > 0)
    names = {member.id: name for name, member in network.members.items()}
    network.accept(PaymentConfirmed("p-1", payee.account, due.counterparty, due.amount, day), by=names[payee.organisation])
    network.accept(AgreementDeclined("a-more", "too late"), by="plasterco", refs=[offered.statement_hash])


#: What a field may hold that somebody wrote to do harm; all of it is JSON that the log's profile allows.
BAD: st.SearchStrategy[JSON] = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 2**53 - 1, -(2**53 - 1)]),
    st.sampled_from(["", " ", "-1", "-0", "1e9", "NaN", "Infinity", "0" * 300, "9" * 300, "0." + "1" * 300, "+5", "1,5", "٣", "1_000"]),
    st.sampled_from(["2025-02-30", "0000-01-01", "9999-12-31", "2025-13", "9999-12-31T23:59:59Z", "2025-01-01T00:00:00+01:00"]),
    st.sampled_from(["o-powerco", "o-nobody1", "a-pool", "d-1", "2025-01", "../../etc", "'; DROP TABLE deliveries; --", "x" * 5000]),
    st.just([]),
    st.just({}),
    st.lists(st.none() | st.just("x") | st.just({"a": 1}), min_size=1, max_size=3),
    st.just([["x"] * 50] * 50),
    st.text(st.characters(codec="ascii"), max_size=12),
)


@SLOW
@given(data=st.data())
def test_a_well_signed_statement_with_a_bad_value_is_judged_in_words(settled: Settled, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted({one.statement.kind for one in settled.patterns})))  # first, so that rare kinds come as often
    pattern = data.draw(st.sampled_from([one for one in settled.patterns if one.statement.kind == kind]))
    try:
        submission = sign_again(settled, change(pattern, data))
    except Malformed:
        return  # no signer's own tool writes that
    website = settled.website
    before = website.count(), website.network.dump()

    answer = website.token(OPERATOR).post("/statements", submission.to_json())

    settled.answers.update(answer.codes or ["entered"])
    assert answer.status_code in (201, 400, 409, 422), answer.text
    assert "quarantined" not in answer.codes, answer.text
    if answer.status_code != 201:
        assert answer.json["findings"], answer.text
        assert all(finding["message"] for finding in answer.json["findings"])
        assert (website.count(), website.network.dump()) == before


def test_each_field_of_each_kind_with_each_bad_value_is_judged_in_words(settled: Settled) -> None:
    website = settled.website
    first = {one.statement.kind: one for one in settled.patterns}
    submissions = [made for pattern in first.values() for made in sign_variants(settled, pattern)]
    size, entered = website.count(), 0

    for begin in range(0, len(submissions), 500):
        part = submissions[begin : begin + 500]
        answer = website.token(OPERATOR).post("/statements", {"statements": [one.to_json() for one in part]})
        assert answer.status_code == 200, answer.text
        for submission, result in zip(part, answer.json["results"], strict=True):
            said = submission.signed.statement.kind, submission.contents, submission.signed.statement.public, result
            assert result["status"] in (201, 400, 409, 422), said
            assert "quarantined" not in {finding["code"] for finding in result["findings"]}, said
            assert (result["status"] == 201) != bool(result["findings"]), said
            entered += result["status"] == 201

    print(f"{len(submissions)} variants of {len(first)} kinds, {entered} of them were in order")
    assert website.count() == size + entered
    assert entered < len(submissions) / 20


def sign_variants(settled: Settled, pattern: Pattern) -> Iterator[Submission]:
    """Sign a statement with each of its fields, and each part of a field, holding each bad value in turn, about a new subject."""
    statement = replace(pattern.statement, about=f"{pattern.statement.about.partition(':')[0]}:fresh-2")
    for name, value in pattern.values.items():
        for bad in list_bad(value):
            with suppress(Malformed):  # no signer's own tool writes that
                yield sign_again(settled, Pattern(statement, {**pattern.values, name: bad}))
    for name, value in statement.public.items():
        for bad in list_bad(value):
            with suppress(Malformed):
                yield sign_again(settled, Pattern(replace(pattern.statement, public={**statement.public, name: bad}), pattern.values))


def list_bad(value: Any, depth: int = 0) -> Iterator[Any]:
    """List what may stand instead of a value, or inside it."""
    yield from [*list_likes(value), *WRONG] if depth == 0 else [*list_likes(value)[:5], None, -1, "", []]
    if isinstance(value, dict):
        for name, inner in value.items():
            few = [*list_likes(inner)[:2], None]  # of a contract's hundred parameters
            yield from ({**value, name: bad} for bad in (list_bad(inner, depth + 1) if len(value) < MANY else few))
    elif isinstance(value, list) and value:
        yield from ([bad, *value[1:]] for bad in list_bad(value[0], depth + 1))


def change(pattern: Pattern, data: st.DataObject) -> Pattern:
    """Change one or two places: a value, a name, an item of a list, the subject or something public."""
    values: dict[str, Any] = json.loads(json.dumps(pattern.values))
    public: dict[str, Any] = json.loads(json.dumps(dict(pattern.statement.public)))
    about = pattern.statement.about
    for _ in range(data.draw(st.integers(1, 2))):
        places = [*(("value", name) for name in values), *(("public", name) for name in public), ("about", ""), ("surplus", "")]
        what, name = data.draw(st.sampled_from(places))
        if what == "value":
            values[name] = change_inside(values[name], data)
        elif what == "public":
            public[name] = change_inside(public[name], data)
        elif what == "surplus":
            values[data.draw(st.sampled_from(["surplus", "quantity", "log_id"]))] = data.draw(BAD)
        else:
            about = f"{about.partition(':')[0]}:{data.draw(st.sampled_from(['fresh-1', 'd-2', 'o-nobody1', '2025-02']))}"
    return Pattern(replace(pattern.statement, public=public, about=about), values)


def sign_again(settled: Settled, pattern: Pattern) -> Submission:
    """Sign a statement anew, with the key that signed it."""
    website, statement = settled.website, pattern.statement
    by = settled.by[statement.key]
    person = website.network._find_person(by)[1]
    person.signed += 1
    now = website.network.clock.now()
    binding = Binding(statement.log, statement.author, str(uuid.uuid4()))
    fields = [(name, RowList(tuple(value)) if isinstance(value, list) else value) for name, value in pattern.values.items()]
    contents, root = commit_contents(binding, fields, lambda: uuid.uuid4().hex * 2)
    header = replace(
        statement,
        id=binding.id,
        key_seq=person.signed,
        issued_at=format_instant(now),
        expires_at=format_instant(now + timedelta(hours=1)),
        contents_root=root,
        fields=len(fields),
    )
    return Submission(sign_statement(header, person.key.sign), contents)


def change_inside(value: Any, data: st.DataObject) -> Any:
    """Change a value, or something inside it; mostly to one of its own type, so that it is the rules that have to answer."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(value)))
        return {**value, name: change_inside(value[name], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(value) - 1))
        return [change_inside(item, data) if number == place else item for number, item in enumerate(value)]
    return data.draw(BAD if data.draw(st.integers(0, 3)) == 0 else find_likes(value))


def find_likes(value: Any) -> st.SearchStrategy[Any]:
    """Give other values of a value's own type."""
    likes = list_likes(value)
    return st.sampled_from(likes) if likes else BAD


def list_likes(value: Any) -> list[Any]:
    """List other values of a value's own type."""
    likes: list[Any] = []
    match value:
        case str():
            likes = next((likes for pattern, likes in TEXTS if re.fullmatch(pattern, value)), IDS)
        case bool():
            likes = [not value]
        case int():
            likes = [0, 1, -1, value + 1, -value, 10**12, 2**53 - 1]
        case list():
            likes = [[], value[:1], value[::-1], value * 2, value[1:]]
        case dict():
            likes = [{}, {**value, "surplus": 1}, dict(list(value.items())[1:])]
    return likes


WRONG: list[Any] = [
    None,
    True,
    0,
    -1,
    2**53 - 1,
    "",
    " ",
    "-1",
    "1e9",
    "NaN",
    "9" * 300,
    "0." + "1" * 300,
    "x" * 5000,
    [],
    {},
    [None],
    {"a": 1},
]
MANY = 20  #: names in one object
IDS = ["o-powerco", "o-pharma", "o-lab000", "o-nobody1", "a-pool", "a-pipe", "a-nothing", "d-1", "d-3", "fresh-1", "TNE", "MWH", "XYZ",
       "for", "against", "general", "specific", "adopted", "conform", "nonconform", "equal", "0" * 64, "x" * 300]  # fmt: skip
TEXTS = (
    (r"-?[0-9]+(\.[0-9]+)?", ["0", "-0.01", "0.00001", "-25.36", "999999999999.99", "1000000000.01", "12"]),
    (r"[0-9]{4}-[0-9-]+T.*", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2025-03-30T01:30:00Z", "2024-12-31T23:00:00Z"]),
    (r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?", ["0001-01-01", "9999-12-31", "2025-02-28", "0001-01", "9999-12", "2025-02", "2024-12"]),
)
