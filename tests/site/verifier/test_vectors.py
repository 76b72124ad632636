"""Others' known answers, and our own worked example, given to the browser's modules."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger import keys
from ledger.keys import SigningKey, encode_multikey
from ledger.merkle import compute_root, prove_consistency, prove_inclusion
from ledger.note import ED25519, VerifierKey, sign_note
from ledger.unicode14 import find_unassigned
from tests.architecture import ROOT
from tests.site.verifier.driving import Cases, refusals
from tests.vectors import test_c2sp_tlog as c2sp
from tests.vectors import test_jcs_rfc8785 as jcs
from tests.vectors import test_wycheproof_ed25519 as wycheproof
from tests.vectors.test_merkle_rfc6962 import decode, read_probes

_P = 2**255 - 19


def test_assigned_code_points_are_those_of_unicode_14(tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    cases.add("assigned")

    (answer,) = cases.run()

    assigned = [False, *(find_unassigned(chr(point)) is None for point in range(0x110000)), False]
    assert answer["value"] == [point for point in range(0x110001) if assigned[point] != assigned[point + 1]]


def test_signatures_are_judged_as_wycheproof_does(shared: Path, tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    vectors = wycheproof.read_cases(shared)
    for public, case in vectors:
        cases.add("signature", key=public, signature=case["sig"], message=case["msg"])

    answers = cases.run()

    assert [answer["value"] for answer in answers] == [case["result"] == "valid" for _, case in vectors]


def mix_orders() -> list[str]:
    """Add a point of low order to an honest key: points of the curve that verify a signature in several ways."""
    honest = keys._decode_point(SigningKey(bytes(32)).public)
    mixed = []
    for torsion in wycheproof.LOW_ORDER[1:]:
        low = keys._decode_point(bytes.fromhex(torsion))
        assert honest is not None
        assert low is not None
        x, y, z, _ = keys._add(honest, low)
        inverse = pow(z, -1, _P)
        mixed.append((y * inverse % _P | (x * inverse % _P & 1) << 255).to_bytes(32, "little").hex())
    return mixed


def test_keys_of_low_or_mixed_order_or_another_spelling_are_refused(tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    honest = [SigningKey(bytes([number] * 32)).public.hex() for number in range(20)]
    bad = [*wycheproof.LOW_ORDER, *wycheproof.NOT_CANONICAL, *mix_orders(), "02" + "00" * 31, "00" * 31, "00" * 33, ""]
    for public in [*honest, *bad]:
        cases.add("key", hex=public)
    identity = SigningKey(bytes(32)).sign(b"")[:32] + bytes(32)
    cases.add("signature", key=wycheproof.LOW_ORDER[0], signature=identity.hex(), message="00")

    assert refusals(cases.run()) == [None] * len(honest) + ["malformed"] * (len(bad) + 1)


def test_multikeys_are_those_of_did_key(shared: Path, tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    seeds = json.loads((shared / "vectors" / "did-key" / "ed25519-seeds.json").read_text())["seed_to_did"]
    good = [one["did"].removeprefix("did:key:") for one in seeds] if isinstance(seeds, list) else [
        did.removeprefix("did:key:") for did in seeds.values()]  # fmt: skip
    bad = [
        "",
        "z",
        "z6Mk",
        good[0][1:],
        good[0] + "1",
        "z1" + good[0][1:],
        good[0].replace("6", "0", 1),
        "z" + "z" * 200,
        "Z6Mk",
        encode_multikey(bytes(31)),
    ]
    for text in [*good, *bad]:
        cases.add("multikey", text=text)

    answers = cases.run()

    assert [answer["value"] for answer in answers[: len(good)]] == [keys.decode_multikey(text).hex() for text in good]
    assert refusals(answers[len(good) :]) == ["malformed"] * len(bad)


def test_merkle_probes_are_judged_as_their_authors_do(shared: Path, tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    inclusion, consistency = read_probes(shared, "inclusion.json"), read_probes(shared, "consistency.json")
    for probe in inclusion:
        path = [decode(step).hex() for step in probe["proof"] or []]
        cases.add("inclusion", leaf=decode(probe["leafHash"]).hex(), index=probe["leafIdx"], size=probe["treeSize"], path=path,
                  root=decode(probe["root"]).hex())  # fmt: skip
    for probe in consistency:
        old, now = ({"size": probe[f"size{one}"], "root": decode(probe[f"root{one}"]).hex()} for one in (1, 2))
        cases.add("consistency", old=old, now=now, path=[decode(step).hex() for step in probe["proof"] or []])

    answers = refusals(cases.run())

    assert [code is not None for code in answers] == [probe["wantErr"] for probe in inclusion + consistency]


def test_the_root_of_every_size_is_pythons(tmp_path: Path) -> None:
    leaves = [bytes([number] * 32) for number in range(70)]
    cases = Cases(tmp_path)
    cases.add("root", leaves=[leaf.hex() for leaf in leaves], sizes=list(range(71)))

    assert cases.run()[0]["value"] == [compute_root(leaves[:size]).hex() for size in range(71)]


def test_every_proof_of_small_trees_holds_and_no_step_can_go(tmp_path: Path) -> None:
    leaves = [bytes([number] * 32) for number in range(20)]
    roots = [compute_root(leaves[:size]) for size in range(21)]
    cases, wanted = Cases(tmp_path), []

    def read_nodes(nodes: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        return {(level, place): compute_root(leaves[place << level : (place + 1) << level]) for level, place in nodes}

    for size in range(1, 21):
        for index in range(size):
            path = [step.hex() for step in prove_inclusion(read_nodes, index, size)]
            proof = [step.hex() for step in prove_consistency(read_nodes, index + 1, size)]
            for steps in (path, path[:-1], [*path, "00" * 32]):
                cases.add("inclusion", leaf=leaves[index].hex(), index=index, size=size, path=steps, root=roots[size].hex())
                wanted.append(None if steps == path else "bad-proof")
            for steps in (proof, proof[:-1], [*proof, "00" * 32]):
                old, now = ({"size": one, "root": roots[one].hex()} for one in (index + 1, size))
                cases.add("consistency", old=old, now=now, path=steps)
                wanted.append(None if steps == proof else "bad-proof")

    assert refusals(cases.run()) == wanted


def test_a_line_under_another_name_is_not_the_keys(tmp_path: Path) -> None:
    key = SigningKey(bytes(32))
    verifier = VerifierKey("signer", ED25519, key.public)
    note = sign_note("text\n", verifier, key.sign)
    cases = Cases(tmp_path)
    for text in (note, note.replace("— signer", "— other"), note + "— other AAAAAAA=\n", note + "— other AAAA\n", note[:-1]):
        cases.add("note", text=text, key=verifier.to_text())

    assert refusals(cases.run()) == [None, "bad-signature", None, "malformed", "malformed"]


@pytest.mark.parametrize("name", jcs.NAMES)
def test_the_strict_profile_takes_and_refuses_rfc_8785s_documents_as_python_does(shared: Path, tmp_path: Path, name: str) -> None:
    _, wanted = jcs.read_document(shared, name)
    cases = Cases(tmp_path)
    cases.add("decode", file=cases.put(wanted))

    (answer,) = cases.run()

    assert answer.get("code") == ("malformed" if name in jcs.REFUSED else None)
    if name not in jcs.REFUSED:
        assert answer["value"] == wanted.hex()


def test_checkpoints_and_verifier_keys_are_read_as_their_authors_do(shared: Path, tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    vkeys = c2sp.read_vectors(shared, "cosignature_vkeys.json")["cases"]
    for case in vkeys:
        cases.add("verifierKey", text=case["vkey"])
    requests = c2sp.read_vectors(shared, "witness_add_checkpoint.json")
    for case in requests["cases"]:
        note = c2sp.split_request(case["request_body"])[2]
        ours = VerifierKey(note.partition("\n")[0], ED25519, bytes.fromhex(requests["log_key_hex"])).to_text()
        cases.add("note", text=note, key=c2sp.GO_SUM if case["source"] == "sumdb.txt" else ours)

    answers = refusals(cases.run())

    assert [case["name"] for case, code in zip(vkeys, answers, strict=False) if code is None] == ["works: convert from algEd25519"]
    assert [code is None for code in answers[len(vkeys) :]] == [case["status"] != 403 for case in requests["cases"]]


def test_the_text_of_a_checkpoint_is_parsed_as_its_authors_do(shared: Path, tmp_path: Path) -> None:
    key = SigningKey(bytes(32))
    root = base64.b64encode(bytes(32)).decode()
    extended = {"text": f"log.example/x\n1\n{root}\nan extension\n", "want_err": False}
    vectors = [*c2sp.read_vectors(shared, "checkpoint_parse.json")["cases"], extended]
    cases = Cases(tmp_path)
    for case in vectors:
        origin = case["text"].partition("\n")[0] or "x"
        verifier = VerifierKey("signer", ED25519, key.public)
        signature = base64.b64encode(verifier.id + key.sign(case["text"].encode())).decode()
        cases.add("checkpoint", text=f"{case['text']}\n— signer {signature}\n", origin=origin, key=verifier.to_text())

    for case, answer in zip(vectors, cases.run(), strict=True):
        lines = case["text"].split("\n")
        ours = not case["want_err"] and len(lines) == 4 and len(base64.b64decode(lines[2])) == 32
        assert ("value" in answer) == ours, (case, answer)


def read_blocks() -> list[str]:
    """Read the indented lines of the worked example."""
    text = (ROOT / "ledger" / "FORMAT.md").read_text("utf-8")
    return [line[4:] for line in text[text.index("## 18.") :].split("\n") if line.startswith("    ")]


def test_the_worked_example_is_found_again(tmp_path: Path) -> None:
    blocks = read_blocks()
    header, entries = json.loads(blocks[0]), [line for line in blocks if line.startswith('{"index"')]
    form = json.loads(next(line for line in blocks if line.startswith('{"fields"')))
    log_key = next(line for line in blocks if line.startswith("ledger.example/main+"))
    notes: list[Any] = [json.loads(line) for line in blocks if line.startswith('"')]
    path = blocks[-7:-5]
    evidence = {"format": "symbiosis-ledger/evidence/v1", "entry": entries[1], "path": path, "checkpoint": notes[0], "contents": None}
    cases = Cases(tmp_path)
    cases.add("contents", statement=header, contents=form)
    cases.add("leaf", binding=header, position=0, field=form["fields"][0])
    cases.add("leaf", binding=header, position=2, field=form["fields"][2])
    cases.add("checkpoint", text=notes[0], origin="ledger.example/main", key=log_key)
    cases.add("note", text=notes[1], key=next(line for line in blocks if line.startswith("ledger.example/main/receipts+")))
    written = json.dumps(evidence, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    cases.add("evidence", file=cases.put(written), options={"logKey": log_key})

    opened, first, third, checkpoint, acknowledgement, found = cases.run()

    assert opened["value"]["values"] == {"quantity": "23.230", "unit": "TNE", "weighings": ["11.600", "11.630"], "driver": None}
    assert [first["value"], third["value"]] == [
        blocks[blocks.index(line) + 1] for line in blocks if line.startswith(('["symbiosis-ledger/field', '["symbiosis-ledger/rows'))
    ]
    assert checkpoint["value"][0] == 3
    assert acknowledgement["value"].startswith("symbiosis-ledger/acknowledgement/v1\n")
    assert found["value"] == {"index": 1, "size": 3, "opened": None, "exit_code": 0}
