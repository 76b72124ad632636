"""Problem pages: the refusals of problems.py as a page that says what happened and where to go; the status is the same as the API's."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, request
from flask import json as flask_json
from werkzeug.datastructures import Headers

from webui.pages.endpoints import is_page
from webui.pages.rendering import render
from webui.pages.wording import word_problem
from webui.problems import PROBLEM_TYPE

LOGIN = "/login"
HOME = "/tasks"
FACTOR = "/account/factor"  #: where a second factor is set up that somebody's roles want
API = "/api/"
MOST_TYPED = 200_000  #: characters of a form that are carried over a login
_SECRET = re.compile(r"password|passphrase|code|possession|credential|csrf_token")  #: names of what is never sent back


def wants_page() -> bool:
    """Tell whether a refusal is answered as a page: to whom asked for one, and for addresses that are nobody's outside the API."""
    if request.endpoint is not None:
        return is_page(request.endpoint)
    return not request.path.startswith(API) and request.accept_mimetypes.accept_html


def register_problem_pages(app: Flask) -> None:
    """Answer with a page where problem details would go to a person."""

    @app.after_request
    def show(response: Response) -> Response:
        if response.mimetype != PROBLEM_TYPE or not wants_page():
            return response
        return show_problem(flask_json.loads(response.get_data()), response.headers)


def show_problem(problem: Mapping[str, Any], headers: Headers) -> Response:
    """Show problem details; who has not logged in, or lacks a second factor, is sent to mend that."""
    status, code = int(problem["status"]), str(problem["type"]).rpartition(":")[2]
    typed = list_typed() if code in ("csrf", "no-login") else []
    if code == "no-login" and not typed:
        back = request.full_path.rstrip("?") if request.method == "GET" else HOME
        return redirect_to(f"{LOGIN}?next={quote(back)}")
    if code == "second-factor":
        return redirect_to(FACTOR)
    title, words = word_problem(status, code)
    kept = {name: value for name, value in headers.items() if name in ("Allow", "Retry-After")}
    again = request.path if status == 422 and request.method == "GET" and request.query_string else ""  # noqa: PLR2004 - a query at fault
    said = typed or code == "csrf" or request.url_rule is None  # where nothing has the address, the framework's words add none
    detail = "" if said else problem["detail"]
    shown = {"title": title, "words": words, "detail": detail, "findings": problem["findings"], "typed": typed, "again": again}
    return render("problem.html", status=status, headers=kept, **shown)


def list_typed() -> list[tuple[str, str]]:
    """List what was typed into one of our own forms whose session has ended meanwhile, to be carried over the login.

    What another site sent is never offered again: a click on it would be taken for the reader's own.
    """
    if request.method != "POST" or request.headers.get("Sec-Fetch-Site") != "same-origin" or request.files:
        return []
    typed = [(name, text) for name, text in request.form.items(multi=True) if not _SECRET.search(name)]
    has_secret = any(_SECRET.search(name) and name != "csrf_token" for name in request.form)
    return [] if has_secret or sum(len(text) for _name, text in typed) > MOST_TYPED else typed


def redirect_to(path: str) -> Response:
    """Send the reader on to one of our own pages, with GET."""
    return Response("", 303, {"Location": path, "Cache-Control": "no-store"})


def clean_next(text: str | None, fallback: str = HOME) -> str:
    """Give a way back that leads to one of our own pages and nowhere else, whatever was sent."""
    if not text or not text.startswith("/") or any(mark in text for mark in "\\\r\n\t") or not text.isprintable():
        return fallback
    parts = urlsplit(text)
    return fallback if parts.scheme or parts.netloc or text.startswith("//") else text
