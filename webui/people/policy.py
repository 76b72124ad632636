"""Who must have a second factor: as the deployment says, by default everybody whose keys can bind or pay, or who runs or judges."""

from collections.abc import Iterable

from contracts.facts import Role

#: Roles whose holders must have one by default: they sign contracts, state costs, run the network, decide.
WEIGHTY = frozenset({Role.SIGNATORY.value, Role.FINANCE.value, Role.FACILITATOR.value, Role.BOARD.value})


def wants_second_factor(rule: str, roles: Iterable[str]) -> bool:
    """Tell whether a holder of roles must have a second factor; `rule` is settings.second_factor."""
    return rule == "required" or (rule == "by-role" and not WEIGHTY.isdisjoint(roles))
