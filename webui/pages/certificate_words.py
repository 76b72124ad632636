"""Words of certificates: where they stand, what they find, and the results against their limits, in the reader's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.certificates.conformity import DecisionRule, Measured, Outcome
from contracts.certificates.credential import CertifiedResult
from contracts.views.certificates import Certificate, CertificateState, Verdict
from webui.pages.languages import write_number, write_symbol

STATES = {
    CertificateState.ISSUED: (_l("stands"), "good"),
    CertificateState.SUSPENDED: (_l("suspended"), "warn"),
    CertificateState.REVOKED: (_l("revoked"), "bad"),
    CertificateState.SUPERSEDED: (_l("superseded"), "plain"),
}
VERDICTS = {
    Verdict.CONFORM: (_l("as agreed"), "good"),
    Verdict.NONCONFORM: (_l("not as agreed"), "bad"),
    Verdict.UNDECIDED: (_l("undecided"), "warn"),
}
_SENTENCES = {
    Verdict.CONFORM: _l("The goods are as agreed: each result lies inside its limits."),
    Verdict.NONCONFORM: _l("The goods are not as agreed: one result at least lies outside its limits."),
    Verdict.UNDECIDED: _l("Undecided: a result is missing, or too uncertain to tell."),
}
OUTCOMES = {
    Outcome.CONFORM: (_l("inside"), "good"),
    Outcome.NONCONFORM: (_l("outside"), "bad"),
    Outcome.NOT_DECIDABLE: (_l("not decidable"), "warn"),
    Outcome.MISSING: (_l("not measured"), "warn"),
}
RULES = {
    DecisionRule.SIMPLE: _l("simple acceptance: the value itself must lie inside the limits"),
    DecisionRule.GUARDED: _l("guarded acceptance: the value with its whole uncertainty must lie inside the limits"),
}
RANKS = {
    2: _l("the referee laboratory of the contract"),
    1: _l("a laboratory outside the contract"),
    0: _l("a party to the contract"),
}
TYPES = {
    "2.1": _l("2.1, declaration of compliance"),
    "2.2": _l("2.2, test report"),
    "3.1": _l("3.1, inspection certificate"),
    "3.2": _l("3.2, inspection certificate with two signatures"),
}


@dataclass(frozen=True, slots=True)
class ShownResult:
    """One result on the page."""

    parameter: str
    value: str  #: with its unit
    limits: str
    method: str
    uncertainty: str
    words: str
    tone: str


def word_state(one: Certificate) -> tuple[str, str]:
    """Say in a word where a certificate stands."""
    words, tone = STATES[one.state]
    return str(words), tone


def explain_state(one: Certificate) -> str:
    """Say in a sentence where a certificate stands."""
    match one.state:
        case CertificateState.ISSUED:
            words = _("It stands.")
        case CertificateState.SUSPENDED if one.is_corrected:
            words = _("Suspended: a delivery that it quotes was corrected; it is to be issued anew.")
        case CertificateState.SUSPENDED:
            words = _("Suspended by its laboratory: it is not to be relied on for now.")
        case CertificateState.REVOKED:
            words = _("Revoked by its laboratory: it is not to be relied on.")
        case CertificateState.SUPERSEDED:
            words = _("Superseded: %(other)s stands instead.", other=one.replaced_by)
    return str(words)


def explain_verdict(verdict: Verdict) -> str:
    """Say in a sentence what was found."""
    return str(_SENTENCES[verdict])


def show_results(rows: Sequence[CertifiedResult]) -> list[ShownResult]:
    """Show results against their limits."""
    return [show_result(row) for row in rows]


def show_result(row: CertifiedResult) -> ShownResult:
    """Show one result against its limits."""
    words, tone = OUTCOMES[row.outcome]
    value = "–" if row.measured is None else f"{write_measured(row.measured)} {name_unit(row.unit)}".rstrip()
    spread = "–" if row.uncertainty is None else f"±{write_number(row.uncertainty)} {name_unit(row.unit)}".rstrip()
    return ShownResult(
        row.parameter, value, write_limits(row.minimum, row.maximum, row.agreed_unit), row.method or "–", spread, str(words), tone
    )


def write_measured(measured: Measured) -> str:
    """Write a measured value as the reader writes numbers, with < or > before it."""
    return f"{measured.sign}{write_number(measured.value)}"


def write_limits(low: Decimal | None, high: Decimal | None, unit: str) -> str:
    """Write limits, such as 90–98 %."""
    symbol = name_unit(unit)
    match (low, high):
        case (None, None):
            text = _("no limit")
        case (_low, None):
            text = f"≥ {write_number(low)} {symbol}"
        case (None, _high):
            text = f"≤ {write_number(high)} {symbol}"
        case _:
            text = f"{write_number(low)} – {write_number(high)} {symbol}"
    return str(text).rstrip()


def name_unit(unit: str) -> str:
    """Write a unit's symbol."""
    return write_symbol(unit)
