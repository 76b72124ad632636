"""Forms of entry: they make no fact and nobody signs them; declared and shown like all others, with all faults beside the fields."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict

from contracts.errors import Finding, Refusal
from webui.api.runtime_of import get_runtime
from webui.pages.forms import Field, Form, list_labels, sort_faults, word_missing
from webui.pages.rendering import render
from webui.people.passkeys import Site, find_site

SECRET_KINDS = ("password",)  #: what is typed into these is never sent back


def make_form(title: Any, submit: Any, fields: Sequence[Field]) -> Form:  # noqa: ANN401 - words that are translated when they are shown
    """Declare a form that makes no fact."""
    return Form(kind="", title=title, fields=fields, submit=submit)


def show_form(
    form: Form,
    template: str,
    *,
    values: Mapping[str, str] | None = None,
    findings: Sequence[Finding] = (),
    status: int = 0,
    **more: Any,  # noqa: ANN401 - what a template wants
) -> Response:
    """Show a form, with what was typed before and what is wrong with it."""
    secret = {one.name for one in form.fields if one.kind in SECRET_KINDS}
    typed = MultiDict({name: text for name, text in (values or {}).items() if name not in secret})
    for one in form.fields:
        if one.kind == "many" and request.method == "POST":  # all that were ticked, of which `values` has one
            typed.setlist(one.name, request.form.getlist(one.name))
    faults = sort_faults(form, word_missing(form, values or {}, findings))
    found = status or (422 if findings else 200)
    return render(template, status=found, form=form, values=typed, faults=faults, labels=list_labels(form.fields), **more)


def list_findings(refusal: Refusal) -> list[Finding]:
    """List what a refusal finds; its sentence where it names no field."""
    return list(refusal.findings) or [Finding("", refusal.code, refusal.message)]


def read_form() -> dict[str, str]:
    """Read the fields of the form that was sent."""
    return {name: text.replace("\r\n", "\n") for name, text in request.form.items() if name != "csrf_token"}


def find_address() -> str:
    """Give the network address of whoever asks."""
    return request.remote_addr or ""


def find_passkey_site() -> Site | None:
    """Find the site that passkeys belong to; None where there can be none."""
    return find_site(get_runtime().settings.public_url, request.host_url)
