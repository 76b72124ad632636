"""Why this number: every amount of two played months, for everybody who may see it, added up again by somebody else's arithmetic."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction

import pytest

from contracts.errors import NotFound
from contracts.facts import Role
from contracts.views import allocations, savings, settlement, why
from contracts.views.derivation import Closed, Derivation, Rounding, Unit, What
from contracts.views.sight import Sight
from tests.contracts.views.played import admit_readers, look, play_february, play_january
from tests.databases import Databases
from tests.network import OPERATOR, TestNetwork

PERIODS = ("2025-01", "2025-02")
READERS = ("powerco", "plasterco", "pharma", OPERATOR, "auditco", "lookers", "outsider")
SCALES = {Unit.UNIT_PRICE: Fraction(100), Unit.PERCENT: Fraction(1, 100), Unit.PERMILLE: Fraction(1, 1000)}
Explained = dict[str, list[tuple[Derivation, int]]]
SEALED = (12_345, 777, 1_234)  #: cost items of the play


@pytest.fixture(scope="module")
def played(databases: Databases, database_kind: str) -> Iterator[TestNetwork]:
    """The network after two months; only read from here on."""
    url = databases.create(database_kind)
    network = TestNetwork(url)
    play_january(network)
    play_february(network)
    admit_readers(network)
    yield network
    network.verify()
    network.check_replay()
    network.close()
    databases.drop(url)


@pytest.fixture(scope="module")
def explained(played: TestNetwork) -> Explained:
    """Every amount that each reader is shown, explained, beside the amount that is shown."""
    found = {}
    with played.connect() as connection:
        for by in READERS:
            found[by] = list(explain_all(look(played, connection, by, *Role)))
    return found


def walk_all(explained: Explained, by: str) -> list[Derivation]:
    """List all amounts that a reader is led down to."""
    return [one for derivation, _ in explained[by] for one in derivation.walk()]


def explain_all(sight: Sight) -> Iterator[tuple[Derivation, int]]:
    """Explain every amount that the reader's views show, each with the amount that is shown."""
    for account in settlement.list_accounts(sight, period=None, after=-1, limit=100):
        yield why.explain_account(sight, account.account), account.total
        for number, line in enumerate(account.lines):
            yield why.explain_account_line(sight, account.account, number), line.amount
        for payment in account.payments:
            yield why.explain_payment(sight, account.account, payment.counterparty), payment.amount
    for period in PERIODS:
        seen = savings.find_savings(sight, period)
        if seen.total is not None:
            yield why.explain_total(sight, period), seen.total
        for number, saved in savings.list_numbered_lines(sight, period):
            yield why.explain_saving(sight, period, number), saved.saving
    for allocation in allocations.list_allocations(sight, period=None, after=-1, limit=100):
        for share in allocation.shares:
            yield why.explain_allocated(sight, allocation.allocation, share.organisation), share.transfer


def read_kind(network: TestNetwork, index: int) -> str:
    """Read from the log itself which kind of fact an entry says."""
    return network.log.read_entries(index, index + 1)[0].kind


def add_up(one: Derivation) -> int:
    """Add a derivation up from its leaves."""
    if one.parts:
        return sum(add_up(part) for part in one.parts)
    if one.arithmetic is None:
        return one.amount
    exact = Fraction(0)
    for term in one.arithmetic.terms:
        product = Fraction(1)
        for factor in term:
            product *= factor.value * SCALES.get(factor.unit, Fraction(1))
        exact += product
    assert exact == one.arithmetic.exact
    return one.arithmetic.sign * round_exactly(exact, one.arithmetic.rounding)


def round_exactly(exact: Fraction, rounding: Rounding) -> int:
    """Round as the word says."""
    whole = exact.numerator // exact.denominator
    match rounding:
        case Rounding.NONE:
            assert exact.denominator == 1
            return whole
        case Rounding.HALF_EVEN:
            rest = exact - whole
            return whole + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1))
        case Rounding.REMAINDER_UP:
            return whole + 1
        case _:
            return whole


