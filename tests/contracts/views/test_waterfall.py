"""The waterfall: from the baseline to the account, to the cent, for its owner and whoever a grant lets in."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, update

from contracts.errors import NotFound
from contracts.facts import Role
from contracts.savings.tables import list_lines
from contracts.settlement.tables import account_lines, accounts, list_accounts
from contracts.views.waterfall import SUMS, StepKind, Waterfall, find_waterfall
from tests.contracts.settlement.closing import close, trade
from tests.contracts.views.played import look
from tests.network import TestNetwork

CASES = [(by, period) for by in ("powerco", "plasterco", "pharma") for period in ("2025-01", "2025-02")]


def see(network: TestNetwork, by: str, period: str = "2025-01", of: str = "") -> Waterfall:
    with network.connect() as connection:
        return find_waterfall(look(network, connection, by, Role.AUDITOR, Role.BOARD), network.id(of or by), period)


@contextmanager
def falsify(network: TestNetwork) -> Iterator[Connection]:
    """Change rows past all rules, for as long as the test looks."""
    with network.engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize(("by", "period"), CASES)
def test_the_steps_lead_to_the_stated_account_to_the_cent(watched: TestNetwork, by: str, period: str) -> None:
    waterfall = see(watched, by, period)

    with watched.connect() as connection:
        stated = list_accounts(connection, watched.log_id, period=period, organisation=watched.id(by))[0]
    assert waterfall.steps[-1].kind is StepKind.ACCOUNT
    assert waterfall.steps[-1].end == stated.total == waterfall.account_total
    assert waterfall.difference == 0
    assert waterfall.account == stated.account


@pytest.mark.parametrize(("by", "period"), CASES)
def test_every_step_starts_where_the_last_one_ended(watched: TestNetwork, by: str, period: str) -> None:
    waterfall = see(watched, by, period)

    level = 0
    for step in waterfall.steps:
        if step.kind in SUMS:
            assert (step.start, step.end, step.amount) == (0, level, level)
        else:
            assert (step.start, step.end) == (level, level + step.amount)
            assert step.amount != 0
            level = step.end


@pytest.mark.parametrize(("by", "period"), CASES)
def test_the_saving_is_that_of_the_closed_period(watched: TestNetwork, by: str, period: str) -> None:
    waterfall = see(watched, by, period)

    with watched.connect() as connection:
        lines = list_lines(connection, watched.log_id, period, organisation=watched.id(by))
    assert waterfall.saving == sum(line.saving for line in lines)
    assert next(step.end for step in waterfall.steps if step.kind is StepKind.SAVING) == waterfall.saving
    assert next(step.end for step in waterfall.steps if step.kind is StepKind.BASELINE) == sum(line.baseline for line in lines)


def test_what_was_avoided_is_parted_by_the_role_in_the_agreement(watched: TestNetwork) -> None:
    supplier = {step.kind for step in see(watched, "powerco").steps}
    receiver = {step.kind for step in see(watched, "plasterco").steps}

    assert StepKind.DISPOSAL in supplier
    assert StepKind.PURCHASE not in supplier
    assert {StepKind.PURCHASE, StepKind.OWN_PLANT} <= receiver
    assert StepKind.DISPOSAL not in receiver


def test_the_transfers_of_all_organisations_sum_to_nothing(watched: TestNetwork) -> None:
    for period in ("2025-01", "2025-02"):
        steps = [step for by in ("powerco", "plasterco", "pharma") for step in see(watched, by, period).steps]

        assert sum(step.amount for step in steps if step.kind is StepKind.TRANSFER) == 0
        assert sum(step.amount for step in steps if step.kind is StepKind.SPLIT) == 0


def test_the_operator_without_savings_comes_from_nothing_to_its_fees(watched: TestNetwork) -> None:
    waterfall = see(watched, "auditco", of="symbio")

    assert [step.kind for step in waterfall.steps if step.amount] == [StepKind.FEE, StepKind.RESERVE, StepKind.NET, StepKind.ACCOUNT]
    assert waterfall.difference == 0


def test_an_auditor_with_a_grant_sees_what_the_owner_sees(watched: TestNetwork) -> None:
    with watched.connect() as connection:
        sight = look(watched, connection, "auditco", Role.AUDITOR)
        seen = find_waterfall(sight, watched.id("powerco"), "2025-01")

        assert seen == see(watched, "powerco")
        assert set(sight.used.values()) == {"g-auditco"}


@pytest.mark.parametrize("by", ["plasterco", "outsider", "partial"])
def test_other_members_and_grants_on_one_agreement_see_none(watched: TestNetwork, by: str) -> None:
    with pytest.raises(NotFound, match="for you to see"):
        see(watched, by, of="powerco")


@pytest.mark.parametrize(("by", "period"), [("powerco", "2025-03"), ("outsider", "2025-01")])
def test_a_running_period_and_a_member_without_lines_have_none(watched: TestNetwork, by: str, period: str) -> None:
    with pytest.raises(NotFound):
        see(watched, by, period)


def test_an_account_that_was_changed_by_a_cent_is_told(watched: TestNetwork) -> None:
    with falsify(watched) as connection:
        account = f"2025-01.{watched.id('powerco')}"
        connection.execute(update(accounts).where(accounts.c.account == account).values(total=accounts.c.total + 1))

        waterfall = find_waterfall(look(watched, connection, "powerco"), watched.id("powerco"), "2025-01")

        assert waterfall.difference == 1


def test_a_price_of_the_account_that_the_close_does_not_know_is_told(watched: TestNetwork) -> None:
    with falsify(watched) as connection:
        account = f"2025-01.{watched.id('powerco')}"
        row = account_lines.c
        connection.execute(update(account_lines).where(row.account == account, row.number == 0).values(amount=row.amount + 7))
        connection.execute(update(accounts).where(accounts.c.account == account).values(total=accounts.c.total + 7))

        waterfall = find_waterfall(look(watched, connection, "powerco"), watched.id("powerco"), "2025-01")

        assert waterfall.difference == 7


def test_before_the_account_is_stated_the_way_ends_at_the_saving(network: TestNetwork) -> None:
    trade(network)
    close(network)

    waterfall = see(network, "plasterco")

    assert waterfall.steps[-1].kind is StepKind.SAVING
    assert (waterfall.account, waterfall.account_total, waterfall.difference) == (None, None, None)
