"""Timestamps of RFC 3161 over checkpoints: an authority's word, outside this service and its witnesses, that a tree existed by a time.

The imprint is SHA-256 over the checkpoint's text (origin, size, root), so that signature lines may be added to its note afterwards.
Needs the library rfc3161-client; nothing else of ledger/ imports this file, and an audit without it says what it left out.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.x509 import Certificate, load_der_x509_certificate, load_pem_x509_certificates
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response
from rfc3161_client.tsp import Accuracy, TimeStampResponse

from ledger.errors import BadSignature, EvidenceError, Malformed
from ledger.exchange import ExchangeFailed, exchange_bytes
from ledger.instant import format_instant

MAX_TOKEN = 64_000  #: bytes of a response; those of public authorities have 1 to 8 kB
_REASON = re.compile(r'(?:reason|data): "([^"]+)"')
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"  # RFC 3161, section 3.4


class StampFailed(Exception):
    """No timestamp was had; nothing depends on it, and it is asked for again later."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """What a timestamp says, its signature and chain verified."""

    time: str  #: instant; the tree existed by then, give or take the accuracy
    accuracy: int  #: whole seconds, rounded up; 0 if the authority does not say
    serial: int  #: the authority's number for it


def read_roots(pem: bytes) -> list[Certificate]:
    """Read the certificates that the reader trusts, the authority's chain among them; raises Malformed."""
    try:
        return load_pem_x509_certificates(pem)
    except ValueError as error:
        raise Malformed(f"not a file of PEM certificates: {error}") from None


def check_timestamp(response: bytes, message: bytes, roots: Sequence[Certificate], nonce: int | None = None) -> Timestamp:
    """Check a response over a message, such as a checkpoint's text, against the trusted certificates.

    response: DER of a TimeStampResp. nonce: the request's, where it is known. Certificates count by the time in the token: an authority
    whose certificate has run out since is believed, one that signed afterwards is not.
    Raises Malformed for what is no response, BadSignature with the reason for one that does not hold.
    """
    if len(response) > MAX_TOKEN:
        raise Malformed(f"timestamp: more than {MAX_TOKEN} bytes")
    try:
        with warnings.catch_warnings():  # about odd certificates, which are no matter, or refused for their signatures
            warnings.simplefilter("ignore")
            return _check_decoded(decode_timestamp_response(response), message, roots, nonce)
    except EvidenceError:
        raise
    except Exception as error:  # noqa: BLE001 - strangers' bytes are decoded bit by bit, whenever one is asked for, and fail in many ways
        raise Malformed(f"timestamp: not a granted response of RFC 3161: {error!r:.200}") from None


def _check_decoded(decoded: TimeStampResponse, message: bytes, roots: Sequence[Certificate], nonce: int | None) -> Timestamp:
    info = decoded.tst_info
    signer = _find_signer(decoded, roots)
    builder = VerifierBuilder(roots=list(roots), tsa_certificate=signer, nonce=nonce)
    try:
        builder.build().verify_message(decoded, message)
    except (VerificationError, ValueError) as error:
        reasons = _REASON.findall(str(error))  # of OpenSSL's whole stack of errors
        raise BadSignature(f"timestamp: {'; '.join(reasons) or error}") from None
    return Timestamp(format_instant(info.gen_time), _round_up(info.accuracy), info.serial_number)


def _find_signer(response: TimeStampResponse, trusted: Sequence[Certificate]) -> Certificate:
    """Find the one certificate that signed, among those that travel and those trusted; raises BadSignature.

    Certificates beside the signer's own chain are refused: whoever picks the wrong one of them believes a stranger.
    """
    travelling = [load_der_x509_certificate(one) for one in response.signed_data.certificates]
    named = {(one.issuer, one.serial_number) for one in response.signed_data.signer_infos}
    found = [one for one in (*travelling, *trusted) if (one.issuer, one.serial_number) in named]
    if len(named) != 1 or not found:
        raise BadSignature("timestamp: the certificate of its one signer is neither in it nor among those that you trust")
    chain = {found[0]}
    while above := {one for one in travelling if any(one.subject == below.issuer for below in chain)} - chain:
        chain |= above
    if surplus := [one.subject.rfc4514_string() for one in travelling if one not in chain]:
        raise BadSignature(f"timestamp: it carries certificates that are not of its signer's chain: {', '.join(sorted(surplus))}")
    return found[0]


def _round_up(accuracy: Accuracy | None) -> int:
    """Give an accuracy in whole seconds, 0 where the authority does not say."""
    if accuracy is None:
        return 0
    return accuracy.seconds + (1 if accuracy.millis or accuracy.micros else 0)


def fetch_timestamp(url: str, text: str, roots: Sequence[Certificate], seconds: float = 10.0) -> tuple[bytes, Timestamp]:
    """Ask an authority for a timestamp over a checkpoint's text; gives the response, checked, and what it says. Raises StampFailed."""
    request = TimestampRequestBuilder(data=text.encode(), hash_algorithm=HashAlgorithm.SHA256).build()
    try:
        answer = exchange_bytes(url, body=request.as_bytes(), headers={"Content-Type": _QUERY}, limit=MAX_TOKEN, seconds=seconds)
    except ExchangeFailed as error:
        raise StampFailed(f"{url}: {error}") from None
    if answer.status != 200 or answer.kind != _REPLY:  # noqa: PLR2004 - the one status with a token
        raise StampFailed(f"{url}: answered {answer.status} with {answer.kind}, where 200 with {_REPLY} is wanted")
    try:
        return answer.body, check_timestamp(answer.body, text.encode(), roots, request.nonce)
    except (Malformed, BadSignature) as error:
        raise StampFailed(f"{url}: {error}") from None
