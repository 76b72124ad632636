"""The cast: each organisation with the keys that it holds itself, and the files in which it keeps them."""

import os
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ledger.authority import prove_possession
from ledger.keyfile import KeyFile, seal_key
from ledger.keys import SigningKey
from webui.demo.figures import Figures

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  #: without letters that look like digits


@dataclass(slots=True)
class Signer:
    """One key of an organisation, on the client's side: what it has signed so far is counted here."""

    name: str  #: such as "asnaes/scale"
    organisation: str  #: id
    key: SigningKey
    holder: str  #: pseudonym
    roles: tuple[str, ...]
    signed: int = 0

    def prove(self, log: str) -> str:
        """Sign the proof of possession that an enrolment or rotation carries; 128 hex digits."""
        return prove_possession(log, self.organisation, self.key.multikey, self.holder, list(self.roles), self.key.sign)


class Cast:
    """All keys of the play, by names such as "asnaes/scale"; one organisation's first key comes first."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.signers: dict[str, Signer] = {}
        for organisation in figures.organisations:
            for label, roles in organisation.keys.items():
                self.add(organisation.short, label, roles)

    def add(self, short: str, label: str, roles: Sequence[str], holder: str | None = None) -> Signer:
        """Make a key for an organisation; its holder is a new pseudonym unless one is given."""
        organisation = self.figures.find_organisation(short)
        name = f"{short}/{label}"
        made = Signer(name, organisation.id, SigningKey.generate(), holder or f"h-{secrets.token_hex(6)}", tuple(sorted(roles)))
        self.signers[name] = made
        return made

    def id(self, short: str) -> str:
        """Give an organisation's id."""
        return self.figures.find_organisation(short).id

    def find(self, short: str, role: str) -> Signer:
        """Give an organisation's newest key with a role."""
        return next(signer for name, signer in reversed(self.signers.items()) if name.partition("/")[0] == short and role in signer.roles)

    def list_of(self, short: str) -> list[Signer]:
        """List an organisation's keys, the first one first."""
        return [signer for name, signer in self.signers.items() if name.partition("/")[0] == short]

    def list_board(self) -> list[Signer]:
        """List the keys of the board's seats."""
        return [signer for signer in self.signers.values() if "board" in signer.roles]


def make_passphrase() -> str:
    """Make a passphrase that can be read out: five groups of five, about 120 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(5))


def seal_keys(signers: Sequence[Signer], folder: Path, passphrase: str, log: str) -> list[Path]:
    """Write each key into a file of its own under a passphrase, `<organisation>-<label>.key`, mode 0600; gives the files.

    On two threads: nearly all of the time goes into stretching the passphrase, which lets other threads run.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ThreadPoolExecutor(2) as pool:
        sealed = pool.map(lambda one: seal_key(KeyFile(one.key, log, one.organisation, one.holder), passphrase), signers)
        paths = []
        for signer, data in zip(signers, sealed, strict=True):
            path = folder / f"{signer.name.replace('/', '-')}.key"
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
            paths.append(path)
    return paths
