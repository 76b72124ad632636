"""Rules side by side: the recorded shares as they are, the others computed from the same game, marks where leaving pays; to whom what."""

from fractions import Fraction

import pytest

from contracts.allocation.network_game import AssetValue, ExchangeValue, NetworkGame
from contracts.allocation.service import draft_allocation
from contracts.allocation.tables import ProposedAllocation, list_allocations
from contracts.errors import NotFound
from contracts.facts import Role
from contracts.settlement.facts import LineKind
from contracts.settlement.tables import list_accounts
from contracts.views import rule_comparison
from contracts.views.rule_comparison import RULES, Coalition, RuleComparison, compare_rules, list_leaving, value_alone
from tests.contracts.views.played import look
from tests.network import TestNetwork

PERIODS = ("2025-01", "2025-02")


def find_recorded(network: TestNetwork, period: str) -> ProposedAllocation:
    with network.connect() as connection:
        return list_allocations(connection, network.log_id, period=period)[0]


def see(network: TestNetwork, by: str, period: str = "2025-01", *roles: Role) -> RuleComparison:
    recorded = find_recorded(network, period)
    with network.connect() as connection:
        return compare_rules(look(network, connection, by, *roles), recorded.allocation)


@pytest.mark.parametrize("period", PERIODS)
def test_the_board_sees_the_recorded_shares_first_and_every_other_rule(watched: TestNetwork, period: str) -> None:
    comparison, recorded = see(watched, "pharma", period, Role.BOARD), find_recorded(watched, period)

    assert comparison.rules[0].recorded
    assert comparison.rules[0].shares == {share.organisation: share.allocated for share in recorded.shares}
    assert sorted(rule.rule for rule in comparison.rules) == sorted(RULES)
    assert [rule.recorded for rule in comparison.rules[1:]] == [False] * 3
    assert comparison.complete


@pytest.mark.parametrize("period", PERIODS)
def test_every_rule_splits_the_same_total_to_the_cent(watched: TestNetwork, period: str) -> None:
    comparison = see(watched, "pharma", period, Role.BOARD)

    assert {sum(rule.shares.values()) for rule in comparison.rules if rule.shares} == {comparison.total}
    assert sum(comparison.saved.values()) == comparison.total


def test_the_other_rules_are_what_the_service_would_propose(watched: TestNetwork) -> None:
    comparison = see(watched, "pharma", "2025-01", Role.BOARD)

    for rule in comparison.rules[1:]:
        with watched.connect() as connection:
            drafted = draft_allocation(connection, watched.log_id, "2025-01", rule.rule, 0)
        assert rule.shares == {share.organisation: share.allocated for share in drafted.shares}
        assert rule.method == drafted.method


def test_the_recorded_shares_lead_to_the_transfers_of_the_accounts(watched: TestNetwork) -> None:
    comparison = see(watched, "pharma", "2025-02", Role.BOARD)

    with watched.connect() as connection:
        accounts = list_accounts(connection, watched.log_id, period="2025-02")
    for account in accounts:
        transfer = sum(line.amount for line in account.lines if line.kind is LineKind.TRANSFER)
        assert comparison.rules[0].shares[account.organisation] - comparison.saved[account.organisation] == transfer


def test_an_organisation_without_the_boards_role_sees_its_own_share_and_no_other_rule(watched: TestNetwork) -> None:
    comparison = see(watched, "plasterco", "2025-01", Role.FINANCE)

    assert comparison.organisations == (watched.id("plasterco"),)
    assert set(comparison.alone) == set(comparison.saved) == set(comparison.names) == {watched.id("plasterco")}
    assert [list(rule.shares) for rule in comparison.rules] == [[watched.id("plasterco")]]
    assert (comparison.complete, comparison.total) == (False, None)
    assert comparison.rules[0].leaving == ()


def test_an_auditor_sees_all_by_grant_and_it_is_noted(watched: TestNetwork) -> None:
    recorded = find_recorded(watched, "2025-01")
    with watched.connect() as connection:
        sight = look(watched, connection, "auditco", Role.AUDITOR)

        assert compare_rules(sight, recorded.allocation).complete
        assert sight.used == {recorded.entry: "g-auditco"}


