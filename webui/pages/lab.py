"""The laboratory's bench: results in a grid beside their limits, the credential signed in the browser, then the statement about it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from babel.numbers import get_decimal_symbol
from flask import Response, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from contracts.certificates.service import CertificateDraft
from contracts.clock import format_instant, parse_instant
from contracts.drafts import write_draft
from contracts.errors import Invalid, NotFound
from contracts.facts import Role, type_of
from contracts.views import laboratory
from contracts.views.certificates import find_certificate
from contracts.views.laboratory import Bench, Sample
from contracts.views.sight import Sight
from ledger.canonical import JSON
from webui.access import Access, Who, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.drafting import try_for_member
from webui.pages import certificate_words as words
from webui.pages.delivery_words import QUALITIES
from webui.pages.lab_form import list_lab_keys, prepare_typed, read_typed, sort_findings, type_certificate
from webui.pages.languages import find_locale, write_day, write_number
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages
from webui.pages.signing import show_signing
from webui.pages.signing_words import list_obstacles

LAB_PERSONS = Access(Who.MEMBER_PERSON, frozenset({Role.LAB.value}))
pages = Pages("lab")


@pages.page("GET /n/<network:network>/lab", LAB_PERSONS)
def list_benches(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List the contracts under which the reader may certify."""
    with see() as sight:
        benches = laboratory.list_benches(sight)
    return render("lab/list.html", benches=benches)


