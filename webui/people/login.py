"""Checking a password: the same answer and the same work for an unknown account, a wrong password and a shut login."""

import threading

from webui.people.attempts import begin_attempt, forgive_attempt
from webui.people.persons import MAX_PASSWORD, Person, PersonStore, hash_password
from webui.problems import NoLogin
from webui.runtime import Runtime
from webui.settings import PasswordCost

_REFUSAL = "no login with this address and password"
_dummies: dict[PasswordCost, str] = {}
_lock = threading.Lock()


def check_login(runtime: Runtime, email: str, password: str, address: str) -> Person:
    """Check an address and a password from a network address; raises NoLogin or TooMany."""
    account = email.strip().lower()
    with runtime.writing() as connection:
        attempt = begin_attempt(connection, account, address, runtime.clock.now())
    found = PersonStore(runtime.reading, runtime.writing).find_user(email=account)
    person = found or _make_nobody(runtime.settings.password_cost)
    # What is longer than any password may be costs no more work, and is none.
    holds = person.verify_and_update_password(password[:MAX_PASSWORD]) and len(password) <= MAX_PASSWORD
    if found is None or not holds or not found.active:
        raise NoLogin(_REFUSAL)
    with runtime.writing() as connection:
        forgive_attempt(connection, attempt)
    return found


def _make_nobody(cost: PasswordCost) -> Person:
    """Make a person whose password nobody knows, so that an unknown account costs the time of a known one."""
    with _lock:
        if cost not in _dummies:
            _dummies[cost] = hash_password("nobody's password, ever", cost)
    return Person.make_nobody(_dummies[cost])
