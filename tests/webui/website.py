"""The web door on a test network: a runtime with the network's own keys, the app, and callers with tokens or sessions."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contracts.clock import FixedClock
from contracts.facts import OWN_ROLES, Role, list_rights
from contracts.own_facts import KeyEnrolled, LogFounded, RoleGranted
from contracts.parties.facts import OrganisationKind
from contracts.projections import Projections
from contracts.signing import Author, sign_fact
from ledger.authority import prove_possession
from ledger.log import Log
from ledger.statement import Submission
from tests.network import LOG, OPERATOR, SETTINGS, TestNetwork, make_key
from tests.webui.app_memory import TemplateMemory
from webui.app import create_app
from webui.people.persons import add_membership, add_person, hash_password
from webui.people.tokens import TokenOrder, issue_token
from webui.runtime import SERVICE_ROLES, Runtime
from webui.settings import PasswordCost, Settings

NETWORK = "kalundborg"
HARBOUR, HARBOUR_LOG = "harbour", "ledger.harbour.test/main"
PASSWORD = "correct horse battery"
CHEAP = PasswordCost(time=1, memory=8, parallelism=1)
API = "/api/v1"


class Answer:
    """What was answered."""

    def __init__(self, response: TestResponse) -> None:
        self.status_code = response.status_code
        self.headers = response.headers
        self.content_type = response.content_type
        self.data = response.get_data()
        self.text = self.data.decode("utf-8", "replace")
        response.close()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def codes(self) -> list[str]:
        """The codes of the findings of a problem."""
        return [finding["code"] for finding in self.json["findings"]]


class Caller:
    """Somebody with a token or a session."""

    def __init__(self, client: FlaskClient, headers: dict[str, str], token: int = 0) -> None:
        self.client = client
        self.headers = headers
        self.token = token  #: id of its token

    def ask(self, method: str, path: str, **options: Any) -> Answer:
        """Ask for an address under /api/v1."""
        headers = {**self.headers, **options.pop("headers", {})}
        return Answer(self.client.open(API + path, method=method, headers=headers, base_url="https://localhost", **options))

    def knock(self, method: str, path: str) -> Answer:
        """Ask for any address as it stands."""
        return Answer(self.client.open(path, method=method, headers=self.headers, base_url="https://localhost"))

    def get(self, path: str, **options: Any) -> Answer:
        """Read."""
        return self.ask("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> Answer:
        """Post JSON."""
        return self.ask("POST", path, **(options if body is None else {"json": body, **options}))


class Website:
    """One network with its web door; `network` is the test network, whose members sign."""

    def __init__(self, url: str, folder: Path, *, start: bool = True, clock: FixedClock | None = None, **changes: Any) -> None:
        self.network = TestNetwork(url, clock=clock)
        self.has_harbour = False
        self.settings = Settings(
            database_url=url,
            data=folder,
            secret_key="k" * 48,
            password_cost=CHEAP,
            **{"answer_seconds": 10.0, "second_factor": "optional", **changes},
        )
        self._write_keys(folder / "service" / NETWORK)
        self.runtime = Runtime(self.settings, self.network.clock, self.network.engine, lambda: Projections(self.network.stages))
        self.app = create_app(self.settings, self.runtime)
        self.app.jinja_env.bytecode_cache = TemplateMemory()
        self.app.testing = False  # errors are answered as they are to users
        if start:
            self.runtime.start()

    def _write_keys(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        about = {"format": "symbiosis-ledger/service/v1", "log": LOG, "holder": self.network.holder(f"{OPERATOR}/service")}
        (folder / "service.json").write_text(json.dumps(about), "utf-8")
        for name, key in (("log", "log"), ("receipts", "receipts"), ("service", f"{OPERATOR}/service")):
            path = folder / f"{name}.key"
            path.touch(0o600)
            path.write_text(make_key(key).reveal_seed().hex(), "ascii")

    def anybody(self) -> Caller:
        """Give a caller without login."""
        return Caller(self.app.test_client(), {})

    def token(self, by: str, roles: Sequence[Role] = (), *, days: int = 30) -> Caller:
        """Give a caller with a token of a member, reading in roles."""
        organisation, holder = self.network.id(by.partition("/")[0]), self.network.holder(by)
        order = TokenOrder(self.network.log_id, organisation, holder, [role.value for role in roles], "a machine", days)
        with self.runtime.writing() as connection:
            text, token = issue_token(connection, order, created_by=None, now=self.runtime.clock.now())
        return Caller(self.app.test_client(), {"Authorization": f"Bearer {text}"}, token.id)

    def add_login(self, by: str, email: str) -> int:
        """Let a person behind a key log in with PASSWORD."""
        with self.runtime.writing() as connection:
            person = add_person(
                connection, email=email, name=by.capitalize(), password_hash=hash_password(PASSWORD, CHEAP), now=self.runtime.clock.now()
            )
            add_membership(connection, person, self.network.log_id, self.network.id(by.partition("/")[0]), self.network.holder(by))
        return person

    def session(self, by: str) -> Caller:
        """Give a caller with a session of a person behind a key."""
        email = f"{by.replace('/', '.')}@example.org"
        self.add_login(by, email)
        caller = self.anybody()
        answer = caller.post("/session", {"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        caller.headers["X-CSRF-Token"] = answer.json["csrf_token"]
        return caller

    def sign(self, fact: object, *, by: str, **options: Any) -> Submission:
        """Sign a fact a second after the last one, without submitting it."""
        self.network.clock.advance(timedelta(seconds=1))
        return self.network.sign(fact, by=by, **options)

    def count(self) -> int:
        """Count the entries of the log."""
        head = self.network.log.read_head()
        return head.size if head else 0

    def found_harbour(self) -> "Harbour":
        """Found a second network in the same service."""
        self.has_harbour = True
        return Harbour(self)

    def close(self) -> None:
        """Stop what runs."""
        self.runtime.close()
        self.network.close()


class Harbour:
    """Another network of the same service, with nobody but its operator."""

    def __init__(self, website: Website) -> None:
        self.website = website
        self.key = make_key("harbour")
        self.author = Author(HARBOUR_LOG, "o-harbour", self.key)
        self.signed = 0
        self.log = self._found()
        held = website.runtime.service(HARBOUR)
        self.say(RoleGranted("o-harbour", "o-harbour", Role.SERVICE.value))
        possession = website.runtime.prove_service_possession(HARBOUR, "o-harbour")
        service = held.service.multikey
        self.say(KeyEnrolled(service, "o-harbour", service, held.holder, tuple(SERVICE_ROLES), {}, None, possession))

    def _found(self) -> Log:
        runtime = self.website.runtime
        keys = runtime.prepare_network(HARBOUR, HARBOUR_LOG).keys
        roles = [Role.FACILITATOR.value, *(role.value for role in OWN_ROLES)]
        fact = LogFounded(
            log=f"log:{HARBOUR_LOG}",
            holder="h-harbour1",
            roles=tuple(roles),
            possession=prove_possession(HARBOUR_LOG, "o-harbour", self.key.multikey, "h-harbour1", roles, self.key.sign),
            log_key=keys.log_verifier.to_text(),
            receipt_key=keys.receipts_verifier.to_text(),
            rights=list_rights(),
            own_roles=tuple(role.value for role in OWN_ROLES),
            validity={},
            recovery_wait=3600,
            settings=SETTINGS | {"name": "harbour"},
        )
        return runtime.found_network(HARBOUR, self.sign(fact))

    def sign(self, fact: object) -> Submission:
        """Sign a fact with the operator's key."""
        self.signed += 1
        self.website.network.clock.advance(timedelta(seconds=1))
        return sign_fact(fact, self.author, key_seq=self.signed, now=self.website.runtime.clock.now())

    def say(self, fact: object) -> None:
        """Sign and enter a fact."""
        self.log.submit_many([self.sign(fact)])

    def token(self, roles: Sequence[Role] = ()) -> Caller:
        """Give a caller with a token of the operator."""
        order = TokenOrder(self.log.log_id, "o-harbour", "h-harbour1", [role.value for role in roles], "a machine", 30)
        with self.website.runtime.writing() as connection:
            text, _ = issue_token(connection, order, created_by=None, now=self.website.runtime.clock.now())
        return Caller(self.website.app.test_client(), {"Authorization": f"Bearer {text}"})


def admit_cast(network: TestNetwork) -> None:
    """Admit two firms, a laboratory, a town with a board seat and an auditor."""
    network.admit("powerco")
    network.admit("plasterco")
    network.admit("lab", kind=OrganisationKind.LABORATORY, roles=[Role.LAB])
    network.admit("town", kind=OrganisationKind.MUNICIPALITY, roles=[Role.BOARD])
    network.admit("auditco", kind=OrganisationKind.AUDITOR, roles=[Role.AUDITOR])
