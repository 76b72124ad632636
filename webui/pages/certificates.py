"""Certificates: the list, one certificate with its results against the limits, its state and what its laboratory may do, and trends."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import Finding, Invalid
from contracts.views import certificates
from contracts.views.certificates import Certificate, CertificateChoice, CertificateItem, CertificateState, Verdict
from contracts.views.sight import Sight
from webui.access import MEMBER_PERSONS, get_member
from webui.api.seeing import see
from webui.pages import certificate_words as words
from webui.pages.delivery_words import may_say, name_delivery
from webui.pages.forms import Field, Form, answer_form
from webui.pages.history import read_history
from webui.pages.listing import Column, Filter, Kind, Listing, Wanted, answer_list
from webui.pages.qr_code import draw_code, make_public_address
from webui.pages.rendering import get_place, render
from webui.pages.routes import Pages
from webui.pictures.control_chart import draw_trend
from webui.pictures.request_writing import write_for_request

pages = Pages("certificates")


def _word_goods(one: Certificate) -> tuple[Any, str]:
    return words.VERDICTS[one.verdict]


COLUMNS: Sequence[Column[Certificate]] = (
    Column("number", _l("Certificate"), lambda one: one.number or one.certificate, link=lambda one: f"/certificates/{one.certificate}"),
    Column("verdict", _l("The goods are"), _word_goods, Kind.STATE),
    Column("state", _l("The certificate"), words.word_state, Kind.STATE),
    Column("lab", _l("Laboratory"), lambda one: one.lab, Kind.ORGANISATION),
    Column("agreement", _l("Contract"), lambda one: one.agreement, Kind.ID, link=lambda one: f"/agreements/{one.agreement}"),
    Column("deliveries", _l("Deliveries"), lambda one: ", ".join(one.deliveries)),
    Column("batch", _l("Batch"), lambda one: one.batch),
    Column("sampled", _l("Sampled"), lambda one: one.sampled_at, Kind.MOMENT),
    Column("issued", _l("Issued"), lambda one: one.issued_at, Kind.MOMENT, sort=True),
)


def fetch_certificates(sight: Sight, wanted: Wanted) -> Sequence[Certificate]:
    """Fetch one page of the list."""
    chosen = wanted.chosen
    choice = CertificateChoice(
        delivery=chosen.get("delivery"),
        agreement=chosen.get("agreement"),
        lab=sight.organisation if "own" in chosen else None,
        state=CertificateState(chosen["state"]) if "state" in chosen else None,
        verdict=Verdict(chosen["verdict"]) if "verdict" in chosen else None,
    )
    return certificates.list_chosen(sight, choice, down=wanted.down, after=read_cursor(wanted.after), limit=wanted.limit)


def read_cursor(text: str) -> int | None:
    """Read a cursor; raises Invalid."""
    if text and not (text.isascii() and text.isdecimal() and len(text) < 16):  # noqa: PLR2004 - below 2^53, as any index
        raise Invalid(
            _("the list cannot be shown like this"), [Finding("after", "malformed", _("take the address of the next page as it is given"))]
        )
    return int(text) if text else None


LISTING: Listing[Certificate] = Listing(
    name="certificates",
    title=_l("Quality certificates"),
    columns=COLUMNS,
    fetch=fetch_certificates,
    place=lambda row, _wanted: str(row.entry),
    filters=(
        Filter("agreement", _l("Contract")),
        Filter("delivery", _l("Delivery (id)")),
        Filter("verdict", _l("The goods are"), "choice", [(one.value, label) for one, (label, _tone) in words.VERDICTS.items()]),
        Filter("state", _l("The certificate"), "choice", [(one.value, label) for one, (label, _tone) in words.STATES.items()]),
        Filter("own", _l("Laboratory"), "choice", [("yes", _l("Our own"))]),
    ),
    sort="-issued",
    nothing=_l("No certificate that you may see was issued yet."),
    nothing_more=_l("A laboratory of the network certifies deliveries against their contract's specification."),
)


@pages.page("GET /n/<network:network>/certificates", MEMBER_PERSONS)
def list_certificates(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """List certificates."""
    return answer_list(LISTING, template="certificates/list.html", is_lab=may_say("certificate.issued"))


@pages.page("GET /n/<network:network>/certificates/trend", MEMBER_PERSONS)
def show_trend(network: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show how a parameter went over time under one contract, with its limits."""
    agreement, parameter = request.args.get("agreement", ""), request.args.get("parameter") or None
    with see() as sight:
        trend = certificates.find_trend(sight, agreement, parameter)
    picture = draw_trend(trend, write_for_request())
    return render("certificates/trend.html", trend=trend, picture=picture)


