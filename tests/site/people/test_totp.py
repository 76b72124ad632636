"""One-time passwords agree with RFC 6238's own figures."""

from datetime import UTC, datetime

import pytest

from webui.people.totp import STEP, count_step, find_step, make_password, write_address, write_secret

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "password"),  # RFC 6238, appendix B, SHA-1, the last six of eight digits
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_passwords_are_those_of_the_standard(seconds: int, password: str) -> None:
    assert make_password(SECRET, seconds // STEP) == password


def test_a_step_before_and_after_is_taken_and_no_other() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    present = count_step(now)

    found = {away: find_step(SECRET, make_password(SECRET, present + away), now, 0) for away in range(-3, 4)}

    assert found == {-3: None, -2: None, -1: present - 1, 0: present, 1: present + 1, 2: None, 3: None}


def test_a_step_that_was_taken_is_not_taken_again() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    present = count_step(now)

    assert find_step(SECRET, make_password(SECRET, present), now, present) is None
    assert find_step(SECRET, make_password(SECRET, present), now, present - 1) == present


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0" * 100])
def test_what_is_no_password_is_none(typed: str) -> None:
    assert find_step(SECRET, typed, datetime(2026, 1, 2, tzinfo=UTC), 0) is None


def test_the_secret_is_written_for_apps_and_for_fingers() -> None:
    assert write_secret(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    address = write_address(SECRET, "Symbiosis Ledger", "anna@works.example")
    assert address.startswith(
        "otpauth://totp/Symbiosis%20Ledger:anna%40works.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Symbiosis%20Ledger"
    )
