"""Weak keys, encodings that are not canonical, malleable signatures: every backend, the browser and the second verifier judge alike.

The cases are computed here, with the second verifier's arithmetic; what FORMAT.md says of each stands beside it.
"""

from collections.abc import Iterator
from hashlib import sha512
from pathlib import Path

import pytest

from ledger.errors import EvidenceError, Malformed
from ledger.keys import SigningKey, check_public_key, verify_signature
from ledger.note import VerifierKey, sign_note, verify_note
from ledger.signature_backend import Verify, judges_by_our_rule, list_backends, load_backend
from tests.second_verifier import BASE, NEUTRAL, L, P, Point, Wrong, add_points, decode_point, encode_point, is_signed, multiply
from tests.site.verifier.driving import Cases

MESSAGE = b"deliver 23.230 tonnes"
SCALAR = int.from_bytes(sha512(b"an honest key").digest(), "little") % L
KEY = multiply(SCALAR, BASE)
PUBLIC = encode_point(KEY)
Case = tuple[str, bytes, bytes, bool | None]  #: name, public key, signature, and whether it holds; None where the key is refused


def find_torsion() -> list[Point]:
    """Find the eight points of low order: multiples of a point of order eight, which L times some point of the curve is."""
    for y in range(2, 100):
        point = decode_point(y.to_bytes(32, "little"))
        low = multiply(L, point) if point else NEUTRAL
        points = [multiply(times, low) for times in range(8)]
        if len({encode_point(one) for one in points}) == 8:
            return points
    raise AssertionError("no point of order eight")


TORSION = find_torsion()


def list_spellings(point: Point) -> list[bytes]:
    """List every 32 bytes that a careless reader takes for a point: y plus the prime, and either sign where x is zero."""
    number = int.from_bytes(encode_point(point), "little")
    sign, y = number >> 255 << 255, number % 2**255
    signs = [0, 1 << 255] if (point[0] % P) == 0 else [sign]
    return [(value | one).to_bytes(32, "little") for value in (y, y + P) if value < 2**255 for one in signs]


def challenge(r: bytes, public: bytes) -> int:
    return int.from_bytes(sha512(r + public + MESSAGE).digest(), "little") % L


def forge(nonce: int, low: Point = NEUTRAL, public: bytes = PUBLIC) -> bytes:
    """Sign with a nonce's point to which a point of low order was added."""
    r = encode_point(add_points(multiply(nonce, BASE), low))
    return r + ((nonce + challenge(r, public) * SCALAR) % L).to_bytes(32, "little")


def list_cases() -> Iterator[Case]:
    """List the cases."""
    honest = forge(12345)
    s = int.from_bytes(honest[32:], "little")
    yield "honest", PUBLIC, honest, True
    for times in range(1, 16):
        if s + times * L < 2**256:
            yield f"S + {times} L", PUBLIC, honest[:32] + (s + times * L).to_bytes(32, "little"), False
    yield "S = L", PUBLIC, honest[:32] + L.to_bytes(32, "little"), False
    yield "one byte more", PUBLIC, honest + b"\0", False
    yield "cut short", PUBLIC, honest[:63], False
    yield "R neutral, S = h a: gives the key away", PUBLIC, forge(0), False
    for number, low in enumerate(TORSION):
        for spelling in list_spellings(low):
            yield (
                f"key of low order {number} {spelling.hex()[:8]}",
                spelling,
                encode_point(multiply(7, BASE)) + (7).to_bytes(32, "little"),
                None,
            )
            yield f"R of low order {number} {spelling.hex()[:8]}, S = 0", PUBLIC, spelling + bytes(32), False
            yield f"R and key of low order {number}", spelling, spelling + bytes(32), None
            spelt = spelling + (challenge(spelling, PUBLIC) * SCALAR % L).to_bytes(32, "little")
            yield f"R of low order {number} {spelling.hex()[:8]}, S = h a", PUBLIC, spelt, False
        if number:
            mixed = encode_point(add_points(KEY, low))
            yield f"R of mixed order {number}: holds only when multiplied by eight", PUBLIC, forge(12345, low), False
            yield f"key of mixed order {number}", mixed, forge(12345, NEUTRAL, mixed), None
            yield f"key and R of mixed order {number}", mixed, forge(12345, low, mixed), None
    for y in range(P, P + 19):
        for sign in (0, 1 << 255):
            yield f"key of y {y - P} above the prime", (y | sign).to_bytes(32, "little"), honest, None
            yield f"R of y {y - P} above the prime", PUBLIC, (y | sign).to_bytes(32, "little") + honest[32:], False
    yield "no point", (2).to_bytes(32, "little"), honest, None


