"""Words of accounts: kinds of lines, and who owes whom."""

from typing import Any

from flask_babel import lazy_gettext as _l

from contracts.settlement.facts import LineKind

LINES: dict[LineKind, Any] = {
    LineKind.PRICE: _l("Prices of deliveries"),
    LineKind.SPLIT: _l("Agreed split between two parties"),
    LineKind.TRANSFER: _l("Transfer: allocated less saved"),
    LineKind.FEE: _l("Fee to the operator"),
    LineKind.RESERVE: _l("Reserve of the network"),
}
#: sign of a total → (words, tone)
DUES: dict[int, tuple[Any, str]] = {1: (_l("is owed"), "good"), 0: (_l("nothing is owed"), "plain"), -1: (_l("owes"), "warn")}
