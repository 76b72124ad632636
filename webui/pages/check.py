"""Check it yourself: a page for everybody on which files are verified in the browser; the server learns nothing of them."""

from flask import Response

from webui.access import ANYBODY
from webui.api.runtime_of import get_runtime
from webui.pages.checking_words import list_verdict_words
from webui.pages.rendering import find_reader, list_members, render
from webui.pages.routes import Pages
from webui.people.sessions import lacks_factor

pages = Pages("check")


@pages.page("GET /check", ANYBODY)
def show_check() -> Response:
    """Show the page; strangers learn of no network."""
    return render("check/show.html", verdict_words=list_verdict_words(), logs=list_own_logs())


def list_own_logs() -> list[dict[str, str]]:
    """List name, key and founding of the reader's own networks, for comparison with what was brought; none for strangers."""
    runtime, members = get_runtime(), list_members() if find_reader() else ()
    if lacks_factor(runtime, frozenset().union(*(member.roles for member in members))):
        return []
    found = []
    for member in members:
        log = runtime.log(member.network)
        key = runtime.service(member.network).keys.log_verifier.to_text()
        found.append({"origin": log.name, "logKey": key, "founding": log.read_entries(0, 1)[0].leaf_hash})
    return found
