"""A log's files under /log: what a stranger's client reads, who may, how long it is kept, and that no path breaks anything."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from contracts.facts import Role
from ledger.checkpoint import verify_checkpoint
from ledger.note import read_verifier_key
from ledger.tile_reader import WebPlace, check_tiles, read_entries
from ledger.tiles import ENTRIES, Tile, decode_bundle, list_tiles
from tests.databases import Databases
from tests.ledger.test_tiles import HOSTILE
from tests.webui.website import NETWORK, Caller, Website, admit_cast

HERE = f"/log/{NETWORK}"


@pytest.fixture(scope="module")
def site(shared_website: Website) -> Website:
    """A private network with a published checkpoint."""
    shared_website.network.clock.advance(timedelta(seconds=5))
    shared_website.network.log.publish_checkpoint(shared_website.runtime.now_text())
    return shared_website


@pytest.fixture(scope="module")
def member(site: Website) -> Caller:
    """A member's token."""
    return site.token("powerco")


@pytest.fixture(scope="module")
def public_site(databases: Databases, database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """A network whose log anybody may read."""
    url = databases.create(database_kind)
    website = Website(url, tmp_path_factory.mktemp("public"), public_logs=frozenset({NETWORK}))
    admit_cast(website.network)
    website.network.clock.advance(timedelta(seconds=5))
    website.network.log.publish_checkpoint(website.runtime.now_text())
    yield website
    website.close()
    databases.drop(url)


@contextmanager
def serve(website: Website) -> Iterator[str]:
    """Serve over real HTTP on this machine."""
    server = make_server("127.0.0.1", 0, website.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(caller: Caller, path: str, method: str = "GET", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return caller.client.open(f"{HERE}/{path}", method=method, headers={**caller.headers, **named}, base_url="https://localhost")


def test_key_and_checkpoint_are_for_anybody_and_fit_each_other(site: Website) -> None:
    stranger = site.anybody()

    key, note = ask(stranger, "key"), ask(stranger, "checkpoint")

    assert key.text.count("\n") == 1
    checkpoint = verify_checkpoint(note.data, site.network.log.name, read_verifier_key(key.text))
    assert checkpoint.size == site.count()
    assert (note.content_type, note.headers["Cache-Control"]) == ("text/plain; charset=utf-8", "public, no-cache")


def test_a_members_token_and_session_read_tiles(site: Website, member: Caller) -> None:
    tile = Tile(ENTRIES, 0, site.count())

    for caller in (member, site.session("plasterco"), site.token("auditco", [Role.AUDITOR])):
        answer = ask(caller, tile.path)

        assert decode_bundle(answer.data, tile) == [entry.body for entry in site.network.log.read_entries(0, tile.width)]
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["Vary"] == "Authorization, Cookie"


def test_a_stranger_reads_no_tile_of_a_private_network_whether_it_exists_or_not(site: Website) -> None:
    paths = [*(tile.path for tile in list_tiles(0, site.count())), "tile/9/000", "tile/rubbish"]

    assert {ask(site.anybody(), path).status_code for path in paths} == {401}


def test_every_width_up_to_the_checkpoint_is_served_and_none_beyond(site: Website, member: Caller) -> None:
    size = site.count()
    whole = ask(member, Tile(0, 0, size).path).data

    for width in range(1, size + 1):
        assert ask(member, Tile(0, 0, width).path).data == whole[: 32 * width]
    for tile in (Tile(0, 0, size + 1), Tile(0, 0), Tile(0, 1, 1), Tile(1, 0, 1), Tile(63, 10**15, 255), Tile(ENTRIES, 0, size + 1)):
        assert ask(member, tile.path).status_code == 404, tile.path


def test_entries_that_no_checkpoint_covers_are_not_served(website: Website) -> None:
    website.network.admit("powerco")
    caller = website.token("powerco")
    before = ask(caller, "checkpoint").status_code, ask(caller, "tile/0/000.p/1").status_code
    website.network.clock.advance(timedelta(seconds=5))
    website.network.log.publish_checkpoint(website.runtime.now_text())
    size = website.count()
    website.network.admit("plasterco")

    assert before == (404, 404)
    assert [ask(caller, Tile(0, 0, width).path).status_code for width in (size, size + 1)] == [200, 404]


#: Where a path stands in an address: a file's name, a query, a fragment, the same three zeros in another spelling.
GOOD_ADDRESSES = ("checkpoint", "tile/0/000?x", "tile/0/000#", "tile/0/%30%30%30")


@pytest.mark.parametrize("path", [path for path in HOSTILE if path not in GOOD_ADDRESSES])
def test_a_strange_path_is_not_found(member: Caller, path: str) -> None:
    answer = ask(member, path)

    assert answer.status_code in (404, 400), answer.text
    assert answer.content_type == "application/problem+json"


def test_an_unchanged_file_is_not_sent_again(member: Caller) -> None:
    for path in ("checkpoint", "key", "tile/0/000.p/1"):
        first = ask(member, path)
        again = ask(member, path, If_None_Match=first.headers["ETag"])
        other = ask(member, path, If_None_Match='"x"')

        assert (again.status_code, again.data) == (304, b""), path
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert (other.status_code, other.data) == (200, first.data)


def test_heads_are_asked_for_without_bodies_and_nothing_is_written(member: Caller) -> None:
    for path in ("checkpoint", "key", "tile/0/000.p/1", "tile/entries/000.p/1"):
        whole, head = ask(member, path), ask(member, path, "HEAD")

        assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(whole.data)))
        assert [ask(member, path, method).status_code for method in ("POST", "PUT", "DELETE")] == [405] * 3


def test_a_public_logs_tiles_are_for_anybody_and_shared_caches(public_site: Website) -> None:
    answer = ask(public_site.anybody(), "tile/entries/000.p/2")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert public_site.anybody().get(f"/networks/{NETWORK}/entries").status_code == 401


def test_our_own_reader_checks_a_served_log(public_site: Website) -> None:
    key = read_verifier_key(ask(public_site.anybody(), "key").text)
    log = public_site.network.log

    with serve(public_site) as address:
        place = WebPlace(f"{address}{HERE}")
        checkpoint = check_tiles(place, log.name, key)
        entries = list(read_entries(place, checkpoint))

    assert entries == [entry.body for entry in log.read_entries(0, public_site.count())]
