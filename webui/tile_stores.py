"""Stores for tiles: a folder, or a prefix of an S3-compatible bucket; what is opened there, and what a bucket remembers of a log."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.errors import Invalid
from ledger.recall import MemoryFault
from ledger.tile_bucket import BucketTarget
from ledger.tile_folder import FolderTarget
from ledger.tile_publication import TileTarget
from ledger.tiles import CHECKPOINT
from webui.settings import BUCKET_ADDRESS

STORE_SECONDS = 10.0  #: until an S3 store must have answered
TRIES = 3  #: a lost answer is asked for again, and no run of the worker waits for minutes
MEMORY_SECONDS = 3.0  #: a start waits no longer for a store that is down


@contextmanager
def open_target(place: str, *, public: bool) -> Iterator[TileTarget]:
    """Open a folder, or a bucket's prefix named s3://bucket/prefix; raises Invalid for what is neither."""
    if place.startswith("s3://"):
        yield open_bucket(place, make_client(), public=public)
        return
    if "://" in place:
        raise Invalid(f"{place}: a folder or s3://bucket/prefix is wanted")
    with FolderTarget(Path(place)) as target:
        yield target


def open_bucket(place: str, client: Any, *, public: bool = False) -> BucketTarget:  # noqa: ANN401 - boto3 makes its clients at run time
    """Open a bucket's prefix named s3://bucket/prefix; raises Invalid for what is none."""
    found = BUCKET_ADDRESS.fullmatch(place)
    if found is None:
        raise Invalid(f"{place}: s3://bucket/prefix is wanted")
    return BucketTarget(client, found[1], found[2].strip("/"), public=public)


def name_prefix(setting: str, network: str) -> str:
    """Name the prefix of a network's tiles in a bucket."""
    return f"{setting.rstrip('/')}/{network}"


def make_client(endpoint: str | None = None, seconds: float = STORE_SECONDS, tries: int = TRIES) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """Make an S3 client with time limits; keys, region and AWS_ENDPOINT_URL_S3 are boto3's own variables. Raises Invalid without boto3."""
    try:
        import boto3  # noqa: PLC0415 - an extra that few deployments want
        from botocore.config import Config  # noqa: PLC0415 - the same
    except ModuleNotFoundError:
        raise Invalid("tiles in a bucket want boto3: pip install 'symbiosis-ledger[s3]'") from None
    config = Config(connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": tries, "mode": "standard"})
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return boto3.session.Session().client("s3", endpoint_url=endpoint, region_name=region, config=config)


@dataclass(frozen=True, slots=True)
class BucketMemory:
    """The checkpoint at the top of the tiles in a bucket, for ledger/recall.py."""

    place: str  #: s3://bucket/prefix

    @property
    def name(self) -> str:
        """The prefix."""
        return f"the tiles in {self.place}"

    def read(self) -> Sequence[str]:
        """Fetch the object, if it is there; raises MemoryFault."""
        try:
            with closing(make_client(seconds=MEMORY_SECONDS, tries=1)) as client:
                found = open_bucket(self.place, client).read(CHECKPOINT)
        except Exception as error:
            if isinstance(error, Invalid) or name_store_fault(error) is not None:
                raise MemoryFault(f"{self.name} cannot be read ({error})") from error
            raise
        return [] if found is None else [found.decode("utf-8", "replace")]


def name_store_fault(error: Exception) -> str | None:
    """Say in a line what boto3 or the file system could not do; None for other faults."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if type(error).__module__.partition(".")[0] in ("boto3", "botocore"):
        return str(error)
    return None
