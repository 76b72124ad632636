"""Certificates, and the W3C credential of each, which anybody verifies without us."""

from typing import Any

from flask import Response

from contracts.errors import NotFound
from contracts.views import certificates
from contracts.views.certificates import Certificate
from webui import access
from webui.api.seeing import see
from webui.openapi_parts import PLAIN
from webui.routes import Routes
from webui.schemas.certificates import CertificatePageSchema, CertificateSchema
from webui.schemas.deriving import Page, make_page
from webui.schemas.paging import CertificatesQuery

routes = Routes("certificates", "What laboratories certified")
CREDENTIAL = "application/vc"  #: W3C VC Data Model 2.0, section 6.2


@routes.route("GET /networks/<network:network>/certificates", access.MEMBERS, query=CertificatesQuery, answer=CertificatePageSchema)
def list_certificates(query: dict[str, Any], network: str) -> Page:  # noqa: ARG001 - the sight has it
    """List certificates in the order of the log, of a delivery or an agreement."""
    with see() as sight:
        found = certificates.list_certificates(
            sight,
            delivery=query.get("delivery"),
            agreement=query.get("agreement"),
            after=query.get("after", -1),
            limit=query["limit"] + 1,
        )
    return make_page(found, query["limit"], lambda one: one.entry)


@routes.route("GET /networks/<network:network>/certificates/<name:certificate>", access.MEMBERS, answer=CertificateSchema)
def show_certificate(network: str, certificate: str) -> Certificate:  # noqa: ARG001 - the sight has it
    """Show a certificate with its results and its state as the log stands."""
    with see() as sight:
        return certificates.find_certificate(sight, certificate)


@routes.route("GET /networks/<network:network>/certificates/<name:certificate>/credential", access.MEMBERS, answer=PLAIN, media=CREDENTIAL)
def show_credential(network: str, certificate: str) -> Response:  # noqa: ARG001 - the sight has it
    """Give a certificate's W3C credential in the laboratory's own bytes; `symbiosis certificate verify` reads it offline."""
    with see() as sight:
        found = certificates.find_certificate(sight, certificate)
    if found.credential is None:
        raise NotFound("the credential was erased")
    name = f"{certificate}.credential.json"
    return Response(found.credential, content_type=CREDENTIAL, headers={"Content-Disposition": f'attachment; filename="{name}"'})
