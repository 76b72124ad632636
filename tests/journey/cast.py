"""Who takes part: organisations with key files that only they open, admitted and enrolled over HTTP, each with a token of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from contracts.facts import OWN_ROLES, Role
from contracts.own_facts import RoleGranted
from contracts.parties.facts import OrganisationAdmitted, OrganisationKind, Site
from ledger.keyfile import KeyFile, open_key, seal_key
from ledger.keys import SigningKey
from tests.journey.client import Signer
from tests.journey.deployment import LOG, PASSPHRASE, Deployment
from tests.journey.drafting import request_key

OPERATOR = "symbio"
BOARD = ("powerco", "plasterco", "pharma")
KINDS: Mapping[str, tuple[OrganisationKind, tuple[Role, ...]]] = {
    "powerco": (OrganisationKind.PARTNER, (Role.BOARD,)),
    "plasterco": (OrganisationKind.PARTNER, (Role.BOARD,)),
    "pharma": (OrganisationKind.PARTNER, (Role.BOARD,)),
    "lab": (OrganisationKind.LABORATORY, (Role.LAB,)),
    "auditco": (OrganisationKind.AUDITOR, (Role.AUDITOR,)),
}
SCALE = "powerco-scale"  #: a further key of powerco's, at its weighbridge


def name_id(name: str) -> str:
    """Give the id of an organisation."""
    return f"o-{sha256(name.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The key files of everybody, under one passphrase; made once, because stretching it takes its time."""

    folder: Path

    def find(self, name: str) -> Path:
        """Give the key file of a name."""
        return self.folder / f"{name}.key"

    def open(self, name: str) -> KeyFile:
        """Open a key file, as its owner does."""
        return open_key(self.find(name).read_bytes(), PASSPHRASE)


def make_keyring(folder: Path) -> Keyring:
    """Make the key files of everybody."""
    ring = Keyring(folder)
    for name in (OPERATOR, *KINDS, SCALE):
        organisation = name_id(name.partition("-")[0])
        file = KeyFile(SigningKey.generate(), LOG, organisation, f"h-{sha256(f'holder {name}'.encode()).hexdigest()[:12]}")
        ring.find(name).write_bytes(seal_key(file, PASSPHRASE))
    return ring


@dataclass(slots=True)
class Cast:
    """Everybody by name, each with key and connection."""

    deployment: Deployment
    keyring: Keyring
    signers: dict[str, Signer] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Signer:
        """Give a signer."""
        return self.signers[name]

    def name(self, organisation: str) -> str:
        """Give the name of an organisation's id."""
        return next(name for name in self.signers if name_id(name) == organisation)

    def let_in(self, name: str, *roles: Role) -> Signer:
        """Open a key file and get a token, reading in roles."""
        keys = self.keyring.open(name)
        client = self.deployment.let_in(keys.organisation, keys.holder, [role.value for role in roles])
        self.signers[name] = Signer(keys, client, self.deployment.log_key)
        return self.signers[name]

    def join(self, name: str) -> None:
        """Admit an organisation, grant its roles, enrol its first key: all of it said by the facilitator."""
        kind, roles = KINDS[name]
        operator, keys = self.signers[OPERATOR], self.keyring.open(name)
        site = Site("main", "Main site", "Kalundborg")
        number = int(sha256(name.encode()).hexdigest()[:6], 16)
        admission = OrganisationAdmitted(keys.organisation, f"{name.capitalize()} A/S", f"DK-{number:08d}", "DK", kind, (site,))
        grants = [RoleGranted(keys.organisation, keys.organisation, role.value) for role in roles]
        operator.say_all([admission, *grants, request_key(keys, [*OWN_ROLES, *roles])])
        self.let_in(name, *OWN_ROLES, *roles)


def gather_cast(deployment: Deployment, keyring: Keyring) -> Cast:
    """Let the operator in, and everybody whom it admits; powerco enrols its weighbridge's key by itself."""
    cast = Cast(deployment, keyring)
    cast.let_in(OPERATOR, Role.FACILITATOR)
    for name in KINDS:
        cast.join(name)
    cast["powerco"].say(request_key(keyring.open(SCALE), [Role.OPERATOR]))
    cast.let_in(SCALE, Role.OPERATOR)
    return cast
