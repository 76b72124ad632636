"""Clients as users have them: HTTP with a token, a key file of their own, and a memory of what the log showed them before."""

import http.client
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from contracts.clock import SystemClock
from contracts.signing import NOTHING_SEEN, Author, sign_fact
from ledger.checkpoint import verify_checkpoint
from ledger.keyfile import KeyFile
from ledger.merkle import check_consistency
from ledger.note import read_verifier_key
from ledger.statement import Seen, Submission

NETWORK = "kalundborg"
PREFIX = "/api/v1"
PATIENCE = 60.0  #: seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  #: names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """Speaks HTTP to a service and knows nothing else of it."""

    def __init__(self, address: str, token: str | None = None) -> None:
        self.address = urlsplit(address)
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request under /api/v1."""
        sent = {**self.headers, **(headers or {})}
        data = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body, ensure_ascii=False).encode(), "application/json"
        connection = http.client.HTTPConnection(str(self.address.hostname), self.address.port, timeout=60)
        try:
            connection.request(method, PREFIX + path, data, sent)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **query: object) -> Any:
        """Read JSON that must be there."""
        answer = self.ask("GET", f"{path}?{urlencode(query)}" if query else path)
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.json

    def read(self, path: str, **query: object) -> Any:
        """Read something of the network."""
        return self.get(f"/networks/{NETWORK}{path}", **query)

    def list_all(self, path: str, limit: int = 100, **query: object) -> Iterator[Any]:
        """List all items of one of the network's lists, page by page."""
        page = self.read(path, limit=limit, **query)
        yield from page["items"]
        while page["next"] is not None:
            page = self.read(path, limit=limit, after=page["next"], **query)
            yield from page["items"]

    def order(self, path: str, body: object = None) -> Any:
        """Ask the service for an act of its own; gives what it entered."""
        answer = self.ask("POST", f"/networks/{NETWORK}{path}", {} if body is None else body)
        assert answer.status == 201, (path, answer.status, answer.body)
        return answer.json


@dataclass(slots=True)
class Signer:
    """Somebody with a key file: signs here, sends what is signed, and checks every checkpoint that the service shows."""

    keys: KeyFile
    client: Client
    log_key: str  #: verifier key of the log, from elsewhere than the service
    seen: Seen = NOTHING_SEEN
    sent: list[Submission] = field(default_factory=list)

    @property
    def organisation(self) -> str:
        """For whom it signs."""
        return self.keys.organisation

    def look(self) -> int:
        """Check that the log continues what was seen before; gives the next number of the key."""
        coming = self.client.read(f"/keys/{quote(self.keys.key.multikey)}/next")
        if coming["checkpoint"] is not None:
            shown = verify_checkpoint(coming["checkpoint"], self.keys.log, read_verifier_key(self.log_key))
            assert shown.size >= self.seen.size, "the service shows an older log than before"
            if self.seen.size > 0:
                path = self.client.read("/proofs/consistency", first=self.seen.size, second=shown.size)["path"]
                root = bytes.fromhex(self.seen.root)
                check_consistency(self.seen.size, root, shown.size, shown.root, [bytes.fromhex(step) for step in path])
            self.seen = Seen(shown.size, shown.root.hex())
        return int(coming["key_seq"])

    def sign(self, facts: Sequence[object], refs: Sequence[str] = ()) -> list[Submission]:
        """Sign facts in order, for now."""
        number, now = self.look(), SystemClock().now()
        author = Author(self.keys.log, self.keys.organisation, self.keys.key)
        return [sign_fact(fact, author, key_seq=number + place, now=now, seen=self.seen, refs=refs) for place, fact in enumerate(facts)]

    def post(self, submission: Submission) -> Answer:
        """Send one statement, and keep a copy of it."""
        self.sent.append(submission)
        return self.client.ask("POST", "/statements", submission.to_json())

    def say(self, fact: object, refs: Sequence[str] = ()) -> Any:
        """Sign and send a fact that must be entered; gives its receipt."""
        answer = self.post(self.sign([fact], refs)[0])
        assert answer.status == 201, (fact, answer.status, answer.body)
        return answer.json["receipt"]

    def say_all(self, facts: Sequence[object]) -> list[Any]:
        """Sign facts with one act and send them in one request; gives their receipts."""
        submissions = self.sign(facts)
        self.sent += submissions
        answer = self.client.ask("POST", "/statements", {"statements": [one.to_json() for one in submissions]})
        assert [one["status"] for one in answer.json["results"]] == [201] * len(facts), answer.body
        return [one["receipt"] for one in answer.json["results"]]

    def wait_for_checkpoint(self, statement_hash: str) -> None:
        """Wait until an entry lies under a signed checkpoint, so that an audit file shows it."""
        deadline = time.monotonic() + PATIENCE
        while self.client.get(f"/statements/{statement_hash}")["receipt"]["state"] != "published":
            assert time.monotonic() < deadline, "no checkpoint was published"
            time.sleep(0.1)

    def fail(self, fact: object, refs: Sequence[str] = ()) -> set[tuple[str, str]]:
        """Sign and send a fact that must be refused; gives field and code of each finding."""
        answer = self.client.ask("POST", "/statements", self.sign([fact], refs)[0].to_json())
        assert answer.status in (409, 422), (fact, answer.status, answer.body)
        return {(finding["field"], finding["code"]) for finding in answer.json["findings"]}
