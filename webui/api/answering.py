"""Answering for what the service itself put on the log at somebody's request."""

from typing import Any

from ledger.outcome import Outcome
from webui.api.statements import refuse
from webui.submitting import describe


def answer_outcome(outcome: Outcome) -> Any:  # noqa: ANN401 - an answer, or a problem
    """Answer with the receipt, or with the problem that the log names."""
    answered = describe(outcome, before=0)
    return (answered, answered.status) if answered.status < 400 else refuse(answered)  # noqa: PLR2004 - problems begin there
