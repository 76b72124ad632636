"""What tests of tampering share: a log from trade to statements of account, and the auditor's look at a file."""

import io

from ledger.verdict import Verdict
from ledger.verify import verify_audit_file
from tests.contracts.certificates import building as certifying
from tests.contracts.forging import Copied
from tests.contracts.settlement.closing import settle
from tests.network import LOG, TestNetwork

INTACT = ("unwitnessed", "consistent")


def play(network: TestNetwork) -> None:
    """Trade, certify, close, allocate, settle."""
    certifying.admit_lab(network)
    settle(network)
    network.accept(certifying.draft(network, agreement="a-pool"), by="lab")
    network.verify()


def verify_file(data: bytes, copied: Copied, *heads: str) -> Verdict:
    """Verify a file with the key that an auditor brings."""
    return verify_audit_file(io.BytesIO(data), origin=LOG, log_key=copied.claims.log_key, known_heads=heads)


def find_index(verdict: Verdict) -> int | None:
    """Give the first index that a verdict names."""
    return min((fault.index for fault in verdict.faults if fault.index is not None), default=None)
