"""The service as a command sees it: a few requests of the JSON API over HTTPS, with a machine's token from the environment."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import click

from contracts.errors import Finding
from ledger.statement import Submission
from webui.commands.faults import INCOMPLETE, NO, UNAVAILABLE, Complaint

TOKEN_VARIABLE = "SYMBIOSIS_TOKEN"  # noqa: S105 - the variable's name
TIMEOUT = 60  #: seconds that one answer may take
MAX_ANSWER = 64 << 20  #: bytes
BULK = 2000  #: statements in one request, fewer than a server takes: the answer comes well within TIMEOUT
BULK_BYTES = 8 << 20  #: of JSON in one request, unless one statement alone has more
ACCEPTED = 202  #: HTTP: kept, to be judged later
_LOCAL = ("localhost", "127.0.0.1", "::1")


class _StayHere(HTTPRedirectHandler):
    """Follows no redirection: the token is for the host that was named."""

    def redirect_request(self, *_request: Any) -> None:  # noqa: ANN401 - urllib's signature
        """Refuse."""


_OPENER = build_opener(_StayHere)


@dataclass(frozen=True, slots=True)
class Next:
    """What the next statement of a key needs, as the server says."""

    network: str  #: short name
    key_seq: int
    checkpoint: str | None  #: newest signed note; None before the first
    log_key: str | None  #: verifier key, as the server says; compare it with your own copy
    currency: str | None
    rotations: tuple[str, ...] = ()  #: notes by which the log's keys handed over, as the server says; each proves itself


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one statement."""

    words: str
    exit_code: int  #: 0 entered, NO refused, INCOMPLETE not yet judged
    index: int | None = None  #: of its entry
    findings: tuple[Finding, ...] = ()


class Server:
    """A service at an address."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("https", "http") or not parts.hostname or (parts.scheme == "http" and parts.hostname not in _LOCAL):
            raise Complaint(f"--server: {address!r}: write https://host (plain http goes to localhost only: your token travels with it)")
        self._root = address.rstrip("/") + "/api/v1"

    def find_network(self, log: str) -> str:
        """Find the short name of the network that owns a log."""
        named = next((one["name"] for one in self._get("/networks")["items"] if one["log"] == log), None)
        if named is None:
            raise Complaint(f"{self._root}: your token belongs to no network with the log {log}", NO)
        return str(named)

    def read_next(self, log: str, key: str) -> Next:
        """Ask what the next statement of a key on a log needs."""
        network = self.find_network(log)
        known = self._get(f"/networks/{quote(network)}")
        answer = self._get(f"/networks/{quote(network)}/keys/{quote(key)}/next")
        return Next(
            network,
            int(answer["key_seq"]),
            answer["checkpoint"],
            known["log_key"],
            known["settings"]["currency"],
            tuple(known["rotations"]),
        )

    def read_consistency(self, network: str, old: int, new: int) -> list[bytes]:
        """Ask for the proof that the tree of `old` entries is a prefix of the tree of `new`."""
        answer = self._get(f"/networks/{quote(network)}/proofs/consistency?first={old}&second={new}")
        return [bytes.fromhex(step) for step in answer["path"]]

    def read(self, network: str, path: str) -> Mapping[str, Any]:
        """Read something of a network."""
        return self._get(f"/networks/{quote(network)}{path}")

    def list_all(self, network: str, path: str) -> Iterator[Mapping[str, Any]]:
        """List all items of a network's list, page by page; `path` ends in a query or with `?`."""
        page = self._get(f"/networks/{quote(network)}{path}&limit=100")
        yield from page["items"]
        while page["next"] is not None:
            page = self._get(f"/networks/{quote(network)}{path}&limit=100&after={quote(page['next'])}")
            yield from page["items"]

    def submit(self, submissions: Sequence[Submission]) -> list[Answer]:
        """Submit statements, many in a request; gives one answer for each, in order."""
        return [_read_answer(one) for body in write_bulks(submissions) for one in self._ask("POST", "/statements", body)["results"]]

    def _get(self, path: str) -> Mapping[str, Any]:
        return self._ask("GET", path, None)

    def _ask(self, method: str, path: str, data: bytes | None) -> Mapping[str, Any]:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if token := os.environ.get(TOKEN_VARIABLE):
            headers["Authorization"] = f"Bearer {token}"
        asked = Request(self._root + path, data, headers, method=method)  # noqa: S310 - https, or http to localhost: see __init__
        try:
            with _OPENER.open(asked, timeout=TIMEOUT) as answer:
                value: Mapping[str, Any] = json.loads(answer.read(MAX_ANSWER))
        except HTTPError as error:
            raise _read_problem(error, path) from None
        except (URLError, HTTPException, TimeoutError, ConnectionError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise Complaint(f"{self._root}{path}: no answer that can be read ({reason}): try again", UNAVAILABLE) from None
        return value


def write_bulks(submissions: Sequence[Submission]) -> Iterator[bytes]:
    """Write the bodies of as many requests as many statements need."""
    texts: list[bytes] = []
    size = 0
    for submission in submissions:
        text = json.dumps(submission.to_json(), ensure_ascii=False, separators=(",", ":")).encode()
        if texts and (len(texts) == BULK or size + len(text) > BULK_BYTES):
            yield b'{"statements":[' + b",".join(texts) + b"]}"
            texts, size = [], 0
        texts.append(text)
        size += len(text) + 1
    if texts:
        yield b'{"statements":[' + b",".join(texts) + b"]}"


def _read_answer(answered: Mapping[str, Any]) -> Answer:
    receipt = answered.get("receipt")
    findings = _read_findings(answered)
    named = str(answered.get("statement_hash") or "")
    if receipt is not None:
        return Answer(f"entry {receipt['index']} of the log, {receipt['state']} (statement {named[:16]}…)", 0, receipt["index"])
    if answered.get("status") == ACCEPTED:
        return Answer(f"kept, not yet judged (statement {named[:16]}…): send the same again to learn its index", INCOMPLETE)
    return Answer(f"refused (statement {named[:16]}…)", NO, findings=findings)


def _read_findings(answered: Mapping[str, Any]) -> tuple[Finding, ...]:
    listed = answered.get("findings") or []
    return tuple(Finding(str(one.get("field", "")), str(one.get("code", "")), str(one.get("message", ""))) for one in listed)


def _read_problem(error: HTTPError, path: str) -> click.ClickException:
    """Read problem details (RFC 9457) into a sentence."""
    with error:
        try:
            problem = json.loads(error.read(1 << 20))
            detail, findings = str(problem.get("detail") or problem.get("title")), _read_findings(problem)
        except (ValueError, AttributeError):
            detail, findings = str(error.reason), ()
    if error.code in (401, 403):
        detail += f"; put a token of your organisation into {TOKEN_VARIABLE}"
    return Complaint(f"{path}: {error.code}: {detail}", UNAVAILABLE if error.code in (429, 502, 503, 504) else NO, findings)
