"""The runtime: the one place where engine, keys, guards, logs, projections and clock meet, for HTTP, jobs and commands alike."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine

from contracts.clock import Clock, SystemClock, format_instant
from contracts.database import make_engine, migrate, open_reader
from contracts.errors import Conflict, NotFound
from contracts.facts import Role
from contracts.projections import Projections
from contracts.signing import NOTHING_SEEN, Author, sign_fact
from ledger.authority import prove_possession
from ledger.checkpoint import peek_checkpoint
from ledger.guard import FileGuard
from ledger.log import Log, found_log, open_log
from ledger.outcome import Outcome
from ledger.recall import Memory, TilesMemory
from ledger.sequencer import Domain
from ledger.statement import Seen, Submission
from ledger.witness_client import WitnessMemory
from ledger.writer import LogService
from webui.private_files import shut_database, shut_files
from webui.service_keys import ServiceKeys, find_log_key, keep_post_quantum_key, list_networks, make_service_keys, read_service_keys
from webui.settings import Settings
from webui.tile_stores import BucketMemory, name_prefix

#: The only role of the service's own key: it can say what jobs put on the log, and nothing else.
SERVICE_ROLES = [Role.SERVICE.value]


@dataclass(frozen=True, slots=True)
class Next:
    """What a signer needs to know before it signs."""

    key_seq: int  #: next number of the key, counting what is on the log
    seen: Seen  #: newest published checkpoint
    checkpoint: str | None  #: its note, to be verified by the signer


class LeftForLater(Exception):
    """This process ends: long work is begun anew by the next one."""


class Runtime:
    """Everything that a process holds; thread-safe. Made by open_runtime, ended by close."""

    def __init__(self, settings: Settings, clock: Clock, engine: Engine, make_domain: Callable[[], Domain]) -> None:
        self.settings = settings
        self.clock = clock
        self.engine = engine  #: transactions that may write
        self.reader = open_reader(engine)  #: transactions that only read
        self._make_domain = make_domain
        self._logs: dict[str, Log] = {}
        self._services: dict[str, ServiceKeys] = {}
        self._started = False
        self.ending = threading.Event()  #: set when long work in this process should be left for another day
        self._lock = threading.RLock()

    # Networks

    def networks(self) -> tuple[str, ...]:
        """List the short names of the networks that are founded here and whose keys are at hand."""
        for name in list_networks(self.settings.data):
            if name not in self._logs:
                self._open(name)
        return tuple(sorted(self._logs))

    def log(self, network: str) -> Log:
        """Give a network's log; raises NotFound."""
        found = self._logs.get(network) or self._open(network)
        if found is None:
            raise NotFound("there is no such network here")
        return found

    def find_network_of(self, log_name: str) -> str | None:
        """Find the short name of the network whose log has a name."""
        return next((name for name in self.networks() if self._logs[name].name == log_name), None)

    def service(self, network: str) -> ServiceKeys:
        """Give the keys that the service holds for a network; raises SettingsError."""
        with self._lock:
            if network not in self._services:
                self._services[network] = read_service_keys(self.settings.data, network)
            return self._services[network]

    def prepare_network(self, network: str, log_name: str) -> ServiceKeys:
        """Make the service's keys for a log that is about to be founded, or give those made before; raises SettingsError.

        The founder puts `.keys.log_verifier` and `.keys.receipts_verifier` into its `log.founded`, signs it, and calls found_network.
        """
        return make_service_keys(self.settings.data, network, log_name)

    def found_network(self, network: str, submission: Submission) -> Log:
        """Found a network by its first statement, or open it if that was said before; raises FoundingRefused or SettingsError."""
        log = found_log(self.engine, submission, self._make_service(self.service(network)))
        with self._lock:
            if network not in self._logs:
                self._logs[network] = log
                if self._started:
                    log.start()
            return self._logs[network]

    def prove_service_possession(self, network: str, organisation: str) -> str:
        """Sign the service key's proof of possession for its enrolment by the operator; 128 hex digits."""
        held = self.service(network)
        return prove_possession(held.keys.name, organisation, held.service.multikey, held.holder, SERVICE_ROLES, held.service.sign)

    # Reading and saying

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads."""
        with self.reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction for rows that are beside the log: people, tokens, notices."""
        with self.engine.begin() as connection:
            yield connection

    def now_text(self) -> str:
        """Give the time as an instant."""
        return format_instant(self.clock.now())

    def prepare_signing(self, network: str, multikey: str) -> Next:
        """Give what the next statement of a key needs."""
        log = self.log(network)
        newest = log.latest_checkpoint()
        key_seq = log.read_last_seq(multikey) + 1
        if newest is None:
            return Next(key_seq, NOTHING_SEEN, None)
        checkpoint = peek_checkpoint(newest[2])
        return Next(key_seq, Seen(checkpoint.size, checkpoint.root.hex()), newest[2])

    def say(
        self, network: str, facts: Sequence[object], refs: Sequence[str] = (), ids: Sequence[str | None] | None = None
    ) -> list[Outcome]:
        """Sign facts with the service's own key and enter them, in order; raises Conflict while that key is not enrolled.

        Args:
            network: short name.
            facts: what is said.
            refs: statement hashes that each refers to.
            ids: statement ids, one for each fact; new random ones if None.
        """
        log, held = self.log(network), self.service(network)
        record = log.read_authority().keys.get(held.service.multikey)
        if record is None:
            raise Conflict(f"the service's key is not enrolled on {log.name}: the operator enrols it with the role service")
        author = Author(log.name, record.organisation, held.service)
        after = self.prepare_signing(network, held.service.multikey)
        now = self.clock.now()
        submissions = [
            sign_fact(fact, author, key_seq=after.key_seq + number, now=now, seen=after.seen, refs=refs, statement_id=chosen)
            for number, (fact, chosen) in enumerate(zip(facts, ids or [None] * len(facts), strict=True))
        ]
        return log.submit_many(submissions)

    # Running

    def start(self) -> None:
        """Start a sequencer thread for each log; of several processes one leads each log. A second call changes nothing."""
        with self._lock:
            if self._started:
                return
            names = self.networks()
            self._started = True  # from here on a log is started where it is opened
            for name in names:
                self._logs[name].start()

    def close(self) -> None:
        """Stop the sequencers and let the database go."""
        with self._lock:
            for log in self._logs.values():
                log.stop()
            self._logs.clear()
            self.engine.dispose()

    def _open(self, network: str) -> Log | None:
        with self._lock:
            if network in self._logs:
                return self._logs[network]
            if network not in list_networks(self.settings.data):
                return None
            try:
                log = open_log(self.engine, self._make_service(self.service(network)))
            except KeyError:
                return None  # prepared, not yet founded
            if log.read_head() is None:
                return None
            if self._started:
                log.start()
            self._logs[network] = log
            return log

    def _make_service(self, held: ServiceKeys) -> LogService:
        guard = FileGuard(self.settings.data / "guard" / held.network, held.keys.name)
        policy, name = self.settings.policy, held.keys.name
        witnesses = [WitnessMemory(one, name) for one in policy.witnesses if one.url] if policy else []
        tiles = self.settings.tiles
        buckets = [BucketMemory(name_prefix(tiles, held.network))] if tiles.startswith("s3://") else []
        memories: tuple[Memory, ...] = (TilesMemory(self.settings.data / "tiles" / held.network), *buckets, *witnesses)
        post_quantum = keep_post_quantum_key(self.settings.data, held.network, name) if self.settings.post_quantum else None
        find = partial(find_log_key, self.settings.data, held.network, name)
        return LogService(held.keys, self._make_domain(), self.now_text, self.clock.monotonic, guard, memories, policy, post_quantum, find)


def open_runtime(settings: Settings, clock: Clock | None = None, make_domain: Callable[[], Domain] = Projections) -> Runtime:
    """Open the database, bring its tables up to date, and give the runtime; nothing runs until `start`.

    What lies in files of ours is shut to other users, and a warning names each file that was open to them.

    Args:
        settings: see settings.py.
        clock: the machine's if None.
        make_domain: what statements mean; one for each log.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    shut_database(settings.database_url)
    shut_files(sorted((settings.data / "guard").glob("*")))
    migrate(settings.database_url)
    return Runtime(settings, clock or SystemClock(), make_engine(settings.database_url), make_domain)
