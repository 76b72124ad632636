"""Certificates in answers."""

from contracts.views.certificates import Certificate
from webui.schemas.deriving import make_page_schema, make_schema

CertificatePageSchema = make_page_schema(make_schema(Certificate, name="CertificateInShort", hide=("credential",)))
CertificateSchema = make_schema(Certificate)
