"""The story: a month of trade between three firms, from the first offer to a confirmed payment, everything said over HTTP."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from contracts.agreements.facts import AgreementDeclined, AgreementSigned
from contracts.certificates.facts import Result
from contracts.clock import SystemClock
from contracts.deliveries.facts import (
    CorrectionApproved,
    CorrectionProposed,
    DeliveryDispatched,
    DeliveryReceived,
    DeliveryResolved,
    Reading,
    ReadingQuality,
    ReadingsRecorded,
)
from contracts.governance.facts import Choice, Interest, InterestDeclared, ReviewOpened, RulebookAdopted, VoteCast
from contracts.governance.rulebook import hash_rules
from contracts.own_facts import KeyRevoked
from contracts.parties.facts import GrantGiven, GrantScope
from contracts.period import list_interval_starts
from contracts.savings.facts import CostItem, CostsReported
from contracts.settlement.facts import PaymentConfirmed
from ledger.canonical import JSON
from tests.journey.cast import BOARD, OPERATOR, SCALE, Cast
from tests.journey.client import Answer
from tests.journey.drafting import (
    OFFICE,
    ZONE,
    Month,
    draft_certificate,
    draft_counter,
    draft_offer,
    draft_resolution,
    fill_in,
    find_last_month,
)

RULES: dict[str, JSON] = {
    "quorum_percent": 50,
    "majority": "simple",
    "tie": "rejects",
    "allocation_rule": "shapley",
    "fee_permille": 10,
    "reserve_permille": 5,
    "review_days": 0,
}
WET: dict[str, JSON] = {"invoice_mass": "wet", "moisture_reference": None, "permits": None}
GYPSUM, ASH, STEAM = "a-gypsum", "a-ash", "a-steam"
#: What was agreed for one unit, in euros; written here a second time, so that accounts are checked against more than themselves.
PRICES = {GYPSUM: Decimal("12.40"), ASH: Decimal("7.15"), STEAM: Decimal("18.05")}
RECEIVERS = {GYPSUM: "plasterco", ASH: "pharma", STEAM: "plasterco"}


@dataclass(slots=True)
class Story:
    """What was played, and what came of it."""

    cast: Cast
    month: Month = field(default_factory=find_last_month)
    receipts: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    closed: Any = None
    accounts: list[Any] = field(default_factory=list)
    download: Answer | None = None

    def play(self) -> None:
        """Play it from the first offer to the audit file."""
        self.agree()
        self.hand_over()
        self.certify()
        self.report_costs()
        self.close()
        self.decide()
        self.settle()
        self.let_auditor_in()

    # Contracts

    def agree(self) -> None:
        """One contract is offered, countered and signed; another declined; two more signed as offered."""
        powerco, plasterco, cast = self.cast["powerco"], self.cast["plasterco"], self.cast
        cast[OPERATOR].say(RulebookAdopted("first", hash_rules(RULES), RULES))
        ids = (powerco.organisation, plasterco.organisation)
        asked = fill_in("material-supply@1", ids, self.month, contract_no="C-1", base_price="13.10", **WET)
        powerco.say(draft_offer(powerco.client, GYPSUM, "material-supply@1", asked))
        counter, answered = draft_counter(plasterco.client, GYPSUM, base_price=str(PRICES[GYPSUM]))
        plasterco.say(counter, answered)
        self.refusals["signed the old offer"] = powerco.fail(AgreementSigned(GYPSUM, OFFICE), answered)
        self.sign(GYPSUM)
        steam = fill_in("energy-supply@1", ids, self.month, contract_no="C-2", base_price=str(PRICES[STEAM]), benefit_rule="fixed_split",
                        supplier_share="40")  # fmt: skip
        powerco.say(draft_offer(powerco.client, STEAM, "energy-supply@1", steam))
        self.sign(STEAM)
        pair = (powerco.organisation, cast["pharma"].organisation)
        ash = fill_in("material-supply@1", pair, self.month, contract_no="C-3", material_name="fly ash", base_price="19.00", **WET)
        offer = powerco.say(draft_offer(powerco.client, "a-dear", "material-supply@1", ash))
        cast["pharma"].say(AgreementDeclined("a-dear", "too dear for ash"), [offer["statement_hash"]])
        cheaper: dict[str, JSON] = {**ash, "contract_no": "C-4", "base_price": str(PRICES[ASH])}
        powerco.say(draft_offer(powerco.client, ASH, "material-supply@1", cheaper))
        self.sign(ASH)

    def sign(self, agreement: str) -> None:
        """Have both parties sign the standing offer."""
        for name in ("powerco", RECEIVERS[agreement]):
            standing = self.cast[name].client.read(f"/agreements/{agreement}")["agreement"]["offer_hash"]
            self.cast[name].say(AgreementSigned(agreement, OFFICE), [standing])

    # Deliveries

    def hand_over(self) -> None:
        """Four loads and a metered day: one load disputed and resolved, one corrected, one refused in part."""
        scale, plasterco, pharma = self.cast[SCALE], self.cast["plasterco"], self.cast["pharma"]
        scale.say_all([self.load("d-1", GYPSUM, "25.42", 3), self.load("d-2", GYPSUM, "24.90", 4), self.load("d-3", GYPSUM, "20.00", 5)])
        scale.say(self.load("d-4", ASH, "10.00", 6))
        plasterco.say(self.receipt("d-1", "25.36", 3))
        plasterco.say(self.receipt("d-2", "23.10", 4))
        plasterco.say(self.receipt("d-3", "20.00", 5))
        pharma.say(self.receipt("d-4", "10.00", 6, refused="0.50"))
        self.receipts["dispute"] = plasterco.client.read("/deliveries/d-2")
        proposed = plasterco.say(DeliveryResolved("d-2", Decimal("24.07"), "weighed again on the public scale"))
        scale.say(DeliveryResolved("d-2", Decimal("24.07"), "agreed"), [proposed["statement_hash"]])
        wrong = scale.say(CorrectionProposed("d-3", "d-3b", Decimal("19.37"), "tare of another trailer"))
        plasterco.say(CorrectionApproved("d-3", None), [wrong["statement_hash"]])
        scale.say(self.metered_day())
        total = Decimal("147.24")
        plasterco.say(DeliveryReceived("m-1", self.month.at(8), total, None, None, None, total, Decimal(0), None))
        self.lose_key()

    def lose_key(self) -> None:
        """The weighbridge's key is revoked; what it had signed and not yet sent comes too late."""
        powerco, scale = self.cast["powerco"], self.cast[SCALE]
        late, key = scale.sign([self.load("d-5", GYPSUM, "1.00", 9)])[0], scale.keys.key.multikey
        powerco.say(KeyRevoked(key, key, "superseded", None))
        answer = powerco.client.ask("POST", "/statements", late.to_json())
        assert answer.status == 422, answer.body
        self.refusals["said by a revoked key"] = {(finding["field"], finding["code"]) for finding in answer.json["findings"]}

    def load(self, delivery: str, agreement: str, quantity: str, day: int) -> DeliveryDispatched:
        """A load leaves powerco's gate."""
        at = self.month.at(day)
        return DeliveryDispatched(
            delivery, agreement, Decimal(quantity), "TNE", None, None, None, at, f"T-{delivery}", None, "AB 12 345", "Driver One"
        )

    def receipt(self, delivery: str, quantity: str, day: int, *, refused: str = "0") -> DeliveryReceived:
        """A load arrives, two hours later."""
        whole, back = Decimal(quantity), Decimal(refused)
        return DeliveryReceived(
            delivery, self.month.at(day, 11), whole, None, None, None, whole - back, back, "wet from rain" if back else None
        )

    def metered_day(self) -> ReadingsRecorded:
        """A day of steam, a quarter of an hour each; its quantities go up and down."""
        day = self.month.first_day.replace(day=7)
        starts = list(list_interval_starts(day, 15, ZONE))
        amounts = [Decimal("1.5") + Decimal(number % 4) / 50 + (Decimal("0.36") if not number else 0) for number in range(len(starts))]
        readings = tuple(Reading(start, amount, ReadingQuality.MEASURED) for start, amount in zip(starts, amounts, strict=True))
        return ReadingsRecorded(
            "m-1", STEAM, None, "HM-17", day, 15, "MWH", Decimal(1000), Decimal(1000) + sum(amounts, Decimal(0)), readings
        )

    # Quality and costs

    def certify(self) -> None:
        """The laboratory may look into the contract, and certifies a load."""
        lab, operator = self.cast["lab"], self.cast[OPERATOR]
        until = SystemClock().now().date() + timedelta(days=30)
        operator.say(GrantGiven("g-lab", lab.organisation, GrantScope.AGREEMENT, GYPSUM, sealed=False, valid_until=until, reason="tests"))
        results = (
            Result("free moisture", "8.4", "P1", "EN 13454-2", Decimal("0.2")),
            Result("CaSO4.2H2O", "96.25", "P1", "EN 13454-2", Decimal("0.5")),
            Result("chloride", "62", "NA", "EN 196-2", Decimal(5)),
            Result("pH", "7.1", "Q30", "ISO 10523", Decimal("0.2")),
            Result("mercury", "<0.05", "NA", "EN ISO 12846", Decimal("0.1")),
        )
        self.receipts["certificate"] = lab.say(draft_certificate(lab, "c-1", GYPSUM, "d-1", results))

    def report_costs(self) -> None:
        """What handling cost is reported under seal."""
        period = self.month.name
        self.receipts["costs"] = self.cast["plasterco"].say(
            CostsReported("r-1", GYPSUM, period, (CostItem("drying", 12_345), CostItem("storage", 801)))
        )
        self.cast["powerco"].say(CostsReported("r-2", ASH, period, (CostItem("loading", 2_050),)))

    # The period

    def close(self) -> None:
        """The facilitator has the period closed and an allocation proposed, by the service's own key."""
        operator = self.cast[OPERATOR].client
        self.closed = operator.order(f"/periods/{self.month.name}/close")
        self.receipts["allocation"] = operator.order("/allocations", {"period": self.month.name, "rule": "shapley"})["receipt"]

    def decide(self) -> None:
        """The board reviews the allocation: interests, votes, one dissent, a resolution."""
        proposal = self.receipts["allocation"]
        entry = self.cast["powerco"].client.read(f"/entries/{proposal['index']}")
        closes = SystemClock().now() + timedelta(days=2)
        review = ReviewOpened("rv-1", entry["about"], proposal["index"], proposal["statement_hash"], "Adopt it?", closes)
        self.cast["powerco"].say(review)
        for name in BOARD:
            against = name == "pharma"
            self.cast[name].say(InterestDeclared("rv-1", Interest.GENERAL, None))
            choice = VoteCast("rv-1", Choice.AGAINST, "ash is worth more") if against else VoteCast("rv-1", Choice.FOR, None)
            self.cast[name].say(choice)
        self.cast["plasterco"].say(draft_resolution(self.cast["plasterco"].client, "rv-1", "R-1"))

    def settle(self) -> None:
        """Accounts are stated, and a payee confirms what it was paid."""
        stated = self.cast[OPERATOR].client.order("/accounts", {"period": self.month.name})
        assert {one["status"] for one in stated["results"]} == {201}
        for name in (*BOARD, OPERATOR):
            self.accounts += self.cast[name].client.list_all("/accounts", period=self.month.name)
        payee, due = next((one, due) for one in self.accounts for due in one["payments"] if due["amount"] > 0)
        paid = PaymentConfirmed("p-1", payee["account"], due["counterparty"], due["amount"], SystemClock().now().date())
        self.refusals["confirmed another amount"] = self.cast[self.cast.name(payee["organisation"])].fail(
            PaymentConfirmed("p-1", payee["account"], due["counterparty"], due["amount"] + 1, paid.paid_on)
        )
        self.receipts["payment"] = self.cast[self.cast.name(payee["organisation"])].say(paid)

    def let_auditor_in(self) -> None:
        """An auditor gets a grant over everything, and downloads the log."""
        auditor, until = self.cast["auditco"], SystemClock().now().date() + timedelta(days=30)
        self.receipts["before the grant"] = [one["readable"] for one in auditor.client.list_all("/entries")]
        grant = GrantGiven("g-1", auditor.organisation, GrantScope.NETWORK, None, sealed=True, valid_until=until, reason="yearly audit")
        self.cast[OPERATOR].wait_for_checkpoint(self.cast[OPERATOR].say(grant)["statement_hash"])
        self.download = auditor.client.ask("GET", "/networks/kalundborg/audit.zip")
