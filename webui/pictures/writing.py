"""Writing: how a picture writes numbers, times and words; handed in, so that each reader's language and time zone hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


def keep_words(text: str) -> str:
    """Leave words as they are written here: English."""
    return text


@dataclass(frozen=True, slots=True)
class Writing:
    """Functions that write for one reader."""

    money: Callable[[int, str], str]  #: minor units, currency
    quantity: Callable[[Decimal, str], str]  #: amount, UN/ECE Rec 20 code
    number: Callable[[int], str]
    moment: Callable[[datetime], str]  #: in the network's time zone
    day: Callable[[date], str]
    period: Callable[[str], str]  #: a month such as 2025-03
    say: Callable[[str], str] = keep_words  #: gettext

    def signed_money(self, minor: int, currency: str) -> str:
        """Write a change, with a plus where it is positive."""
        return f"+{self.money(minor, currency)}" if minor > 0 else self.money(minor, currency)
