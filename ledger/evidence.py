"""What travels to those who check: the audit file of a whole log, and the evidence of a single entry.

Writer and verifier meet here and nowhere else. FORMAT.md, sections "Audit file" and "Evidence of one entry", states every member.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import BinaryIO, Self

from ledger.archive import Archive, ArchiveWriter
from ledger.canonical import JSON, MAX_INTEGER, decode_canonical, encode_canonical
from ledger.checkpoint import Checkpoint, parse_checkpoint, verify_checkpoint
from ledger.contents import Opened, open_contents
from ledger.entry import MAX_ENTRY_BYTES, Entry, decode_entry, hash_entry
from ledger.errors import BadSignature, EvidenceError, Malformed
from ledger.merkle import check_inclusion, hash_leaf
from ledger.note import parse_note, read_verifier_key
from ledger.statement import HASH, MAX_CONTENTS_BYTES

AUDIT_FORMAT = "symbiosis-ledger/audit/v1"
MANIFEST_FORMAT = "symbiosis-ledger/manifest/v1"
EVIDENCE_FORMAT = "symbiosis-ledger/evidence/v1"
MAX_CONTENTS_LINE = MAX_CONTENTS_BYTES + 64  #: the contents and their index
MAX_NOTE_LINE = 400_000  #: a checkpoint with cosignatures, as a JSON string; a hundred lines by ML-DSA-44 are 335,000 bytes
MAX_EVIDENCE = 2 * MAX_ENTRY_BYTES + MAX_CONTENTS_BYTES + 2 * MAX_NOTE_LINE  #: bytes; the entry stands in it as text, quotes escaped
_FIRST_MEMBERS = ("README.txt", "entries.jsonl", "contents.jsonl", "checkpoints.jsonl", "checkpoint", "log.json")
_MANIFEST = "manifest.json"
_LEAST_ENTRY = 600  #: bytes; no entry is shorter
MAX_TIMESTAMPS = 1000  #: in a file
MAX_TIMESTAMP = 64_000  #: bytes of each; those of public authorities have 1 to 8 kB
_STAMP = re.compile(r"timestamps/([1-9][0-9]{0,15})\.tsr", re.ASCII)
_EXTRA = re.compile(r"schemas/[a-z_]+\.[a-z_]+\.[1-9][0-9]{0,3}\.json|facts/[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){0,3}", re.ASCII)
_MAX_PATH = 63  #: hashes; a tree of 2^63 entries has no longer inclusion path
README = """Audit file of a Symbiosis Ledger

entries.jsonl      the log: one signed entry a line, in canonical JSON; line n, from 0, is entry n
contents.jsonl     what the entries commit to, as far as it was given to you; one line for each entry
checkpoints.jsonl  every signed word of the log on its size and root that was kept
checkpoint         the newest of them; it covers all entries
log.json           what this file says of its log; believe your own copy of the key instead
schemas/, facts/   what helps to read the contents; not signed
timestamps/        for some of the checkpoints, by their sizes: a timestamp authority's signed word that it existed by then (RFC 3161)
manifest.json      size and SHA-256 of every other member; not signed, it finds accidents

To verify, bring the log's verifier key (one line) from elsewhere, and any checkpoints of it that you kept:

    pip install cryptography
    python -m ledger verify FILE --key-file LOG.KEY --known-head CHECKPOINT

