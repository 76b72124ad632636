"""Tiles in an S3-compatible store, by conditional writes: no tile is ever replaced, and the checkpoint only by who has seen it last.

`If-None-Match: *` keeps a tile from being written over, `If-Match` with the ETag makes the checkpoint a compare-and-swap. A request whose
answer was lost is sent again by the client and then meets its own bytes: that is no conflict.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from ledger.tile_publication import TileConflict
from ledger.tiles import CHECKPOINT, MAX_BUNDLE_BYTES, choose_cache_control, choose_content_type

_LIST_EACH = 8  #: full tiles up to which each is asked for its partial ones by itself
_TRIES = 4  #: of a write that another one at the same moment has put off (409)


class BucketClient(Protocol):
    """What is used of boto3's S3 client; `exceptions.ClientError` is what it raises for a refusal."""

    exceptions: Any

    def get_object(self, **options: Any) -> Any:  # noqa: ANN401 - boto3 makes its methods at run time
        """Read an object."""

    def put_object(self, **options: Any) -> Any:  # noqa: ANN401 - the same
        """Write an object."""

    def list_objects_v2(self, **options: Any) -> Any:  # noqa: ANN401 - the same
        """List keys."""

    def delete_objects(self, **options: Any) -> Any:  # noqa: ANN401 - the same
        """Delete keys."""


class BucketTarget:
    """A prefix of a bucket that tiles are published to."""

    def __init__(self, client: BucketClient, bucket: str, prefix: str, *, public: bool = False) -> None:
        """Open it; nothing is asked yet.

        Args:
            client: boto3's S3 client, with time limits of its own.
            bucket: name.
            prefix: of all keys, without a slash at its end; may be empty.
            public: whether shared caches may keep what is served from there.
        """
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._public = public

    @property
    def place(self) -> str:
        """Name the prefix."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def read(self, path: str) -> bytes | None:
        """Read an object."""
        found = self._get(path)
        return None if found is None else found[0]

    def put_new(self, path: str, data: bytes) -> None:
        """Write an object on condition that there is none."""
        if not self._put(path, data, IfNoneMatch="*") and self.read(path) != data:
            raise TileConflict(f"{self.place}/{path} holds other bytes than the log has for it: tiles are never rewritten")

    def flush(self) -> None:
        """Do nothing: an object that the store has acknowledged is durable."""

    def remove_partials(self, full: Sequence[str]) -> int:
        """Delete the partial tiles beside full ones."""
        beside = {f"{self._prefix}{path}.p/" for path in full}
        prefixes = beside if len(beside) <= _LIST_EACH else {f"{self._prefix}{'/'.join(path.split('/')[:2])}/" for path in full}
        keys = [key for prefix in sorted(prefixes) for key in self._list(prefix) if f"{key.rpartition('/')[0]}/" in beside]
        for begin in range(0, len(keys), 1000):  # the most that one request deletes
            part = [{"Key": key} for key in keys[begin : begin + 1000]]
            self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": part, "Quiet": True})
        return len(keys)

    def replace_checkpoint(self, note: bytes, expected: bytes | None) -> bool:
        """Replace the checkpoint on condition that it still is the object that was read."""
        found = self._get(CHECKPOINT)
        if (None if found is None else found[0]) != expected:
            return False
        condition = {"IfNoneMatch": "*"} if found is None else {"IfMatch": found[1]}
        return self._put(CHECKPOINT, note, **condition) or self.read(CHECKPOINT) == note

    def _get(self, path: str) -> tuple[bytes, str] | None:
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + path)
        except self._client.exceptions.ClientError as error:
            if _read_code(error) in ("NoSuchKey", "404"):
                return None
            raise
        with found["Body"] as body:
            data: bytes = body.read(MAX_BUNDLE_BYTES + 1)
        return data, str(found["ETag"])

    def _put(self, path: str, data: bytes, **condition: str) -> bool:
        """Write an object under a condition; False if it did not hold."""
        for attempt in range(_TRIES):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._prefix + path,
                    Body=data,
                    ContentType=choose_content_type(path),
                    CacheControl=choose_cache_control(path, public=self._public),
                    **condition,
                )
            except self._client.exceptions.ClientError as error:
                code = _read_code(error)
                if code in ("PreconditionFailed", "412"):
                    return False
                if code not in ("ConditionalRequestConflict", "409") or attempt == _TRIES - 1:
                    raise
            else:
                return True
        return False

    def _list(self, prefix: str) -> Iterator[str]:
        options: dict[str, str] = {}
        while True:
            page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **options)
            yield from (one["Key"] for one in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            options = {"ContinuationToken": page["NextContinuationToken"]}


def _read_code(error: Any) -> str:  # noqa: ANN401 - boto3's ClientError, which the ledger does not import
    return str(error.response.get("Error", {}).get("Code", ""))
