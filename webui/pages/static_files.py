"""Static files: our own style sheets and scripts, under an address that changes with their bytes, so that browsers keep them for ever.

Pages load `static/`, in which scripts are made shorter; what they were made of, and what people read, is served from `scripts/` beside it.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Response
from werkzeug.exceptions import NotFound

from webui.access import ANYBODY
from webui.pages.routes import Pages

HOME = Path(__file__).resolve().parents[1]
FOLDERS = {"": HOME / "static", "scripts/": HOME / "scripts"}  #: by what stands before the names in them
#: Types are named here: what a machine's own table says of .js differs.
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
YEAR = 31_536_000  #: seconds
pages = Pages("static")


@cache
def read_files() -> dict[str, bytes]:
    """Read all static files: some hundred kilobytes, and no path that a request names ever reaches the disk."""
    return {
        before + path.relative_to(folder).as_posix(): path.read_bytes()
        for before, folder in FOLDERS.items()
        for path in sorted(folder.rglob("*"))
        if path.suffix in TYPES
    }


@cache
def find_version() -> str:
    """Give the version of all static files together: modules import each other by relative addresses."""
    digest = sha256()
    for name, data in read_files().items():
        digest.update(name.encode() + b"\0" + sha256(data).digest())
    return digest.hexdigest()[:16]


def make_address(name: str) -> str:
    """Give the address of a static file; KeyError if there is none, which a test of any page then shows."""
    if name not in read_files():
        raise KeyError(name)
    return f"/static/{find_version()}/{name}"


@pages.page("GET /static/<string:version>/<path:name>", ANYBODY)
def send_static_file(version: str, name: str) -> Response:
    """Send a static file; one of another version is sent as it is now, and not kept."""
    data = read_files().get(name)
    if data is None:
        raise NotFound
    kept = f"public, max-age={YEAR}, immutable" if version == find_version() else "no-store"
    return Response(data, 200, {"Cache-Control": kept}, mimetype=TYPES[Path(name).suffix])
