"""Static files: our own style sheets and scripts, under an address that changes with their bytes, so that browsers keep them for ever."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Response, send_from_directory
from werkzeug.exceptions import NotFound

from webui.access import ANYBODY
from webui.pages.routes import Pages

FOLDER = Path(__file__).resolve().parents[1] / "static"
#: Types are named here: what a machine's own table says of .js differs.
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json"}
YEAR = 31_536_000  #: seconds
pages = Pages("static")


@cache
def find_version() -> str:
    """Give the version of all static files together: modules import each other by relative addresses."""
    digest = sha256()
    for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def make_address(name: str) -> str:
    """Give the address of a static file."""
    return f"/static/{find_version()}/{name}"


@pages.page("GET /static/<string:version>/<path:name>", ANYBODY)
def send_static_file(version: str, name: str) -> Response:
    """Send a static file; one of another version is sent as it is now, and not kept."""
    suffix = Path(name).suffix
    if suffix not in TYPES:
        raise NotFound
    response = send_from_directory(FOLDER, name, mimetype=TYPES[suffix], conditional=True)
    kept = version == find_version()
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if kept else "no-store"
    return response
