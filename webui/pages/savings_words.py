"""Words of savings and shares: states of periods, causes of lines, rules of sharing with what they mean, parameters of baselines."""

from typing import Any

from flask_babel import lazy_gettext as _l

from contracts.savings.facts import LineCause

#: state → (words, tone)
PERIOD_STATES: dict[str, tuple[Any, str]] = {
    "closed": (_l("closed"), "good"),
    "ended": (_l("ended, waits for its close"), "warn"),
    "waits": (_l("ended, an earlier one is closed first"), "warn"),
    "runs": (_l("runs"), "plain"),
    "ahead": (_l("lies ahead"), "plain"),
}
CAUSES: dict[LineCause, Any] = {
    LineCause.CURRENT: _l("delivered in the period"),
    LineCause.TRUE_UP: _l("true-up of an earlier period"),
}
RULES: dict[str, Any] = {
    "equal": _l("equal parts"),
    "proportional": _l("in proportion to baselines"),
    "shapley": _l("Shapley value"),
    "nucleolus": _l("nucleolus"),
}
#: What a rule does and why one may hold it to be fair, in two sentences.
METHODS: dict[str, Any] = {
    "equal": _l("Everybody who took part gets the same amount. It is the simplest rule, and takes no account of who contributed how much."),
    "proportional": _l(
        "Each gets a part as large as its part of all baseline costs, what it would have cost without the exchanges. "
        "Who had most to lose gains most, whether or not the others needed it."
    ),
    "shapley": _l(
        "Each gets what it adds to the savings on average, over all orders in which the organisations could have joined. "
        "Who adds nothing gets nothing, and two who add the same get the same."
    ),
    "nucleolus": _l(
        "The split makes the group with most ground to complain as content as possible, then the next group, and so on. "
        "Where any split keeps every group from doing better on its own, this one does."
    ),
}
BASELINES: dict[str, Any] = {
    "baseline_supplier_cost": _l("avoided disposal or treatment"),
    "baseline_receiver_cost": _l("avoided purchase"),
    "stand_alone_cost": _l("a plant of its own"),
}