@pages.page("GET /n/<network:network>/lab/<name:agreement>", LAB_PERSONS)
def show_bench(network: str, agreement: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show the grid; `?delivery=` ticks one, `?replaces=` begins with an earlier certificate."""
    with see() as sight:
        bench = laboratory.find_bench(sight, agreement)
        values = find_initial(sight, bench)
        samples = laboratory.list_samples(sight, agreement)
    return show_form(bench, samples, values, {}, 200)


@pages.page("POST /n/<network:network>/lab/<name:agreement>", LAB_PERSONS)
def try_results(network: str, agreement: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show the certificate in words, to be signed, or the faults beside the fields."""
    faults: dict[str, list[str]] = {}
    now = parse_instant(format_instant(get_runtime().clock.now()))
    with see() as sight:
        bench = laboratory.find_bench(sight, agreement)
        samples = laboratory.list_samples(sight, agreement)
        typed = None if "edit" in request.form else read_typed(request.form, bench, faults)
        draft = None if typed is None else prepare_typed(sight, typed, now, faults)
    if typed is not None and draft is not None:
        tried = try_for_member(write_fact(dataclasses.replace(draft.fact, credential="{}")))
        sort_findings(tried.findings, typed, faults)
    if draft is None or faults:
        return show_form(bench, samples, request.form, faults, 422 if faults else 200)
    return show_credential(bench, draft, samples)


@pages.page("POST /n/<network:network>/lab/<name:agreement>/issue", LAB_PERSONS)
def issue_certificate(network: str, agreement: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show the statement about a credential that was signed in the browser, for signing."""
    faults: dict[str, list[str]] = {}
    form = request.form
    with see() as sight:
        bench = laboratory.find_bench(sight, agreement)
        samples = laboratory.list_samples(sight, agreement)
        typed = None if "edit" in form else read_typed(form, bench, faults)
        draft = None if typed is None else prepare_typed(sight, typed, read_issued(form), faults)
    if draft is None:
        return show_form(bench, samples, form, faults, 422 if faults else 200)
    fact = write_fact(draft.complete(form.get("credential", "")))
    kept = [(name, value) for name, value in form.items(multi=True) if name not in ("csrf_token", "credential", "issued_at")]
    then = get_place().path(f"/certificates/{draft.fact.certificate}")
    return show_signing(fact, then=then, title=_("Issue the certificate"), typed=kept)


def write_fact(fact: Any) -> Mapping[str, JSON]:  # noqa: ANN401 - a certificate.issued
    """Write the fact as a draft."""
    return write_draft(fact, type_of(fact))


def read_issued(form: Mapping[str, str]) -> Any:  # noqa: ANN401 - a datetime
    """Read from when the credential is valid, as this site said it; whatever else is sent, the log's rules refuse."""
    try:
        return parse_instant(form.get("issued_at", ""))
    except Invalid:
        return parse_instant(format_instant(get_runtime().clock.now()))


def find_initial(sight: Sight, bench: Bench) -> MultiDict[str, str]:
    """Find what the form begins with."""
    replaces, delivery = request.args.get("replaces"), request.args.get("delivery")
    if replaces:
        earlier = find_certificate(sight, replaces)
        if earlier.lab != get_member().organisation or earlier.agreement != bench.agreement:
            raise NotFound(_("You have issued no such certificate."))
        return type_certificate(earlier, bench)
    return MultiDict({"deliveries": delivery} if delivery else {})


def show_form(
    bench: Bench, samples: Sequence[Sample], values: MultiDict[str, str], faults: Mapping[str, Sequence[str]], status: int
) -> Response:  # fmt: skip
    """Show the grid with what was typed."""
    labels = {
        "number": _("Number"),
        "deliveries": _("Deliveries"),
        "more": _("Other deliveries"),
        "batch": _("Batch"),
        "sampled_at": _("Sampled"),
        "tested_on": _("Tested on"),
        "key": _("Key"),
        "results": _("Results"),
        "replaces": _("Replaces"),
        "certificate": _("Certificate"),
    }
    for number, row in enumerate(bench.rows):
        labels |= {f"results.{number}.{cell}": row.parameter for cell in ("value", "uncertainty", "method")}
    keys = list_lab_keys()
    return render(
        "lab/form.html",
        status=status,
        bench=bench,
        samples=[show_sample(one) for one in samples],
        rows=[show_row(number, row) for number, row in enumerate(bench.rows)],
        values=values,
        faults=faults,
        labels=labels,
        keys=keys,
        rule=words.RULES[bench.rule],
        script={
            "point": get_decimal_symbol(find_locale()),
            "guarded": bench.rule.value == "guarded",
            "words": {outcome.value: [str(said), tone] for outcome, (said, tone) in words.OUTCOMES.items()},
        },
    )


def show_sample(one: Sample) -> dict[str, Any]:
    """Give what the form says of a delivery."""
    name = one.ticket or (f"{one.meter}, {write_day(one.day)}" if one.meter else one.delivery)
    quality, tone = QUALITIES[one.quality.state]
    return {"id": one.delivery, "name": name, "sample": one, "quality": quality, "tone": tone}


def show_row(number: int, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a SpecRow
    """Give what the grid says of a parameter."""
    return {
        "number": number,
        "row": row,
        "unit": words.name_unit(row.unit),
        "limits": words.write_limits(row.lowest, row.highest, row.unit),
        "target": None if row.target is None else f"{write_number(row.target)} {words.name_unit(row.unit)}",
        "usual": None if row.uncertainty is None else f"±{write_number(row.uncertainty)}",
    }


def show_credential(bench: Bench, draft: CertificateDraft, samples: Sequence[Sample]) -> Response:
    """Show the certificate in words, with all that the browser needs to sign its credential."""
    place, member = get_place(), get_member()
    names = {one["id"]: one["name"] for one in map(show_sample, samples)}
    late = [one["name"] for one in map(show_sample, samples) if one["sample"].late and one["id"] in draft.fact.deliveries]
    script = {
        "document": draft.document,
        "configuration": draft.configuration,
        "key": key_of(draft),
        "owner": {"log": place.log, "organisation": member.organisation, "holder": member.holder},
        "words": {
            **list_obstacles(),
            "none": _("The key that you chose is not in this browser."),
            "ready": _("Nothing is signed until you press the button."),
        },
    }
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "edit", "certificate")]
    return render(
        "lab/certify.html",
        bench=bench,
        draft=draft,
        stated=draft.certificate,
        results=words.show_results(draft.certificate.results),
        verdict=words.VERDICTS[draft.certificate.verdict],
        found=words.explain_verdict(draft.certificate.verdict),
        rule=words.RULES[bench.rule],
        type_words=words.TYPES.get(draft.certificate.certificate_type, ""),
        shown_deliveries=[names.get(one, one) for one in draft.fact.deliveries],
        late=late,
        kept=[*kept, ("certificate", draft.fact.certificate), ("issued_at", format_instant(draft.certificate.issued_at))],
        script=script,
    )


def key_of(draft: CertificateDraft) -> str:
    """Give the Multikey text of the key that the proof names."""
    return str(draft.configuration["verificationMethod"]).rpartition("#")[2]
