"""Signatures of many entries, checked by threads beside the reading: cryptography lets other threads run while it computes."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeAlias

from ledger.statement import Signed

_BATCH = 256  #: signatures handed over at once
_WAITING = 8  #: batches under way; more would only fill the memory
Blame: TypeAlias = Callable[[int | None, str, str], None]
Batch: TypeAlias = list[tuple[int, Signed]]


class SignatureCheck:
    """Gathers signatures, has them checked in batches, and blames the entries whose signature does not hold."""

    def __init__(self, threads: int, blame: Blame) -> None:
        self._pool = ThreadPoolExecutor(max(threads, 1))
        self._blame = blame
        self._batch: Batch = []
        self._waiting: deque[Future[list[int]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

    def add_signed(self, index: int, signed: Signed) -> None:
        """Have one signature checked, soon."""
        self._batch.append((index, signed))
        if len(self._batch) >= _BATCH:
            self._hand_over()
            if len(self._waiting) > _WAITING:
                self._take_oldest()

    def finish(self) -> None:
        """Wait for all signatures; each that does not hold is blamed."""
        self._hand_over()
        while self._waiting:
            self._take_oldest()

    def _hand_over(self) -> None:
        batch, self._batch = self._batch, []
        self._waiting.append(self._pool.submit(_list_broken, batch))

    def _take_oldest(self) -> None:
        for index in self._waiting.popleft().result():
            self._blame(index, "bad-signature", "statement: the signature does not hold")


def _list_broken(batch: Batch) -> list[int]:
    return [index for index, signed in batch if not signed.holds()]
