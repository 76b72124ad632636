"""Two settled months and a running one, looked at by everybody who may be interested; made once for each kind of database."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from contracts.facts import Role
from contracts.parties.facts import GrantGiven, GrantScope, OrganisationKind
from tests.contracts.deliveries.building import a_dispatch
from tests.contracts.settlement.closing import hand_over
from tests.contracts.views.played import admit_readers, play_february, play_january
from tests.databases import Databases
from tests.network import OPERATOR, TestNetwork

GRANTED_UNTIL = date(2025, 3, 20)  #: until then the facilitator may look into everything


@pytest.fixture(scope="session")
def watched(databases: Databases, database_kind: str) -> Iterator[TestNetwork]:
    """The network in March; only read from here on. Afterwards its log is verified and replayed."""
    url = databases.create(database_kind)
    network = TestNetwork(url)
    play_january(network)
    play_february(network)
    admit_readers(network)
    network.admit("partial", kind=OrganisationKind.AUDITOR, roles=[Role.AUDITOR])
    for grant, to, agreement in (("g-partial", "partial", "a-pool"), ("g-office", OPERATOR, None)):
        scope = GrantScope.AGREEMENT if agreement else GrantScope.NETWORK
        fact = GrantGiven(grant, network.id(to), scope, agreement, sealed=False, valid_until=GRANTED_UNTIL, reason="to look")
        network.accept(fact, by=OPERATOR)
    hand_over(network, "d-7", "a-pool", "11.125")
    hand_over(network, "d-8", "a-pool", "0.875")
    hand_over(network, "d-9", "a-split", "7.5", receiver="pharma")
    waiting = a_dispatch(delivery="d-10", agreement="a-pool", quantity=Decimal(99), gross=None, tare=None, ticket="T-10")
    network.accept(waiting, by="powerco")
    yield network
    network.verify()
    network.check_replay()
    network.close()
    databases.drop(url)