@pytest.mark.parametrize("by", READERS)
def test_every_amount_adds_up_from_its_leaves(explained: Explained, by: str) -> None:
    assert len(explained[by]) >= (0 if by == "outsider" else 5)
    for derivation, shown in explained[by]:
        for one in derivation.walk():
            assert one.parts or one.arithmetic or one.closed, one
            assert add_up(one) == one.amount, one
            assert one.arithmetic is None or one.arithmetic.result == one.amount, one
        assert derivation.amount == shown


@pytest.mark.parametrize("by", READERS)
def test_amounts_in_the_arithmetic_are_those_that_are_explained_beside_it(explained: Explained, by: str) -> None:
    for one in walk_all(explained, by):
        stated = [factor.value for term in (one.arithmetic.terms if one.arithmetic else ()) for factor in term if factor.unit is Unit.MONEY]
        for basis in one.basis:
            assert basis.amount in stated, (one, basis.amount)


def test_a_party_is_led_down_to_the_entries_of_each_delivery(played: TestNetwork) -> None:
    with played.connect() as connection:
        sight = look(played, connection, "plasterco", Role.FINANCE)
        account = settlement.list_accounts(sight, period="2025-01", after=-1, limit=10)[0]
        nodes = list(why.explain_account(sight, account.account).walk())
        said = {one.index: one.kind for node in nodes for use in node.uses for one in use.evidence}
    stored = {index: read_kind(played, index) for index in said}

    lines = [one for one in nodes if one.what is What.SAVING and one.uses]
    assert stored == said
    assert {use.delivery for line in lines for use in line.uses} == {"d-1", "d-2", "d-4", "d-5"}
    assert all(sum((use.settled for use in line.uses), Decimal(0)) == line.quantity for line in lines)
    assert {one.what for one in nodes} >= {
        What.TIERS_WITH,
        What.TIERS_BEFORE,
        What.QUALITY,
        What.REFUSED,
        What.COST_ITEM,
        What.FIXED_CHARGE,
    }


def test_nothing_of_the_play_is_beyond_the_arithmetic(explained: Explained) -> None:
    nodes = walk_all(explained, "auditco")

    assert {one.closed for one in nodes} <= {None, Closed.METHOD}
    assert {one.what for one in nodes if one.closed} <= {What.REFUSED, What.REPRICED, What.PAYMENT}


def test_sealed_items_are_for_their_owner_and_for_auditors_whose_grant_says_so(explained: Explained) -> None:
    shown = {by: {abs(one.amount) for one in walk_all(explained, by) if one.what is What.COST_ITEM} for by in READERS}

    assert shown == {by: set() for by in READERS} | {"powerco": {777, 1_234}, "plasterco": {12_345}, "auditco": set(SEALED)}


def test_the_other_partys_saving_stands_in_no_derivation_of_a_split(played: TestNetwork, explained: Explained) -> None:
    with played.connect() as connection:
        theirs = {
            line.saving
            for _, line in savings.list_numbered_lines(look(played, connection, "powerco"), "2025-01")
            if line.agreement == "a-split"
        }

    assert theirs
    assert not {abs(one.amount) for one in walk_all(explained, "pharma")} & {abs(amount) for amount in theirs}


@pytest.mark.parametrize("by", ["pharma", "outsider"])
def test_what_is_anothers_is_not_found(played: TestNetwork, by: str) -> None:
    with played.connect() as connection:
        own = look(played, connection, "plasterco")
        account = settlement.list_accounts(own, period="2025-01", after=-1, limit=1)[0]
        number = savings.list_numbered_lines(own, "2025-01")[0][0]
        sight = look(played, connection, by, Role.FINANCE)

        calls: list[Callable[[], Derivation]] = [
            lambda: why.explain_account(sight, account.account),
            lambda: why.explain_account_line(sight, account.account, 0),
            lambda: why.explain_payment(sight, account.account, account.payments[0].counterparty),
            lambda: why.explain_saving(sight, "2025-01", number),
            lambda: why.explain_allocated(sight, account.allocation or "", played.id("plasterco")),
            lambda: why.explain_delivery(sight, "d-1"),
        ]
        for call in calls:
            with pytest.raises(NotFound):
                call()
