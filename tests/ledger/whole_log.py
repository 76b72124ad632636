"""A whole log verified again, as an auditor would, after each test that wrote one."""

import io
from collections.abc import Iterable, Mapping, Sequence

from ledger.canonical import JSON
from ledger.evidence import LogClaims, write_audit_file
from ledger.verdict import Verdict, describe_verdict
from ledger.verify import verify_audit_file


def verify_log(
    *, log: LogClaims, entries: Iterable[bytes], contents: Iterable[Mapping[str, JSON] | None], checkpoints: Sequence[str]
) -> Verdict:
    """Write an audit file in memory and verify it with the key that it claims; fails with the verdict's words unless all holds."""
    file = io.BytesIO()
    write_audit_file(file, log=log, entries=entries, contents=contents, checkpoints=checkpoints, checkpoint=checkpoints[-1], extras={})
    verdict = verify_audit_file(file, origin=log.log, log_key=log.log_key)
    assert verdict.integrity == "unwitnessed", "\n".join(describe_verdict(verdict))
    return verdict
