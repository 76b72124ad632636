"""What readers see of certificates: the laboratory, the parties to the agreement, and whoever a grant lets in."""

from contracts.certificates import tables
from contracts.certificates.tables import Certificate
from contracts.errors import NotFound
from contracts.parties.reading import Asked
from contracts.views.sight import Sight, ask_open

__all__ = ["Certificate", "find_certificate", "list_certificates"]


def list_certificates(sight: Sight, *, delivery: str | None, agreement: str | None, after: int, limit: int) -> list[Certificate]:
    """List the certificates that the reader may see, in the order of the log."""

    def fetch(place: int, count: int) -> list[Certificate]:
        return tables.list_certificates(sight.connection, sight.log_id, delivery=delivery, agreement=agreement, after=place, limit=count)

    return sight.collect(fetch, _ask, lambda row: row.entry, after, limit)


def find_certificate(sight: Sight, certificate: str) -> Certificate:
    """Find a certificate; raises NotFound, also where it is not for the reader."""
    found = tables.find_certificate(sight.connection, sight.log_id, certificate)
    if found is None or not sight.choose([found], _ask):
        raise NotFound("there is no such certificate for you to see")
    return found


def _ask(row: Certificate) -> Asked:
    return ask_open(row.entry, "certificate.issued", row.lab)
