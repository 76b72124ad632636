"""The tour: one full cycle in the demo, from an offer to a verified file; what has been done is read from the log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from ledger.log import Log
from ledger.store import StoredEntry

Found = Mapping[str, Sequence[StoredEntry]]  #: entries since the tour began, by kind


@dataclass(frozen=True, slots=True)
class Stop:
    """One step of the tour."""

    visitor: str  #: who does it; "" for the clock
    title: Any
    words: Any  #: what to do and what to look at
    done: Callable[[Found], bool]
    path: Callable[[Found], str]  #: after /n/<network>, or a page of the demo's own


@dataclass(frozen=True, slots=True)
class Step:
    """One step, as it stands."""

    number: int
    visitor: str
    title: str
    words: str
    path: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Tour:
    """The tour, as it stands."""

    steps: tuple[Step, ...]

    @property
    def current(self) -> Step | None:
        """The first step that is not done."""
        return next((step for step in self.steps if not step.is_done), None)

    @property
    def done(self) -> int:
        """How many are done."""
        return sum(step.is_done for step in self.steps)


#: What the tour looks for on the log.
KINDS = (
    "agreement.offered",
    "agreement.signed",
    "delivery.dispatched",
    "delivery.received",
    "certificate.issued",
    "period.closed",
    "allocation.proposed",
    "review.opened",
    "vote.cast",
    "resolution.recorded",
    "account.stated",
    "payment.confirmed",
)
MOST = 400  #: entries of a kind that are looked at


def _has(kind: str, count: int = 1) -> Callable[[Found], bool]:
    return lambda found: len(found[kind]) >= count


def _at(kind: str, path: str, otherwise: str) -> Callable[[Found], str]:
    """Give the page of the last thing of a kind; `path` has a place for its id."""
    return lambda found: path.format(found[kind][-1].about.partition(":")[2]) if found[kind] else otherwise


STOPS: tuple[Stop, ...] = (
    Stop(
        "asnaes",
        _l("Offer a contract"),
        _l(
            "The gypsum contract ended with the year. As the power station's office, offer it anew: look over the parameters, "
            "change the price, then sign with the key in this browser."
        ),
        _has("agreement.offered"),
        lambda _found: "/agreements/new?template=material-supply@1&like=gypsum",
    ),
    Stop(
        "asnaes",
        _l("Sign it as the supplier"),
        _l("An offer is not a signature yet. Open it and sign."),
        _has("agreement.signed"),
        _at("agreement.offered", "/agreements/{}", "/agreements"),
    ),
    Stop(
        "firm",
        _l("Sign it as the receiver"),
        _l("As the plasterboard works, read the contract, see what changed, and sign. Now it is in force."),
        _has("agreement.signed", 2),
        _at("agreement.offered", "/agreements/{}", "/agreements"),
    ),
    Stop(
        "asnaes-scale",
        _l("Weigh a load"),
        _l("At the power station's weighbridge: choose the contract, type gross and tare, and sign the ticket."),
        _has("delivery.dispatched"),
        lambda found: (
            "/weighbridge" + (f"?agreement={found['agreement.offered'][-1].about.partition(':')[2]}" if found["agreement.offered"] else "")
        ),
    ),
    Stop(
        "gyproc-scale",
        _l("Receive it"),
        _l("At the works' own scale: confirm what arrived. Type another weight to see what a dispute is."),
        _has("delivery.received"),
        _at("delivery.dispatched", "/deliveries/{}", "/deliveries"),
    ),
    Stop(
        "laboratory",
        _l("Certify its quality"),
        _l("In the laboratory: type the results beside their limits and issue a certificate that anybody can check without an account."),
        _has("certificate.issued"),
        _at("agreement.offered", "/lab/{}", "/lab"),
    ),
    Stop(
        "",
        _l("Let the month end"),
        _l(
            "Time passes with one click. The service closes the month, measures what was saved against the agreed baselines, and "
            "proposes how to share it."
        ),
        lambda found: bool(found["period.closed"] and found["allocation.proposed"]),
        lambda _found: "/demo/tour",
    ),
    Stop(
        "board",
        _l("Open a review"),
        _l(
            "As the chair of the board: look at who gains, why the split is fair, and who would be better off alone. Then put it "
            "to the vote."
        ),
        _has("review.opened"),
        _at("allocation.proposed", "/allocations/{}", "/allocations"),
    ),
    Stop(
        "board",
        _l("Vote"),
        _l(
            "Declare your interest and vote. Then change the role at the top and vote as two more members: the quorum is two "
            "thirds of four seats."
        ),
        _has("vote.cast", 3),
        _at("review.opened", "/reviews/{}", "/reviews"),
    ),
    Stop(
        "board",
        _l("Record the resolution"),
        _l("Let days pass until the vote closes (at the top), then record what the board decided."),
        _has("resolution.recorded"),
        _at("review.opened", "/reviews/{}", "/reviews"),
    ),
    Stop(
        "facilitator",
        _l("State the accounts"),
        _l("Who pays whom: each statement says why, down to the load that you weighed."),
        _has("account.stated"),
        _at("period.closed", "/periods/{}", "/accounts"),
    ),
    Stop(
        "asnaes",
        _l("Confirm a payment"),
        _l("Open your statement of account, follow one amount down to the entry on the log, and confirm a payment."),
        _has("payment.confirmed"),
        _at("account.stated", "/accounts", "/accounts"),
    ),
    Stop(
        "auditor",
        _l("Verify everything"),
        _l(
            "As the auditor: take the file away and verify it, here in the browser or with one command on a machine that never "
            "met this server."
        ),
        lambda _found: False,
        lambda _found: "/audit",
    ),
)


def begin_tour(log: Log) -> int:
    """Begin: gives the size of the log, which the visitor's session keeps."""
    head = log.read_head()
    return head.size if head else 0


def find_tour(log: Log, begun: object) -> Tour | None:
    """Find how far a tour is; None where none was begun."""
    if not isinstance(begun, int):
        return None
    found = {kind: log.list_entries(kinds=[kind], after=begun - 1, limit=MOST) for kind in KINDS}
    steps = [
        Step(number, stop.visitor, str(stop.title), str(stop.words), stop.path(found), stop.done(found))
        for number, stop in enumerate(STOPS, 1)
    ]
    return Tour(tuple(steps))