with the folder ledger/ of the software beside you. ledger/FORMAT.md there states every byte, for a verifier of your own.
"""


@dataclass(frozen=True, slots=True)
class LogClaims:
    """What an audit file says of its log; the verifier believes none of it."""

    log: str  #: name of the log
    log_key: str  #: verifier key, name+hash+base64
    receipt_key: str  #: verifier key of acknowledgements and refusals, the same form


@dataclass(frozen=True, slots=True)
class Evidence:
    """One entry whose signature, place under a checkpoint, and contents as far as shown, were checked."""

    entry: Entry
    checkpoint: Checkpoint
    opened: Opened | None  #: None when no contents travelled


def write_audit_file(
    file: BinaryIO,
    *,
    log: LogClaims,
    entries: Iterable[bytes],
    contents: Iterable[Mapping[str, JSON] | None],
    checkpoints: Iterable[str],
    checkpoint: str,
    extras: Mapping[str, bytes | Iterable[bytes]],
    timestamps: Mapping[int, bytes] = MappingProxyType({}),
) -> None:
    """Write an audit file, front to back.

    entries: canonical entry bytes 0 to n−1. contents: their travelling forms in the same order, None where nothing travels. checkpoints:
    the kept notes, sizes rising; the last is `checkpoint` and covers all entries. extras: members schemas/… and facts/….
    timestamps: responses of RFC 3161, DER, over the text of some checkpoints, by size. Raises Malformed for what no reader would take.
    """
    archive, counted = ArchiveWriter(file), _Counted(set(timestamps))
    members: dict[str, JSON] = {}

    def add(name: str, chunks: Iterable[bytes]) -> None:
        size, digest = archive.add_member(name, chunks)
        members[name] = {"size": size, "sha256": digest}

    add("README.txt", [README.encode()])
    add("entries.jsonl", counted.write_entries(entries))
    add("contents.jsonl", counted.write_contents(contents))
    add("checkpoints.jsonl", counted.write_checkpoints(checkpoints))
    if counted.newest != checkpoint or parse_checkpoint(parse_note(checkpoint).text).size != counted.entries:
        raise Malformed("the last of the checkpoints is the newest one and covers all entries")
    add("checkpoint", [checkpoint.encode()])
    claims: dict[str, JSON] = {"log": log.log, "log_key": log.log_key, "receipt_key": log.receipt_key}
    about: JSON = {"format": AUDIT_FORMAT, "founding": counted.founding, "size": counted.entries, **claims}
    add("log.json", [encode_canonical(about) + b"\n"])
    if strange := [name for name in extras if not _EXTRA.fullmatch(name)]:
        raise Malformed(f"{strange[0]}: is not a name under schemas/ or facts/")
    for name, data in sorted({**extras, **_name_timestamps(timestamps, counted.unmet)}.items()):
        add(name, [data] if isinstance(data, bytes) else data)
    archive.add_member(_MANIFEST, [encode_canonical({"format": MANIFEST_FORMAT, "members": members}) + b"\n"])
    archive.finish()


class AuditFile:
    """An audit file whose container and manifest are in order; signatures, chain and tree are verify's business."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.archive = Archive(file)
        self.names = self.archive.names
        extras = self.names[len(_FIRST_MEMBERS) : -1]
        stamps = [int(found[1]) for found in map(_STAMP.fullmatch, extras) if found]
        known = all(_EXTRA.fullmatch(name) or _STAMP.fullmatch(name) for name in extras)
        if self.names != (*_FIRST_MEMBERS, *extras, _MANIFEST) or list(extras) != sorted(extras) or not known:
            raise Malformed("archive: the members of an audit file, in their order, are wanted")
        if len(stamps) > MAX_TIMESTAMPS or any(self.archive.members[_name_timestamp(size)].size > MAX_TIMESTAMP for size in stamps):
            raise Malformed(f"archive: more than {MAX_TIMESTAMPS} timestamps, or one of more than {MAX_TIMESTAMP} bytes")
        self.timestamps = tuple(sorted(stamps))  #: sizes of checkpoints for which a response of RFC 3161 is here
        self._read_manifest()
        about = _read_object(self.archive.read_member("log.json", 10_000), "log.json", AUDIT_FORMAT)
        if set(about) != {"format", "founding", "size", "log", "log_key", "receipt_key"}:
            raise Malformed("log.json: format, founding, size, log, log_key and receipt_key are wanted")
        self.log = LogClaims(*(_read_text(about, name) for name in ("log", "log_key", "receipt_key")))
        self.founding = _read_text(about, "founding")  #: leaf hash of entry 0, 64 hex digits, as claimed
        self.size = _read_size(about["size"], "log.json")  #: entries, as claimed
        self.checkpoint = _read_note(self.archive.read_member("checkpoint", MAX_NOTE_LINE))  #: newest signed note, not verified

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def read_entries(self) -> Iterator[bytes]:
        """Read entry bytes in order; none of them decoded."""
        return self.archive.read_lines("entries.jsonl", MAX_ENTRY_BYTES)

    def read_entry_batches(self) -> Iterator[list[bytes]]:
        """Read entry bytes as read_entries does, many at a time."""
        return self.archive.read_batches("entries.jsonl", MAX_ENTRY_BYTES)

    def estimate_entries(self) -> int:
        """Give the number of entries that log.json claims, or the most that entries.jsonl can hold if that is less."""
        return min(self.size, self.archive.members["entries.jsonl"].size // _LEAST_ENTRY)

    def read_contents(self) -> Iterator[Mapping[str, JSON] | None]:
        """Read travelling contents in order, None where nothing travels; raises Malformed with the index."""
        for index, line in enumerate(self.read_contents_lines()):
            yield decode_contents_line(line, index)

    def read_contents_lines(self) -> Iterator[bytes]:
        """Read the lines of contents.jsonl as they are, so that one bad line does not end the reading."""
        return self.archive.read_lines("contents.jsonl", MAX_CONTENTS_LINE)

    def read_checkpoints(self) -> Iterator[str]:
        """Read the kept checkpoints in order; none of them verified."""
        for line in self.archive.read_lines("checkpoints.jsonl", MAX_NOTE_LINE):
            value = decode_canonical(line, MAX_NOTE_LINE)
            if not isinstance(value, dict) or set(value) != {"note"} or not isinstance(value["note"], str):
                raise Malformed("checkpoints.jsonl: an object with note alone is wanted on each line")
            yield value["note"]

    def read_timestamp(self, size: int) -> bytes:
        """Read the response over the checkpoint of a size, one of `timestamps`; nothing of it verified."""
        return self.archive.read_member(_name_timestamp(size), MAX_TIMESTAMP)

    def read_member(self, name: str, limit: int = 1 << 20) -> bytes:
        """Read one whole member of at most `limit` bytes."""
        return self.archive.read_member(name, limit)

    def check_extras(self) -> None:
        """Read the members that nothing else reads, for their checksums; raises BadProof."""
        for name in ("README.txt", *self.names[len(_FIRST_MEMBERS) : -1]):
            for _ in self.archive.read_chunks(name):
                pass

    def _read_manifest(self) -> None:
        limit = 1000 + 300 * len(self.names)
        manifest = _read_object(self.archive.read_member(_MANIFEST, limit), _MANIFEST, MANIFEST_FORMAT, limit)
        members = manifest.get("members")
        if set(manifest) != {"format", "members"} or not isinstance(members, dict) or set(members) != set(self.names[:-1]):
            raise Malformed("manifest.json: size and sha256 of every other member are wanted")
        for name, described in members.items():
            if not isinstance(described, dict) or set(described) != {"size", "sha256"}:
                raise Malformed(f"manifest.json: {name}: size and sha256 are wanted")
            self.archive.expect_digest(name, _read_size(described["size"], _MANIFEST), _read_text(described, "sha256"))


def open_audit_file(path: str | Path | BinaryIO) -> AuditFile:
    """Open an audit file, or a seekable binary file object; raises EvidenceError, and OSError for a path that cannot be read."""
    file = Path(path).open("rb") if isinstance(path, (str, Path)) else path  # noqa: SIM115 - AuditFile closes it
    try:
        return AuditFile(file)
    except EvidenceError:
        file.close()
        raise


def decode_contents_line(line: bytes, index: int) -> Mapping[str, JSON] | None:
    """Decode line `index` of contents.jsonl; raises Malformed with the index."""
    if line == b'{"contents":null,"index":%d}' % index:
        return None
    try:
        value = decode_canonical(line, MAX_CONTENTS_LINE)
    except Malformed as error:
        raise Malformed(f"contents: {error}", index=index) from None
    if not isinstance(value, dict) or set(value) != {"contents", "index"} or value["index"] != index or isinstance(value["index"], bool):
        raise Malformed("contents: an object with this index and contents is wanted", index=index)
    contents = value["contents"]
    if contents is not None and not isinstance(contents, dict):
        raise Malformed("contents: an object, or null, is wanted", index=index)
    if len(line) - len(b'{"contents":,"index":%d}' % index) > MAX_CONTENTS_BYTES:
        raise Malformed(f"contents: more than {MAX_CONTENTS_BYTES} bytes", index=index)
    return contents


def build_evidence(*, entry: bytes, path: Sequence[bytes], checkpoint: str, contents: Mapping[str, JSON] | None) -> bytes:
    """Build the evidence of one entry: its bytes, its inclusion path under a checkpoint, and what is shown of its contents."""
    steps: list[JSON] = [step.hex() for step in path]
    shown: JSON = {
        "format": EVIDENCE_FORMAT,
        "entry": entry.decode(),
        "path": steps,
        "checkpoint": checkpoint,
        "contents": contents,
    }
    return encode_canonical(shown) + b"\n"


def read_evidence(data: bytes) -> Mapping[str, JSON]:
    """Read the form of one entry's evidence, nothing of it verified; raises Malformed."""
    value = _read_object(data, "evidence", EVIDENCE_FORMAT, MAX_EVIDENCE)
    if set(value) != {"format", "entry", "path", "checkpoint", "contents"}:
        raise Malformed("evidence: format, entry, path, checkpoint and contents are wanted")
    return value


def check_evidence(data: bytes, *, origin: str, log_key: str) -> Evidence:
    """Check the evidence of one entry against the log's name and verifier key; raises EvidenceError.

    Says that the key named in the entry signed it and that the log holds it; whether that key might, only the whole log says.
    """
    value = read_evidence(data)
    encoded, steps = _read_text(value, "entry").encode(), value["path"]
    if not isinstance(steps, list) or len(steps) > _MAX_PATH or not all(isinstance(step, str) and HASH.fullmatch(step) for step in steps):
        raise Malformed("evidence: path: hashes of 64 lower-case hex digits are wanted")
    entry = decode_entry(encoded)
    if entry.signed.statement.log != origin:
        raise BadSignature(f"the statement was signed for the log {entry.signed.statement.log}, not for {origin}", index=entry.index)
    checkpoint = verify_checkpoint(_read_text(value, "checkpoint"), origin, read_verifier_key(log_key))
    path = [bytes.fromhex(str(step)) for step in steps]
    check_inclusion(hash_leaf(encoded), entry.index, checkpoint.size, path, checkpoint.root)
    if not entry.signed.holds():
        raise BadSignature("the signature does not hold", index=entry.index)
    opened = None if value["contents"] is None else open_contents(entry.signed.statement, value["contents"])
    return Evidence(entry, checkpoint, opened)


class _Counted:
    """What is learnt of entries and checkpoints while they are written."""

    def __init__(self, stamped: set[int]) -> None:
        self.unmet = stamped  #: sizes of timestamps whose checkpoint was not written yet
        self.entries = 0
        self.founding = ""
        self.newest = ""

    def write_entries(self, entries: Iterable[bytes]) -> Iterator[bytes]:
        for data in entries:
            if b"\n" in data or len(data) > MAX_ENTRY_BYTES:
                raise Malformed("these are not canonical entry bytes", index=self.entries)
            if not self.entries:
                self.founding = hash_entry(data)
            self.entries += 1
            yield data + b"\n"

    def write_contents(self, contents: Iterable[Mapping[str, JSON] | None]) -> Iterator[bytes]:
        count = 0
        for shown in contents:
            yield encode_canonical({"contents": shown, "index": count}) + b"\n"
            count += 1
        if count != self.entries:
            raise Malformed(f"contents for {count} entries, where {self.entries} are written")

    def write_checkpoints(self, checkpoints: Iterable[str]) -> Iterator[bytes]:
        for note in checkpoints:
            self.newest = note
            if self.unmet:
                self.unmet.discard(parse_checkpoint(parse_note(note).text).size)
            yield encode_canonical({"note": note}) + b"\n"


def _name_timestamp(size: int) -> str:
    return f"timestamps/{size}.tsr"


def _name_timestamps(timestamps: Mapping[int, bytes], unmet: set[int]) -> dict[str, bytes]:
    """Give the members for timestamps; raises Malformed for what no reader would take."""
    if unmet:
        raise Malformed(f"a timestamp over {min(unmet)} entries, of which size no checkpoint is here")
    if len(timestamps) > MAX_TIMESTAMPS or any(len(response) > MAX_TIMESTAMP for response in timestamps.values()):
        raise Malformed(f"more than {MAX_TIMESTAMPS} timestamps, or one of more than {MAX_TIMESTAMP} bytes")
    return {_name_timestamp(size): response for size, response in timestamps.items()}


def _read_object(data: bytes, where: str, form: str, limit: int = 10_000) -> Mapping[str, JSON]:
    if not data.endswith(b"\n"):
        raise Malformed(f"{where}: one line of canonical JSON with its line feed is wanted")
    try:
        value = decode_canonical(data[:-1], limit)
    except Malformed as error:
        raise Malformed(f"{where}: {error}") from None
    if not isinstance(value, dict) or value.get("format") != form:
        raise Malformed(f"{where}: this is not {form}")
    return value


def _read_note(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed("checkpoint: is not UTF-8") from None


def _read_text(value: Mapping[str, JSON], name: str) -> str:
    text = value[name]
    if not isinstance(text, str):
        raise Malformed(f"{name}: text is wanted")
    return text


def _read_size(value: JSON, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_INTEGER:
        raise Malformed(f"{where}: a size is a whole number from 0")
    return value
