"""The auditor's export: a network's log as one file, contents as far as grants open them; each reading is recorded before it is sent."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO

from flask import Response

from contracts.audit_file import export_audit_file
from contracts.views.sight import Sight
from ledger.log import Log
from webui import access
from webui.api.entries import find_visible
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.openapi_parts import BINARY
from webui.routes import Routes

routes = Routes("audit", "The whole log as a file")
CHUNK = 1 << 16  #: bytes sent at once
PAGE = 500  #: entries decided on at once


@routes.route("GET /networks/<network:network>/audit.zip", access.AUDITORS, answer=BINARY, media="application/zip")
def export_audit(network: str) -> Response:
    """Give the whole log as an audit file, for `python -m ledger verify` and `symbiosis audit recompute` on another machine.

    Contents travel as far as the auditor's grants open them, sealed inputs only with a grant that says so; each reading is recorded.
    """
    runtime = get_runtime()
    log = runtime.log(network)
    with see() as sight:
        visible = list_visible(sight, log)
    file = TemporaryFile()  # noqa: SIM115 - closed by the generator that sends it
    try:
        export_audit_file(log, file, now=runtime.now_text(), shows=visible.__contains__)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="{network}-audit.zip"', "Content-Length": str(size)}
    return Response(send_file_parts(file), content_type="application/zip", headers=headers)


def list_visible(sight: Sight, log: Log) -> frozenset[int]:
    """List the entries whose contents the reader may see."""
    visible: set[int] = set()
    after = -1
    while page := log.list_entries(after=after, limit=PAGE):
        visible |= find_visible(sight, page)
        after = page[-1].index
    return frozenset(visible)


def send_file_parts(file: IO[bytes]) -> Iterator[bytes]:
    """Send a file in parts, and close it."""
    with file:
        while part := file.read(CHUNK):
            yield part
