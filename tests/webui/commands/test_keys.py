"""`symbiosis keys`: the file is opened here by FORMAT.md's words and cryptography alone, and the proof of possession is checked."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from contracts.drafts import parse_draft
from contracts.signing import Author, sign_fact
from ledger.authority import Authority, KeyRecord, possession_message
from ledger.keys import SigningKey, decode_multikey, encode_multikey, verify_signature
from ledger.own_kinds import OWN_KINDS
from tests.webui.commands.running import LOG, PASSPHRASE, run, run_here, write_key, write_passphrase
from webui.commands.faults import Complaint, describe_findings
from webui.commands.keyfiles import write_secret


def make_key(code_home: Path, folder: Path, *more: object) -> Path:
    """Make a key file by the command."""
    out = folder / "new.key"
    done = run(code_home, "keys", "new", "--log", LOG, "--organisation", "o-powerco", "--out", out, "--passphrase-file",
               write_passphrase(folder), *more)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


def test_a_key_file_is_opened_by_another_tool(code_home: Path, tmp_path: Path) -> None:
    path = make_key(code_home, tmp_path)

    value = json.loads(path.read_bytes())
    stretched = PBKDF2HMAC(SHA256(), 32, bytes.fromhex(value["salt"]), value["rounds"]).derive(PASSPHRASE.encode())
    header = json.dumps({name: item for name, item in value.items() if name != "sealed"}, sort_keys=True, separators=(",", ":"))
    seed = AESGCM(stretched).decrypt(bytes.fromhex(value["nonce"]), bytes.fromhex(value["sealed"]), header.encode())

    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert encode_multikey(public) == value["key"]
    assert value["rounds"] >= 600_000
    assert (value["kdf"], value["cipher"]) == ("PBKDF2-HMAC-SHA-256", "AES-256-GCM")
    assert (value["log"], value["organisation"]) == (LOG, "o-powerco")
    assert value["holder"].startswith("h-")


def test_only_its_owner_reads_a_key_file_and_nothing_is_written_over(code_home: Path, tmp_path: Path) -> None:
    path = make_key(code_home, tmp_path)
    before = path.read_bytes()

    done = run(
        code_home, "keys", "new", "--log", LOG, "--organisation", "o-powerco", "--out", path, "--passphrase-file", tmp_path / "passphrase"
    )

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert done.returncode == 2
    assert "exists and is left as it is" in done.stderr
    assert path.read_bytes() == before


def test_the_public_half_is_printed_and_shown_without_a_passphrase(code_home: Path, tmp_path: Path) -> None:
    path = make_key(code_home, tmp_path, "--holder", "h-1c9b2e")

    shown = json.loads(run(code_home, "keys", "show", path, "--json").stdout)

    assert shown == {"key": json.loads(path.read_bytes())["key"], "log": LOG, "organisation": "o-powerco", "holder": "h-1c9b2e"}


def test_a_request_is_a_draft_with_the_keys_own_proof(code_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "me.key"
    file = write_key(path)

    done = run(code_home, "keys", "request", path, "--roles", "signatory,finance", "--limit", "signatory=25000000", "--passphrase-file",
               write_passphrase(tmp_path))  # fmt: skip

    fact = parse_draft(done.stdout.encode()).fact
    message = possession_message(LOG, "o-powerco", file.key.multikey, "h-powerco1", ["finance", "signatory"])
    assert verify_signature(decode_multikey(fact.key), bytes.fromhex(fact.possession), message)
    assert (fact.organisation, fact.holder, fact.roles) == ("o-powerco", "h-powerco1", ("finance", "signatory"))
    assert fact.limits == {"signatory": {"amount": 25_000_000}}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--log", "Not A Log", "--organisation", "o-powerco"], "--log: 'Not A Log' is not a log's name"),
        (["--log", LOG, "--organisation", "powerco"], "--organisation: 'powerco' is not an id"),
        (["--log", LOG, "--organisation", "o-powerco", "--holder", "anna"], "--holder: 'anna' is not a pseudonym"),
    ],
)
def test_names_of_the_wrong_form_are_refused_before_a_key_is_made(code_home: Path, tmp_path: Path, options: list[str], says: str) -> None:
    done = run(code_home, "keys", "new", *options, "--out", tmp_path / "new.key", "--passphrase-file", write_passphrase(tmp_path))

    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "new.key").exists()


def test_a_short_passphrase_is_refused(code_home: Path, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("short\n")

    done = run(code_home, "keys", "new", "--log", LOG, "--organisation", "o-powerco", "--out", tmp_path / "new.key", "--passphrase-file",
               tmp_path / "passphrase")  # fmt: skip

    assert done.returncode == 2
    assert "at least 12 characters" in done.stderr


def test_a_wrong_passphrase_is_an_answer_of_no(code_home: Path, tmp_path: Path) -> None:
    write_key(tmp_path / "me.key")
    (tmp_path / "passphrase").write_text("not the right one\n")

    done = run(code_home, "keys", "request", tmp_path / "me.key", "--roles", "operator", "--passphrase-file", tmp_path / "passphrase")

    assert (done.returncode, done.stdout) == (1, "")
    assert "does not open this key file" in done.stderr


def test_an_unknown_role_is_named(code_home: Path, tmp_path: Path) -> None:
    write_key(tmp_path / "me.key")

    done = run(code_home, "keys", "request", tmp_path / "me.key", "--roles", "king")

    assert done.returncode == 2
    assert "'king' is no role; choose among operator, signatory" in done.stderr


def test_what_is_no_key_file_is_said_to_be_none(code_home: Path, tmp_path: Path) -> None:
    (tmp_path / "me.key").write_text("{}")

    done = run(code_home, "keys", "show", tmp_path / "me.key")

    assert done.returncode == 2
    assert "this is no key file" in done.stderr


def test_a_rotation_is_accepted_by_the_ledgers_own_rules(tmp_path: Path) -> None:
    old, new = SigningKey.generate(), write_key(tmp_path / "new.key", key=SigningKey.generate())
    record = KeyRecord(old.multikey, "o-powerco", "h-powerco1", frozenset({"signatory", "finance"}), {}, 1)
    authority = Authority(log=LOG, keys={old.multikey: record}, own_roles=frozenset({"signatory", "finance"}))

    done = run_here("keys", "request", tmp_path / "new.key", "--roles", "finance,signatory", "--replaces", old.multikey,
                    "--passphrase-file", write_passphrase(tmp_path))  # fmt: skip

    fact = parse_draft(done.stdout.encode()).fact
    signed = sign_fact(fact, Author(LOG, "o-powerco", old), key_seq=1, now=datetime(2026, 1, 1, tzinfo=UTC)).signed
    assert OWN_KINDS["key.rotated"].check(authority, signed.statement, "2026-01-01T00:00:00Z") == []
    assert fact.new == new.key.multikey


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--limit", "signatory=1000"], []),
        (
            ["--limit", "signatory=1001"],
            ["statement.public.limits.signatory.amount: an integer up to 1000 is wanted, the limit of the key"],
        ),
        ([], ["statement.public.limits.signatory.amount: an integer up to 1000 is wanted, the limit of the key"]),
    ],
)
def test_what_a_limited_signatory_may_not_enrol_is_said_in_a_sentence_at_the_field(
    tmp_path: Path, options: list[str], said: list[str]
) -> None:
    signer = SigningKey.generate()
    write_key(tmp_path / "new.key", key=SigningKey.generate())
    record = KeyRecord(signer.multikey, "o-powerco", "h-powerco2", frozenset({"signatory"}), {"signatory": {"amount": 1000}}, 1)
    authority = Authority(log=LOG, keys={signer.multikey: record}, own_roles=frozenset({"signatory", "finance"}))

    done = run_here("keys", "request", tmp_path / "new.key", "--roles", "finance,signatory", *options, "--passphrase-file",
                    write_passphrase(tmp_path))  # fmt: skip

    fact = parse_draft(done.stdout.encode()).fact
    signed = sign_fact(fact, Author(LOG, "o-powerco", signer), key_seq=1, now=datetime(2026, 1, 1, tzinfo=UTC)).signed
    lines = describe_findings(OWN_KINDS["key.enrolled"].check(authority, signed.statement, "2026-01-01T00:00:00Z"))
    assert [line.partition(" that signs;")[0] for line in lines] == said


def test_a_revocation_is_drafted_for_a_signatory_to_sign() -> None:
    key = SigningKey.generate().multikey

    done = run_here("keys", "revoke", key, "--reason", "lost", "--compromised-since", 40)

    fact = parse_draft(done.stdout.encode()).fact
    assert (fact.key, fact.reason, fact.compromised_since) == (key, "lost", 40)


def test_a_secret_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    write_secret(tmp_path / "a.key", b"first")

    with pytest.raises(Complaint, match="exists and is left as it is"):
        write_secret(tmp_path / "a.key", b"second")

    assert (tmp_path / "a.key").read_bytes() == b"first"
