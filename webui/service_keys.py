"""Service keys: the three keys by which this service speaks for a log, in files that never leave it.

DATA/service/<network>/service.json names the log and the service key's holder; log.key, receipts.key and service.key beside it hold
32-byte seeds as hex, mode 0600; a log key that took over lies in log.2.key and so on. Losing the one in force ends the log; copying it
lets another write a second history: back it up sealed. log-mldsa44.key is there where checkpoints carry, or carried, a line by ML-DSA-44;
in place of a lost one a new one is made, which auditors then must be told.
"""

import json
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from ledger.durable import place_file, replace_file
from ledger.errors import Malformed
from ledger.keys import SigningKey
from ledger.ml_dsa import MAX_NAME_BYTES, SEED_BYTES, MlDsaKey
from ledger.note import ED25519, VerifierKey
from ledger.outcome import LogKeys
from ledger.statement import LOG_NAME
from webui.settings import SettingsError

#: How a network is named in addresses and folders; its full name stands on the log.
NETWORK = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_FORMAT = "symbiosis-ledger/service/v1"
_LOG_FILE = re.compile(r"log(\.([2-9]|[1-9][0-9]{1,3}))?\.key", re.ASCII)
_FILES = ("log.key", "receipts.key", "service.key")


@dataclass(frozen=True, slots=True)
class ServiceKeys:
    """What a service holds for one network."""

    network: str  #: short name in addresses, such as "kalundborg"
    keys: LogKeys  #: signs checkpoints, acknowledgements and refusals
    service: SigningKey  #: enrolled on the log with the role "service"; signs what jobs put there
    holder: str  #: pseudonym under which the service key is enrolled


def list_networks(data: Path) -> list[str]:
    """List the networks for which this folder holds keys."""
    folder = data / "service"
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if NETWORK.fullmatch(path.name) and (path / "service.json").is_file())


def make_service_keys(data: Path, network: str, log: str) -> ServiceKeys:
    """Make the keys for a log that is about to be founded, or read those that were made before for the same log.

    Raises SettingsError for names of the wrong form, or if the network's folder belongs to another log.
    """
    if not NETWORK.fullmatch(network):
        raise SettingsError(f"{network!r} is not a network's short name: lower-case letters, digits and '-', 40 at most")
    if not LOG_NAME.fullmatch(log):
        raise SettingsError(f"{log!r} is not a log's name: write one such as ledger.example.org/main")
    folder = data / "service" / network
    if not (folder / "service.json").exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in _FILES:
            _write_secret(folder / name, SigningKey.generate().reveal_seed().hex() + "\n")
        about = {"format": _FORMAT, "log": log, "holder": f"h-{secrets.token_hex(8)}"}
        # Written last: a crash before leaves seeds that nothing refers to, and the next call goes on with them.
        _write_secret(folder / "service.json", json.dumps(about, indent=2, sort_keys=True) + "\n")
    found = read_service_keys(data, network)
    if found.keys.name != log:
        raise SettingsError(f"{folder} holds the keys of the log {found.keys.name}, not of {log}")
    return found


def read_service_keys(data: Path, network: str) -> ServiceKeys:
    """Read a network's keys; raises SettingsError that names the file."""
    folder = data / "service" / network
    try:
        log, holder = _read_about(folder / "service.json")
        receipts_key, service = (_read_seed(folder / name) for name in _FILES[1:])
        return ServiceKeys(network, LogKeys(log, _list_log_keys(folder)[0], receipts_key), service, holder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"SYMBIOSIS_DATA: the service keys in {folder} cannot be read ({type(error).__name__}): restore them") from None


def find_log_key(data: Path, network: str, log: str, text: str) -> SigningKey | None:
    """Find a log key that is at hand by its verifier key; None if its file is not there. Raises SettingsError for one open to others."""
    return next(
        (key for key in _list_log_keys(data / "service" / network) if VerifierKey(log, ED25519, key.public).to_text() == text), None
    )


def list_log_keys(data: Path, network: str) -> list[SigningKey]:
    """List the log keys that are at hand, oldest first."""
    return _list_log_keys(data / "service" / network)


def make_log_key(data: Path, network: str) -> SigningKey:
    """Make the log's next key in a file beside the others."""
    folder = data / "service" / network
    key = SigningKey.generate()
    number = 2
    while (folder / f"log.{number}.key").exists() or (folder / f"log.{number}.retired").exists():
        number += 1
    _write_secret(folder / f"log.{number}.key", key.reveal_seed().hex() + "\n")
    return key


def keep_post_quantum_key(data: Path, network: str, log: str) -> MlDsaKey:
    """Read the key of a log's ML-DSA-44 lines, or make it at the first use; several processes that start at once agree on one.

    Raises SettingsError for a file that cannot be used or that others can read, and for a log whose name fits into no such line.
    """
    path = data / "service" / network / "log-mldsa44.key"
    if len(log) > MAX_NAME_BYTES:
        raise SettingsError(f"SYMBIOSIS_POST_QUANTUM: the name of the log {log} has more than {MAX_NAME_BYTES} bytes: turn the setting off")
    try:
        place_file(path, f"{secrets.token_hex(SEED_BYTES)}\n".encode("ascii"))
        _check_private(path)
        return MlDsaKey(bytes.fromhex(path.read_text("ascii").strip()))
    except (OSError, ValueError, Malformed) as error:
        raise SettingsError(f"SYMBIOSIS_POST_QUANTUM: {path} cannot be used ({error}): restore it, or turn the setting off") from None


def retire_log_key(data: Path, network: str, key: SigningKey) -> Path:
    """Remove the file of a log key that signs no more; what stays says which one it was. Gives the file that was removed."""
    folder = data / "service" / network
    path = next(path for path in _list_log_files(folder) if _read_seed(path).public == key.public)
    path.with_suffix(".retired").write_text(f"{key.multikey}\n", "ascii")
    path.unlink()
    return path


def _list_log_keys(folder: Path) -> list[SigningKey]:
    return [_read_seed(path) for path in _list_log_files(folder)]


def _list_log_files(folder: Path) -> list[Path]:
    """List the files of the log's keys, oldest first: log.key, log.2.key and so on; raises FileNotFoundError if there is none."""
    found = [path for path in folder.glob("log*.key") if _LOG_FILE.fullmatch(path.name)]
    if not found:
        raise FileNotFoundError(folder / _FILES[0])
    return sorted(found, key=lambda path: int(path.name.split(".")[1]) if path.name != _FILES[0] else 1)


def _read_about(path: Path) -> tuple[str, str]:
    about = json.loads(path.read_text("utf-8"))
    if about["format"] != _FORMAT:
        raise ValueError(about["format"])
    return str(about["log"]), str(about["holder"])


def _read_seed(path: Path) -> SigningKey:
    _check_private(path)
    return SigningKey(bytes.fromhex(path.read_text("ascii").strip()))


def _check_private(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} can be read by others: chmod 600 {path}, and think about who has read it")


def _write_secret(path: Path, text: str) -> None:
    if path.exists():
        return
    replace_file(path, text.encode("ascii"))
