"""Agreements in words: their states, the steps that change them, and their text arranged for reading."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.agreements.rules import Agreement, AgreementState
from contracts.agreements.standing import Step
from contracts.templates.catalogue import Template, load_templates
from contracts.views.traded import name_exchanged

STATES = {
    AgreementState.OFFERED: _l("offered"),
    AgreementState.DECLINED: _l("declined"),
    AgreementState.WITHDRAWN: _l("withdrawn"),
    AgreementState.IN_FORCE: _l("in force"),
    AgreementState.SUSPENDED: _l("suspended"),
    AgreementState.TERMINATED: _l("terminated"),
}
TONES = {
    AgreementState.OFFERED: "warn",
    AgreementState.DECLINED: "bad",
    AgreementState.WITHDRAWN: "plain",
    AgreementState.IN_FORCE: "good",
    AgreementState.SUSPENDED: "warn",
    AgreementState.TERMINATED: "plain",
}
EXCHANGES = {
    "material": _l("Material"),
    "energy": _l("Energy"),
    "water": _l("Water"),
    "pooling": _l("Shared asset"),
}
_HEAD = re.compile(r"([CP][0-9]{2})  (\S.*)")
_PARAGRAPH = re.compile(r"([CP][0-9]{2}\.[0-9]+)  (\S.*)")
_RULE = re.compile(r"={10,}")
_ITEM = "    - "
SCHEDULE = "SCHEDULE OF PARAMETERS"


@dataclass(frozen=True, slots=True)
class StepWords:
    """How one step is said, before and where it is taken."""

    button: Any
    title: Any
    words: Any  #: what it does
    kind: str  #: of the fact
    fields: tuple[str, ...]
    danger: bool = False


#: The steps that a short form takes; signing and counter-offers have pages of their own.
STEPS = {
    Step.DECLINE: StepWords(
        _l("Decline"),
        _l("Decline the offer"),
        _l("The offer ends here. Every party learns your reason, those that have signed too."),
        "agreement.declined",
        ("reason",),
        danger=True,
    ),
    Step.WITHDRAW: StepWords(
        _l("Withdraw"),
        _l("Withdraw your offer"),
        _l("You take your offer back before the last signature. Every party learns your reason."),
        "agreement.withdrawn",
        ("reason",),
        danger=True,
    ),
    Step.SUSPEND: StepWords(
        _l("Suspend"),
        _l("Suspend the agreement"),
        _l("No delivery is made under it until you resume it. Suspend only for a cause that the contract names, and name it."),
        "agreement.suspended",
        ("reason",),
        danger=True,
    ),
    Step.RESUME: StepWords(
        _l("Resume"),
        _l("Resume the agreement"),
        _l("Deliveries may be made again from the moment in which this is on the log."),
        "agreement.resumed",
        ("reason",),
    ),
    Step.TERMINATE: StepWords(
        _l("Terminate"),
        _l("Terminate the agreement"),
        _l("From the day that you name no delivery is made under it. What was delivered and is owed stays. Keep the contract's notice."),
        "agreement.terminated",
        ("effective", "reason"),
        danger=True,
    ),
}


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of a contract's text."""

    kind: str  #: title, schedule, clause, paragraph, item or line
    number: str
    words: str


def word_state(agreement: Agreement, *, lapsed: bool = False) -> tuple[str, str]:
    """Say where an agreement stands: words and tone."""
    if lapsed:
        return _("offer lapsed: nobody answered it in time"), "bad"
    return str(STATES[agreement.state]), TONES[agreement.state]


def find_form(ref: str) -> Template | None:
    """Find a standard contract; None where its reference was erased."""
    return load_templates().get(ref)


def name_subject(agreement: Agreement) -> str:
    """Name what is exchanged; a dash where the terms were erased."""
    form = find_form(agreement.template)
    return name_exchanged(form, agreement.parameters) if form else "–"


def arrange_text(text: str) -> Iterator[TextPart]:
    """Arrange a contract's text by its lines, without changing a word."""
    in_schedule = False
    for number, line in enumerate(text.rstrip("\n").split("\n")):
        if number == 0 or line == SCHEDULE:
            in_schedule = line == SCHEDULE
            yield TextPart("title" if number == 0 else "schedule", "", line)
        elif found := _PARAGRAPH.fullmatch(line):
            yield TextPart("paragraph", found[1], found[2])
        elif found := _HEAD.fullmatch(line):
            yield TextPart("paragraph" if in_schedule else "clause", found[1], found[2])
        elif line.startswith(_ITEM):
            yield TextPart("item", "", line.removeprefix(_ITEM))
        elif line.strip() and not _RULE.fullmatch(line):
            yield TextPart("line", "", line)
