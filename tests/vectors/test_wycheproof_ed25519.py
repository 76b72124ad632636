"""Project Wycheproof's 151 signatures for Ed25519, and the keys that it leaves out: low order, mixed order, not canonical."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger import keys
from ledger.errors import Malformed
from ledger.keys import SigningKey, check_public_key, decode_multikey, encode_multikey, verify_signature
from ledger.signature_backend import list_backends, load_backend

CASES = 151
_P = 2**255 - 19  #: the field, RFC 8032 section 5.1

#: The eight points of low order in their canonical encodings (RFC 7748 and "Taming the many EdDSAs", table 1).
LOW_ORDER = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
)

#: Other encodings of points: y not below the field's prime, or a sign on x = 0.
NOT_CANONICAL = (
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
)


def read_cases(shared: Path) -> list[tuple[str, dict[str, Any]]]:
    """Read (public key, case) of all groups."""
    path = shared / "vectors" / "wycheproof-ed25519" / "testvectors_v1" / "ed25519_test.json"
    cases = [(group["publicKey"]["pk"], case) for group in json.loads(path.read_text("utf-8"))["testGroups"] for case in group["tests"]]
    assert len(cases) == CASES
    return cases


@pytest.mark.parametrize("backend", list_backends())
def test_signatures_are_judged_as_wycheproof_does_by_every_backend(shared: Path, backend: str) -> None:
    verify = load_backend(backend)

    wrong = []
    for public, case in read_cases(shared):
        signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
        if verify_signature(bytes.fromhex(public), signature, message, verify) != (case["result"] == "valid"):
            wrong.append((case["tcId"], case["comment"]))

    assert wrong == []


@pytest.mark.parametrize("public", LOW_ORDER)
def test_a_key_of_low_order_is_refused(public: str) -> None:
    with pytest.raises(Malformed, match="prime order"):
        check_public_key(bytes.fromhex(public))
    with pytest.raises(Malformed, match="prime order"):
        decode_multikey(encode_multikey(bytes.fromhex(public)))


def test_one_signature_by_a_key_of_low_order_fits_no_text() -> None:
    identity = bytes.fromhex(LOW_ORDER[0])
    signature = SigningKey(bytes(32)).sign(b"")[:32] + bytes(32)

    for message in (b"100 EUR", b"900 EUR"):
        with pytest.raises(Malformed):
            verify_signature(identity, signature, message)


@pytest.mark.parametrize("torsion", LOW_ORDER[1:])
def test_a_key_of_mixed_order_is_refused(torsion: str) -> None:
    honest = keys._decode_point(SigningKey(sha256(b"honest").digest()).public)
    low = keys._decode_point(bytes.fromhex(torsion))
    assert honest is not None
    assert low is not None
    x, y, z, _ = keys._add(honest, low)
    inverse = pow(z, -1, _P)
    mixed = (y * inverse % _P | (x * inverse % _P & 1) << 255).to_bytes(32, "little")

    assert keys._decode_point(mixed) is not None  # a point of the curve, canonically written
    with pytest.raises(Malformed, match="prime order"):
        check_public_key(mixed)


@pytest.mark.parametrize("public", [*NOT_CANONICAL, "02" + "00" * 31, "00" * 31, "00" * 33, ""])
def test_a_key_that_is_no_canonical_point_is_refused(public: str) -> None:
    with pytest.raises(Malformed, match="canonical point"):
        check_public_key(bytes.fromhex(public))


def test_honest_keys_are_taken() -> None:
    for number in range(20):
        key = SigningKey(sha256(b"%d" % number).digest())

        assert decode_multikey(key.multikey) == key.public