CASES = list(list_cases())


def ask(verify: Verify, case: Case) -> bool | None:
    try:
        return verify_signature(case[1], case[2], MESSAGE, verify)
    except Malformed:
        return None


@pytest.mark.parametrize("backend", list_backends())
def test_every_backend_judges_edge_cases_by_the_one_rule(backend: str) -> None:
    verify = load_backend(backend)

    wrong = [case[0] for case in CASES if ask(verify, case) is not case[3]]

    assert wrong == []
    assert len(CASES) > 100
    assert {case[3] for case in CASES} == {True, False, None}


def test_the_second_verifier_judges_edge_cases_by_the_one_rule() -> None:
    wrong = []
    for name, public, signature, expected in CASES:
        try:
            said: bool | None = is_signed(public, signature, MESSAGE)
        except Wrong:
            said = None
        if said is not expected:
            wrong.append(name)

    assert wrong == []


def test_the_browser_judges_edge_cases_by_the_one_rule(tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    for _, public, signature, _ in CASES:
        cases.add("signature", key=public.hex(), signature=signature.hex(), message=MESSAGE.hex())

    answers = cases.run()

    assert [case[0] for case, answer in zip(CASES, answers, strict=True) if answer.get("value") is not case[3]] == []


def test_a_backend_that_multiplies_by_eight_is_not_used() -> None:
    def verify_by_eight(public: bytes, signature: bytes, message: bytes) -> bool:
        key, r = decode_point(public), decode_point(signature[:32])
        assert key is not None
        assert r is not None
        h = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % L
        right = add_points(r, multiply(h, key))
        s = int.from_bytes(signature[32:], "little")
        return encode_point(multiply(8 * s, BASE)) == encode_point(multiply(8, right))

    assert verify_by_eight(PUBLIC, forge(12345, TORSION[1]), MESSAGE)
    assert not judges_by_our_rule(verify_by_eight)


def test_a_backend_that_nobody_installed_is_refused() -> None:
    with pytest.raises(Malformed, match="SYMBIOSIS_ED25519"):
        load_backend("luck")


@pytest.mark.parametrize("point", TORSION)
def test_a_key_of_low_order_is_enrolled_in_no_spelling(point: Point) -> None:
    for spelling in list_spellings(point):
        with pytest.raises(Malformed):
            check_public_key(spelling)


def test_lines_by_strangers_are_ignored_up_to_a_hundred_and_one_by_the_key_must_hold() -> None:
    signer = SigningKey(bytes(32))
    key = VerifierKey("log.example/main", 1, signer.public)
    note = sign_note("text\n", key, signer.sign)
    stranger = "— somebody AAAAAAAA\n"
    twin = note.split("\n")[-2].replace("log.example/main ", "log.example/other ") + "\n"

    assert verify_note(note + stranger * 99, [key])[1] == (key,)
    assert verify_note(note + twin, [key])[1] == (key,)
    with pytest.raises(Malformed, match="100 signature lines"):
        verify_note(note + stranger * 100, [key])
    spoilt = note[:-6] + ("A" if note[-6] != "A" else "B") + note[-5:]
    with pytest.raises(EvidenceError):
        verify_note(spoilt, [key])
