"""Signatures of many entries, checked by threads: cryptography lets other threads run while it computes.

Reading and checking take turns. Beside a thread that reads without a pause, a checking thread would wait up to five milliseconds
for the interpreter after each signature; measured, that made the whole audit slower than one thread alone.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeAlias

from ledger.statement import Signed

_BATCH = 2048  #: signatures checked at once
Blame: TypeAlias = Callable[[int | None, str, str], None]
Batch: TypeAlias = list[tuple[int, Signed]]


class SignatureCheck:
    """Gathers signatures, has them checked in batches, and blames the entries whose signature does not hold."""

    def __init__(self, threads: int, blame: Blame) -> None:
        self._threads = max(threads, 1)
        self._pool = ThreadPoolExecutor(self._threads)
        self._blame = blame
        self._batch: Batch = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

    def add_signed(self, index: int, signed: Signed) -> None:
        """Have one signature checked, soon."""
        self._batch.append((index, signed))
        if len(self._batch) >= _BATCH:
            self.finish()

    def finish(self) -> None:
        """Check all signatures that wait; each that does not hold is blamed."""
        batch, self._batch = self._batch, []
        parts = [batch[number :: self._threads] for number in range(self._threads)]
        for index in sorted(index for broken in self._pool.map(_list_broken, parts) for index in broken):
            self._blame(index, "bad-signature", "statement: the signature does not hold")


def _list_broken(batch: Batch) -> list[int]:
    return [index for index, signed in batch if not signed.holds()]
