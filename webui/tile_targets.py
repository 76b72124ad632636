"""Where a network's tiles go: a folder or a bucket, as the setting says; and whether what is published there still fits the log."""

from pathlib import Path

from ledger.tile_publication import Publication, publish_tiles
from webui.runtime import LeftForLater, Runtime
from webui.tile_stores import name_prefix, open_target


def find_place(runtime: Runtime, network: str) -> str | None:
    """Give where a network's tiles go by the setting; None if nowhere."""
    setting = runtime.settings.tiles
    if setting == "off":
        return None
    return str(runtime.settings.data / "tiles" / network) if setting == "folder" else name_prefix(setting, network)


def publish_network(runtime: Runtime, network: str) -> Publication | None:
    """Bring a network's tiles up to its newest publication; None if the setting wants none.

    Raises TileConflict, TargetAhead or EvidenceError, each naming the place; OSError or boto3's errors if it cannot be written;
    LeftForLater when this process ends.
    """
    place = find_place(runtime, network)
    if place is None:
        return None
    if runtime.settings.tiles == "folder":
        _make_folder(runtime.settings.data)
    with open_target(place, public=network in runtime.settings.public_logs) as target:
        return publish_tiles(runtime.log(network).tiles, target, lambda: _look_whether_to_end(runtime))


def _look_whether_to_end(runtime: Runtime) -> None:
    if runtime.ending.is_set():
        raise LeftForLater


def keep_tile_fault(data: Path, network: str, fault: str) -> None:
    """Keep what is wrong with a network's tiles for whoever asks after the log's health, in any process; nothing, if nothing is."""
    path = _find_fault_file(data, network)
    if fault:
        _make_folder(data)
        path.write_text(fault, "utf-8")
    else:
        path.unlink(missing_ok=True)


def read_tile_fault(data: Path, network: str) -> tuple[str, ...]:
    """Read what the last publication found wrong."""
    try:
        return (_find_fault_file(data, network).read_text("utf-8"),)
    except FileNotFoundError:
        return ()


def _make_folder(data: Path) -> None:
    """Make tiles/ for this user alone, as headers give business away; whoever lets a web server in opens it once."""
    (data / "tiles").mkdir(mode=0o700, exist_ok=True)


def _find_fault_file(data: Path, network: str) -> Path:
    return data / "tiles" / f"{network}.fault"  # no network's name has a dot
