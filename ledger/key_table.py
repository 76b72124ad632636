"""Keys of one length numbered as they come: exact as a dict, in a quarter of its memory.

A slot holds the number of a key; which slot follows from a hash under a salt of this process, so nobody can aim at one. The keys themselves
are compared, so that no two are ever taken for one.
"""

import secrets
from array import array

_LEAST = 1024  #: slots
_FULL = 2 / 3  #: share of the slots in use before their number doubles


class KeyTable:
    """Numbers keys from 0 as they are added; of a key that is added twice the first number is found."""

    def __init__(self, width: int, expected: int = 0) -> None:
        """Width: bytes of each key. Expected: how many will come, if that is known; more or fewer may."""
        self._width = width
        self._keys = bytearray()
        self._salt = secrets.token_bytes(16)
        self._count = self._used = 0
        slots = _LEAST
        while slots * _FULL <= expected:
            slots *= 2
        self._slots = array("I", bytes(4 * slots))  #: number of a key, plus one; 0 where the slot is free

    def __len__(self) -> int:
        """Count the numbers given."""
        return self._count

    def add(self, key: bytes) -> bool:
        """Give a key the next number; tells False if the key had one before, which it keeps."""
        slot, number = self._find_slot(key)
        self._keys += key
        self._count += 1
        if number is not None:
            return False
        self._slots[slot] = self._count
        self._used += 1
        if self._used > len(self._slots) * _FULL:
            self._grow()
        return True

    def skip(self) -> None:
        """Give the next number to no key."""
        self._keys += bytes(self._width)
        self._count += 1

    def find(self, key: bytes) -> int | None:
        """Find the first number of a key."""
        return self._find_slot(key)[1]

    def _find_slot(self, key: bytes) -> tuple[int, int | None]:
        """Find the slot of a key with its number, or the free slot where it would stand."""
        slots, keys, width = self._slots, self._keys, self._width
        mask = len(slots) - 1
        slot = hash(self._salt + key) & mask
        while number := slots[slot]:
            if keys[(number - 1) * width : number * width] == key:
                return slot, number - 1
            slot = slot + 1 & mask
        return slot, None

    def _grow(self) -> None:
        numbers = self._slots
        self._slots = slots = array("I", bytes(8 * len(numbers)))
        keys, width, salt, mask = self._keys, self._width, self._salt, len(slots) - 1
        for number in numbers:
            if number:
                slot = hash(salt + keys[(number - 1) * width : number * width]) & mask
                while slots[slot]:
                    slot = slot + 1 & mask
                slots[slot] = number