@pytest.mark.parametrize("by", ["outsider", "partial", "lab"])
def test_who_has_no_share_and_no_grant_sees_none(watched: TestNetwork, by: str) -> None:
    with pytest.raises(NotFound):
        see(watched, by, "2025-01", Role.AUDITOR, Role.BOARD)


def test_an_allocation_that_is_not_there_is_not_found(watched: TestNetwork) -> None:
    with watched.connect() as connection, pytest.raises(NotFound):
        compare_rules(look(watched, connection, "pharma", Role.BOARD), "2025-01.none.1")


def test_what_was_computed_once_is_kept_and_the_same(watched: TestNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    first = see(watched, "pharma", "2025-01", Role.BOARD)

    def fail(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(rule_comparison, "draft_allocation", fail)
    monkeypatch.setattr(rule_comparison, "read_game", fail)

    assert see(watched, "pharma", "2025-01", Role.BOARD) == first


def test_a_network_too_large_for_a_page_says_so(watched: TestNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_comparison, "COMPUTED_PLAYERS", 2)

    comparison = see(watched, "pharma", "2025-01", Role.BOARD)

    assert [rule.shares for rule in comparison.rules[1:]] == [{}, {}, {}]
    assert all("`symbiosis allocate`" in (rule.reason or "") for rule in comparison.rules[1:])


def test_a_network_that_only_lost_would_rather_not_have_been(watched: TestNetwork) -> None:
    comparison = see(watched, "pharma", "2025-02", Role.BOARD)

    assert all(comparison.rules[0].shares[name] < comparison.alone[name] == 0 for name in comparison.organisations)


def test_alone_counts_own_exchanges_and_the_part_of_an_asset_that_one_would_build() -> None:
    game = NetworkGame(
        players=("o-a", "o-b", "o-c"),
        exchanges=(ExchangeValue("x-1", ("o-a", "o-b"), 500), ExchangeValue("x-2", ("o-a",), 70), ExchangeValue("x-3", ("o-c",), -5)),
        assets=(AssetValue("pipe", 100, {"o-a": 60, "o-b": 90}, {"o-a": 80, "o-b": 85}),),
    )

    assert value_alone(game) == {"o-a": 70 + 20, "o-b": 0, "o-c": 0}


def describe_core(value: int, *, stable: bool, worst: list[str], excess: str) -> dict[str, object]:
    core = {"value": str(value), "stable": stable, "worst": worst, "worst_excess": excess, "blocking": 1}
    return {"components": [{"players": ["o-a", "o-b", "o-c"], "core": core}]}


def test_the_coalition_with_most_ground_to_complain_would_leave() -> None:
    components = describe_core(900, stable=False, worst=["o-a", "o-b"], excess="40.5")

    found = list_leaving(components, {"o-a": 300, "o-b": 300, "o-c": 300}, {})

    assert found == (Coalition(("o-a", "o-b"), 40),)


def test_nobody_leaves_a_stable_component() -> None:
    components = describe_core(900, stable=True, worst=["o-a"], excess="-12")

    assert list_leaving(components, {"o-a": 300, "o-b": 300, "o-c": 300}, {}) == ()


def test_a_component_that_feeds_others_would_leave_as_a_whole() -> None:
    components = describe_core(1000, stable=False, worst=["o-a"], excess="-3")

    assert list_leaving(components, {"o-a": 200, "o-b": 200, "o-c": 200}, {}) == (Coalition(("o-a", "o-b", "o-c"), 400),)
    assert list_leaving(components, {"o-a": 200, "o-b": 200, "o-c": 200}, {"o-a": Fraction(-400)}) == ()


def test_cents_that_rounding_moved_are_no_reason_to_leave() -> None:
    components = describe_core(900, stable=True, worst=["o-a"], excess="0")

    assert list_leaving(components, {"o-a": 299, "o-b": 299, "o-c": 299}, {}) == ()
