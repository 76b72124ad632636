"""A log as static files by C2SP tlog-tiles, made from the database: checkpoint and key for anybody, tiles for whoever may read headers.

Checkpoint and key are public, so that witnesses and everybody who was shown a receipt can watch the log; they say its name and size. Tiles
hold headers, which give business away: they are for members, unless SYMBIOSIS_PUBLIC_LOGS names the network.
"""

from flask import Flask, Response, request

from contracts.errors import NotFound
from ledger.checkpoint import peek_checkpoint
from ledger.errors import Malformed
from ledger.tile_publication import build_tile
from ledger.tiles import CHECKPOINT, choose_cache_control, choose_content_type, parse_tile_path
from webui.access import ANYBODY, READERS, allow
from webui.api.runtime_of import get_runtime


def register_log_files(app: Flask) -> None:
    """Serve them; the address of a network's log, /log/<network>, is the prefix that the specification speaks of."""
    for rule, view, access in (
        ("checkpoint", show_published_checkpoint, ANYBODY),
        ("key", show_log_key, ANYBODY),
        ("tile/<path:place>", show_tile, READERS),
    ):
        # Slashes are not merged: a path has one spelling, and others are not found instead of being sent on.
        app.add_url_rule(f"/log/<network:network>/{rule}", view.__name__, allow(view, access), methods=["GET"], merge_slashes=False)


def show_published_checkpoint(network: str) -> Response:
    """Show the newest published checkpoint, with the cosignatures that it has."""
    return _answer(CHECKPOINT, _read_publication(network).encode(), public=True)


def show_log_key(network: str) -> Response:
    """Show the verifier key of the published checkpoint, one line in note form; who relies on it has it from elsewhere too."""
    log = get_runtime().log(network)
    note = log.read_publication()
    key = log.tiles.find_key(1 if note is None else _read_size(note))
    return _answer(CHECKPOINT, f"{key.to_text()}\n".encode(), public=True)


def show_tile(network: str, place: str) -> Response:
    """Show a tile or an entry bundle that the published checkpoint covers, of any width up to what there is."""
    runtime = get_runtime()
    path = f"tile/{place}"
    try:
        tile = parse_tile_path(path)
    except Malformed as error:
        raise NotFound(str(error)) from None
    if tile.least_size > _read_size(_read_publication(network)):
        raise NotFound("the published checkpoint does not cover this tile")
    data = build_tile(runtime.log(network).tiles, tile)
    return _answer(path, data, public=network in runtime.settings.public_logs)


def _read_publication(network: str) -> str:
    note = get_runtime().log(network).read_publication()
    if note is None:
        raise NotFound("no checkpoint was published yet")
    return note


def _read_size(note: str) -> int:
    return peek_checkpoint(note).size


def _answer(path: str, data: bytes, *, public: bool) -> Response:
    answer = Response(data, content_type=choose_content_type(path))
    answer.headers["Cache-Control"] = choose_cache_control(path, public=public)
    if not public:
        answer.headers["Vary"] = "Authorization, Cookie"
    answer.add_etag()
    answer.make_conditional(request)  # 304 for whoever has it
    return answer