@pages.page("GET /n/<network:network>/certificates/<name:certificate>", MEMBER_PERSONS)
def show_certificate(network: str, certificate: str) -> Response:
    """Show a certificate: results against limits, the verdict, who issued it, whether it stands, history."""
    with see() as sight:
        item = certificates.find_item(sight, certificate)
    address = make_public_address("/check")
    return render(
        "certificates/show.html",
        **show_item(item),
        steps=list_steps(item.certificate),
        history=read_history(network, f"certificate:{certificate}"),
        check=address,
        code=draw_code(address),
    )


def show_item(item: CertificateItem) -> dict[str, Any]:
    """Give what the templates of one certificate show."""
    one = item.certificate
    return {
        "item": item,
        "certificate": one,
        "stated": item.stated,
        "state_words": words.word_state(one),
        "verdict": words.VERDICTS[one.verdict],
        "found": words.explain_verdict(one.verdict),
        "explained": words.explain_state(one),
        "results": words.show_results(item.stated.results) if item.stated else [],
        "rule": words.RULES[item.stated.decision_rule] if item.stated else "",
        "type_words": words.TYPES.get(item.stated.certificate_type, "") if item.stated else "",
        "rank": words.RANKS[one.rank],
        "names": {name: name_delivery(delivery) for name, delivery in item.deliveries.items()},
    }


def list_steps(one: Certificate) -> list[tuple[str, str, str]]:
    """List what the reader may do with a certificate: title, words, path."""
    if get_member().organisation != one.lab or not may_say("certificate.revoked"):
        return []
    again = f"/lab/{one.agreement}?replaces={one.certificate}"
    path = f"/certificates/{one.certificate}"
    anew = (_("Issue it anew"), _("A new certificate for the same deliveries takes its place."), again)
    stop = (_("Suspend"), _("It is not to be relied on until you reinstate or revoke it."), f"{path}/suspend")
    back = (_("Reinstate"), _("It holds again."), f"{path}/reinstate")
    end = (_("Revoke"), _("It is taken back for good; it stays on the log."), f"{path}/revoke")
    if one.said_state is CertificateState.ISSUED:
        return [anew, stop, end]
    if one.said_state is CertificateState.SUSPENDED:
        return [anew, *([] if one.is_corrected else [back]), end]
    return []


def answer_change(certificate: str, kind: str, title: str) -> Response:
    """Show or read the form that changes a certificate's state."""
    with see() as sight:
        item = certificates.find_item(sight, certificate)
    fields = (Field("reason", _l("Why"), "long", _l("The parties to the contract read it.")),)
    path = get_place().path(f"/certificates/{certificate}")
    form = Form(kind, title, fields, fixed={"certificate": certificate})
    return answer_form(form, then=path, back=path, template="certificates/form.html", **show_item(item))


def suspend_certificate(network: str, certificate: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show or read the suspension of a certificate."""
    return answer_change(certificate, "certificate.suspended", _("Suspend this certificate"))


def reinstate_certificate(network: str, certificate: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show or read the reinstatement of a certificate."""
    return answer_change(certificate, "certificate.reinstated", _("Reinstate this certificate"))


def revoke_certificate(network: str, certificate: str) -> Response:  # noqa: ARG001 - the sight has it
    """Show or read the revocation of a certificate."""
    return answer_change(certificate, "certificate.revoked", _("Revoke this certificate"))


for _path, _handler in (("suspend", suspend_certificate), ("reinstate", reinstate_certificate), ("revoke", revoke_certificate)):
    for _method in ("GET", "POST"):
        pages.page(f"{_method} /n/<network:network>/certificates/<name:certificate>/{_path}", MEMBER_PERSONS)(_handler)
