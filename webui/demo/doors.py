"""Doors: throw-away logins and tokens for the roles of the play, so that everybody can see what each of them sees."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from contracts.facts import Role
from webui.demo.cast import Cast
from webui.people.persons import add_membership, add_person, hash_password
from webui.people.tokens import TokenOrder, issue_token
from webui.runtime import Runtime

DAYS = 365  #: that a token lives
_SEATS = (  #: what it is called, what it does, organisation, role of its key
    ("facilitator", "facilitator", "symbiosis", Role.FACILITATOR),
    ("firm", "firm", "gyproc", Role.SIGNATORY),
    ("laboratory", "lab", "westlab", Role.LAB),
    ("auditor", "auditor", "northaudit", Role.AUDITOR),
    ("board", "board", "municipality", Role.BOARD),
    ("gyproc-scale", "clerk", "gyproc", Role.OPERATOR),
    ("asnaes", "firm", "asnaes", Role.SIGNATORY),
    ("asnaes-scale", "clerk", "asnaes", Role.OPERATOR),
    ("gyproc-board", "board", "gyproc", Role.BOARD),
    ("novonordisk-board", "board", "novonordisk", Role.BOARD),
)


@dataclass(frozen=True, slots=True)
class Door:
    """One way in."""

    name: str  #: such as "gyproc-scale"
    role: str  #: firm, clerk, lab, auditor, board or facilitator
    organisation: str  #: its name
    email: str
    password: str
    token: str
    key_file: str  #: name of the file of its key


def open_doors(runtime: Runtime, cast: Cast, now: datetime) -> list[Door]:
    """Make a person with a password, and a token, for each role."""
    log_id = runtime.log(cast.figures.network).log_id
    doors = []
    for name, does, short, role in _SEATS:
        signer, organisation = cast.find(short, role), cast.figures.find_organisation(short)
        email, password = f"{name}@{cast.figures.network}.example", secrets.token_urlsafe(12)
        password_hash = hash_password(password, runtime.settings.password_cost)
        order = TokenOrder(log_id, organisation.id, signer.holder, signer.roles, f"demo, {name}", DAYS)
        with runtime.writing() as connection:
            person = add_person(connection, email=email, name=f"{does} of {organisation.name}", password_hash=password_hash, now=now)
            add_membership(connection, person, log_id, organisation.id, signer.holder)
            token, _ = issue_token(connection, order, created_by=None, now=now)
        doors.append(Door(name, does, organisation.name, email, password, token, f"{signer.name.replace('/', '-')}.key"))
    return doors
