"""An S3-compatible store as boto3 sees it, played by moto: conditions hold, lost answers are no conflicts, waiting ends."""

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from moto import mock_aws

from ledger.tile_bucket import BucketTarget
from ledger.tile_publication import TargetAhead, TileConflict, publish_tiles
from ledger.tiles import CHECKPOINT, list_tiles
from tests.ledger.memory_tiles import MemoryLog, MemoryTarget
from webui.tile_stores import make_client

BUCKET = "tiles"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an empty bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        made = make_client()
        made.create_bucket(Bucket=BUCKET)
        yield made


def read_objects(client: Any, prefix: str = "") -> dict[str, bytes]:
    keys = [one["Key"] for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET) for one in page.get("Contents", ())]
    return {key.removeprefix(prefix): client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


@pytest.mark.parametrize("prefix", ["", "logs/kalundborg"])
def test_a_bucket_holds_what_memory_holds(client: Any, prefix: str) -> None:
    log, memory = MemoryLog().publish(100).publish(600), MemoryTarget()
    for _ in range(2):
        for target in (memory, BucketTarget(client, BUCKET, prefix)):
            publish_tiles(log, target)
        log.publish(3000)

    assert read_objects(client, f"{prefix}/" if prefix else "") == memory.files


def test_objects_are_served_with_type_and_cache_control(client: Any) -> None:
    publish_tiles(MemoryLog().publish(3), BucketTarget(client, BUCKET, "a", public=True))

    tile, checkpoint = (client.head_object(Bucket=BUCKET, Key=f"a/{path}") for path in ("tile/0/000.p/3", CHECKPOINT))
    assert (tile["ContentType"], tile["CacheControl"]) == ("application/octet-stream", "public, max-age=31536000, immutable")
    assert (checkpoint["ContentType"], checkpoint["CacheControl"]) == ("text/plain; charset=utf-8", "public, no-cache")


def test_other_bytes_at_a_published_key_are_refused(client: Any) -> None:
    target = BucketTarget(client, BUCKET, "a")
    target.put_new("tile/0/000", b"one")
    target.put_new("tile/0/000", b"one")

    with pytest.raises(TileConflict, match="s3://tiles/a/tile/0/000 holds other bytes"):
        target.put_new("tile/0/000", b"two")
    assert read_objects(client) == {"a/tile/0/000": b"one"}


def test_the_checkpoint_is_replaced_only_by_who_saw_the_last_one(client: Any) -> None:
    target = BucketTarget(client, BUCKET, "a")

    outcomes = [target.replace_checkpoint(b"1", None), target.replace_checkpoint(b"2", b"1"), target.replace_checkpoint(b"3", b"1")]

    assert (outcomes, target.read(CHECKPOINT)) == ([True, True, False], b"2")


def interfere(client: Any, monkeypatch: pytest.MonkeyPatch, before: Callable[[dict[str, Any]], None]) -> None:
    put = client.put_object

    def put_object(**options: Any) -> Any:
        before(options)
        return put(**options)

    monkeypatch.setattr(client, "put_object", put_object)


def test_another_publisher_between_look_and_replacement_wins(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    target, other = BucketTarget(client, BUCKET, "a"), make_client()
    target.replace_checkpoint(b"1", None)
    interfere(client, monkeypatch, lambda _options: other.put_object(Bucket=BUCKET, Key=f"a/{CHECKPOINT}", Body=b"theirs") and None)

    assert (target.replace_checkpoint(b"2", b"1"), target.read(CHECKPOINT)) == (False, b"theirs")


def test_a_first_checkpoint_of_another_publisher_is_not_replaced(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    target, other = BucketTarget(client, BUCKET, "a"), make_client()
    interfere(client, monkeypatch, lambda _options: other.put_object(Bucket=BUCKET, Key=f"a/{CHECKPOINT}", Body=b"theirs") and None)

    assert (target.replace_checkpoint(b"1", None), target.read(CHECKPOINT)) == (False, b"theirs")


def test_a_write_whose_answer_was_lost_meets_its_own_bytes(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client sends it again by itself, and the condition no longer holds."""
    log, other = MemoryLog().publish(300), make_client()
    interfere(client, monkeypatch, lambda options: other.put_object(**options) and None)

    publish_tiles(log, BucketTarget(client, BUCKET, "a"))

    assert set(read_objects(client, "a/")) == {CHECKPOINT, *(tile.path for tile in list_tiles(0, 300))}


@pytest.mark.parametrize(("refusals", "passes"), [(1, True), (9, False)])
def test_a_write_put_off_by_another_is_tried_again_a_few_times(
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
    refusals: int,
    passes: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    left = [ClientError({"Error": {"Code": "ConditionalRequestConflict"}}, "PutObject")] * refusals

    def put_off(_options: dict[str, Any]) -> None:
        if left:
            raise left.pop()

    interfere(client, monkeypatch, put_off)

    if passes:
        BucketTarget(client, BUCKET, "a").put_new("x", b"1")
    else:
        with pytest.raises(ClientError):
            BucketTarget(client, BUCKET, "a").put_new("x", b"1")
    assert read_objects(client) == ({"a/x": b"1"} if passes else {})


def test_a_bucket_ahead_of_the_database_is_named(client: Any) -> None:
    publish_tiles(MemoryLog().publish(30), BucketTarget(client, BUCKET, "a"))

    with pytest.raises(TargetAhead, match="s3://tiles/a publishes 30 entries"):
        publish_tiles(MemoryLog().publish(20), BucketTarget(client, BUCKET, "a"))


def test_a_bucket_that_is_not_there_is_no_empty_one(client: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        publish_tiles(MemoryLog().publish(3), BucketTarget(client, "nowhere", "a"))


def test_a_store_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = make_client(f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=0.2)
        begun = time.monotonic()

        with pytest.raises(BotoCoreError, match=r"[Tt]imeout"):
            BucketTarget(client, BUCKET, "a").read(CHECKPOINT)
    assert time.monotonic() - begun < 20
