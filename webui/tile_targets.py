"""Where a network's tiles go: a folder or a bucket, as the setting says; and whether what is published there still fits the log."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contracts.errors import Invalid
from ledger.tile_bucket import BucketTarget
from ledger.tile_folder import FolderTarget
from ledger.tile_publication import Publication, TileTarget, publish_tiles
from webui.runtime import LeftForLater, Runtime
from webui.settings import BUCKET_ADDRESS

STORE_SECONDS = 10.0  #: until an S3 store must have answered


@contextmanager
def open_target(place: str, *, public: bool) -> Iterator[TileTarget]:
    """Open a folder, or a bucket's prefix named s3://bucket/prefix; raises Invalid for what is neither."""
    if place.startswith("s3://"):
        found = BUCKET_ADDRESS.fullmatch(place)
        if found is None:
            raise Invalid(f"{place}: s3://bucket/prefix is wanted")
        yield BucketTarget(make_client(), found[1], found[2].strip("/"), public=public)
        return
    if "://" in place:
        raise Invalid(f"{place}: a folder or s3://bucket/prefix is wanted")
    with FolderTarget(Path(place)) as target:
        yield target


def make_client(endpoint: str | None = None, seconds: float = STORE_SECONDS) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """Make an S3 client with time limits; keys, region and AWS_ENDPOINT_URL_S3 are boto3's own variables. Raises Invalid without boto3."""
    try:
        import boto3  # noqa: PLC0415 - an extra that few deployments want
        from botocore.config import Config  # noqa: PLC0415 - the same
    except ModuleNotFoundError:
        raise Invalid("tiles in a bucket want boto3: pip install 'symbiosis-ledger[s3]'") from None
    # Three tries: a lost answer is asked for again, and no run of the worker waits for minutes.
    config = Config(connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 3, "mode": "standard"})
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return boto3.session.Session().client("s3", endpoint_url=endpoint, region_name=region, config=config)


def find_place(runtime: Runtime, network: str) -> str | None:
    """Give where a network's tiles go by the setting; None if nowhere."""
    setting = runtime.settings.tiles
    if setting == "off":
        return None
    return str(runtime.settings.data / "tiles" / network) if setting == "folder" else f"{setting.rstrip('/')}/{network}"


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


def name_store_fault(error: Exception) -> str | None:
    """Say in a line what boto3 or the file system could not do; None for other faults."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if type(error).__module__.partition(".")[0] in ("boto3", "botocore"):
        return str(error)
    return None
