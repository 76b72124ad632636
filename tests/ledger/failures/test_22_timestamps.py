"""Timestamps of RFC 3161 that must not be believed are refused with the reason: foreign certificates, nonce, imprint, chain, form."""

import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.x509 import Certificate, load_der_x509_certificate

from ledger.errors import BadSignature, EvidenceError, Malformed
from ledger.timestamp import MAX_TOKEN, StampFailed, check_timestamp, fetch_timestamp, read_roots
from tests.ledger.timestamp_authority import Authority, serve_answers, serve_authority

TEXT = "ledger.example/main\n12\nnQ8bBhmRNWbCFGGKAAVqpl0xwwBWyXoDc9cIn6pmnqc=\n"
REPLY = "application/timestamp-reply"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def read_chain(folder: Path) -> list[Certificate]:
    data = (folder / "ts_chain.pem").read_bytes()
    return read_roots(data) if data.startswith(b"-----") else [load_der_x509_certificate(data)]


@pytest.mark.parametrize(
    ("name", "message", "reason"),
    [
        ("sigstage/response-sha256.tsr", b"hello", ""),
        ("sigstage/response-sha384.tsr", b"hello", ""),
        ("sigstage/response-sha512.tsr", b"hello", ""),
        ("sigstage/response-no-embedded-cert.tsr", b"hello", ""),
        ("test_tsa/response.tsr", b"hello", ""),
        ("identrust/issue-104.tsr", b"hello", ""),
        ("sigstore.mock/response-expired.tsr", None, ""),  # run out since, but not when it signed
        ("sigstage/response-sha256.tsr", b"hellO", "Mismatch between messages"),
        ("sigstage/response-invalid-signature.tsr", b"hello", "signature failure"),
        ("test_tsa/response-injected-certs.tsr", b"hello", "Spoofed TSA"),
        ("test_tsa/other_response.tsr", b"hello", "unable to get local issuer certificate"),
    ],
)
def test_others_tokens_are_judged_as_their_names_say(shared: Path, name: str, message: bytes | None, reason: str) -> None:
    file = shared / "vectors/rfc3161/test/fixtures" / name
    said = (file.parent / "payload").read_bytes() if message is None else message
    roots = read_chain(file.parent)

    if reason:
        with pytest.raises(BadSignature, match=reason):
            check_timestamp(file.read_bytes(), said, roots)
    else:
        assert check_timestamp(file.read_bytes(), said, roots).time > "2023"


def test_tokens_of_the_public_under_another_s_root_are_refused(shared: Path) -> None:
    roots = read_chain(shared / "vectors/rfc3161/test/fixtures/test_tsa")
    tokens = sorted((shared / "vectors/rfc3161/from_sigstore_bundles").glob("*.tsr"))

    for token in tokens:
        with pytest.raises(EvidenceError):
            check_timestamp(token.read_bytes(), b"hello", roots)

    assert len(tokens) == 9


def test_a_token_is_asked_for_checked_and_believed_by_openssl_too(authority: Authority) -> None:
    with serve_authority(authority) as url:
        response, stamp = fetch_timestamp(url, TEXT, read_roots(authority.root))

    (authority.folder / "text").write_text(TEXT)
    (authority.folder / "kept.tsr").write_bytes(response)
    told = subprocess.run(["openssl", "ts", "-verify", "-data", "text", "-in", "kept.tsr", "-CAfile", "root.pem"], cwd=authority.folder,
                          check=True, capture_output=True, text=True)  # fmt: skip
    assert "Verification: OK" in told.stdout + told.stderr
    assert (stamp.accuracy, check_timestamp(response, TEXT.encode(), read_roots(authority.root))) == (1, stamp)


def test_another_request_s_answer_is_refused_by_its_nonce(authority: Authority) -> None:
    kept: list[bytes] = []

    def replay(request: bytes) -> tuple[int, str, bytes]:
        kept.append(authority.stamp(request))
        return 200, REPLY, kept[0]

    with serve_answers(replay) as url:
        fetch_timestamp(url, TEXT, read_roots(authority.root))
        with pytest.raises(StampFailed, match="Nonce mismatch"):
            fetch_timestamp(url, TEXT, read_roots(authority.root))


@pytest.mark.parametrize(
    ("dates", "reason"),
    [(("20200101000000Z", "20210101000000Z"), "certificate has expired"), (("20990101000000Z", "21000101000000Z"), "not yet valid")],
)
def test_a_certificate_of_another_time_is_refused(tmp_path: Path, dates: tuple[str, str], reason: str) -> None:
    late = Authority(tmp_path / "late", dates=dates)

    with serve_authority(late) as url, pytest.raises(StampFailed, match=reason):
        fetch_timestamp(url, TEXT, read_roots(late.root))


@pytest.mark.parametrize("answer", [b"", b"\x30\x80", b"\x00" * 100, b"\x30\x03\x02\x01\x02", b"\x30" * (MAX_TOKEN + 1)])
def test_what_is_no_token_is_refused_in_words(authority: Authority, answer: bytes) -> None:
    with pytest.raises(Malformed):
        check_timestamp(answer, TEXT.encode(), read_roots(authority.root))
    with serve_answers(lambda _request: (200, REPLY, answer)) as url, pytest.raises(StampFailed):
        fetch_timestamp(url, TEXT, read_roots(authority.root))


@pytest.mark.parametrize("place", range(0, 1200, 97))
def test_no_changed_byte_of_a_token_is_believed(authority: Authority, place: int, stamped: Callable[[], bytes]) -> None:
    good = stamped()
    bad = bytearray(good)
    bad[place % len(good)] ^= 0x41

    try:
        found = check_timestamp(bytes(bad), TEXT.encode(), read_roots(authority.root))
    except EvidenceError:
        return
    assert found == check_timestamp(good, TEXT.encode(), read_roots(authority.root)), "it was believed and says something else"


@pytest.mark.parametrize("value", [0x02, 0x30, 0x80])
def test_no_byte_anywhere_ends_in_anything_but_a_refusal(value: int, authority: Authority, stamped: Callable[[], bytes]) -> None:
    good, roots = stamped(), read_roots(authority.root)
    right = check_timestamp(good, TEXT.encode(), roots)

    for place in range(len(good)):
        bad = good[:place] + bytes([value]) + good[place + 1 :]
        with suppress(EvidenceError):
            assert check_timestamp(bad, TEXT.encode(), roots) == right, f"byte {place} was changed, and it says something else"


@pytest.fixture(scope="module")
def stamped(authority: Authority) -> Callable[[], bytes]:
    with serve_authority(authority) as url:
        response, _ = fetch_timestamp(url, TEXT, read_roots(authority.root))
    return lambda: response


@pytest.mark.parametrize(("status", "kind"), [(500, REPLY), (302, REPLY), (200, "text/html")])
def test_an_answer_that_is_none_leaves_the_request_for_later(authority: Authority, status: int, kind: str) -> None:
    with serve_answers(lambda request: (status, kind, authority.stamp(request))) as url, pytest.raises(StampFailed, match=str(status)):
        fetch_timestamp(url, TEXT, read_roots(authority.root))


def test_no_authority_at_all_is_no_error_of_ours(authority: Authority) -> None:
    for url in ("http://127.0.0.1:1/", "file:///etc/passwd", "nonsense"):
        with pytest.raises(StampFailed):
            fetch_timestamp(url, TEXT, read_roots(authority.root), seconds=1)
