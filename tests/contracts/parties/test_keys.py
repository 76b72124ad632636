"""Keys and roles as a view: the folded tables say what the log's own authority says."""

from dataclasses import replace

from contracts.facts import Role
from contracts.own_facts import KeyEnrolled, KeyRevoked, KeyRotated, RoleWithdrawn
from contracts.parties.tables import find_key, list_holders_of_role, list_keys, list_roles
from ledger.authority import prove_possession
from tests.network import LOG, OPERATOR, TestNetwork, make_key


def compare_with_authority(network: TestNetwork) -> None:
    """Hold every folded key and role against the ledger's own state."""
    authority = network.log.read_authority()
    with network.connect() as connection:
        folded = {key.key: key for key in list_keys(connection, network.log_id, limit=1000)}
        for organisation, roles in authority.roles.items():
            assert list_roles(connection, network.log_id, organisation) == roles
    assert folded.keys() == authority.keys.keys()
    for name, record in authority.keys.items():
        key = folded[name]
        assert (key.organisation, key.holder, frozenset(key.roles)) == (record.organisation, record.holder, record.roles)
        assert (key.enrolled_entry, key.revoked_entry, key.limits) == (record.enrolled_at, record.revoked_at, record.limits)
        assert (key.not_after, key.compromised_since) == (record.not_after, record.compromised_since)


def test_folded_keys_are_what_the_log_says_of_them(network: TestNetwork) -> None:
    network.admit("powerco")
    network.admit("town", roles=[Role.BOARD])
    network.enrol("powerco/second", [Role.SIGNATORY], limits={"signatory": {"amount": 100}})
    second, new = network.key("powerco/second"), make_key("powerco/third")
    holder = network.holder("powerco/second")
    proof = prove_possession(LOG, network.id("powerco"), new.multikey, holder, ["signatory"], new.sign)

    network.accept(KeyRotated(second.multikey, second.multikey, new.multikey, proof), by="powerco/second")
    network.accept(KeyRevoked(new.multikey, new.multikey, "compromised", None), by="powerco")
    network.accept(RoleWithdrawn(network.id("town"), network.id("town"), "board"), by=OPERATOR)

    compare_with_authority(network)


def test_a_rotated_key_hands_on_its_limits(network: TestNetwork) -> None:
    network.admit("powerco")
    network.enrol("powerco/second", [Role.SIGNATORY], limits={"signatory": {"amount": 100}})
    second, new = network.key("powerco/second"), make_key("powerco/third")
    holder = network.holder("powerco/second")
    proof = prove_possession(LOG, network.id("powerco"), new.multikey, holder, ["signatory"], new.sign)

    network.accept(KeyRotated(second.multikey, second.multikey, new.multikey, proof), by="powerco/second")

    with network.connect() as connection:
        found = find_key(connection, network.log_id, new.multikey)
    assert found is not None
    assert (found.limits, found.holder, found.revoked_entry) == ({"signatory": {"amount": 100}}, holder, None)


def test_holders_of_a_role_are_listed_once_and_only_while_their_organisation_holds_it(network: TestNetwork) -> None:
    network.admit("town", roles=[Role.BOARD])
    network.enrol("town/second", [Role.BOARD])
    network.enrol("town/tablet", [Role.BOARD], holder=network.holder("town/second"))
    town = network.id("town")

    with network.connect() as connection:
        before = list_holders_of_role(connection, network.log_id, "board")
    network.accept(RoleWithdrawn(town, town, "board"), by=OPERATOR)
    with network.connect() as connection:
        after = list_holders_of_role(connection, network.log_id, "board")

    assert before == [(town, network.holder("town")), (town, network.holder("town/second"))]
    assert after == []


def test_a_key_with_limits_enrols_and_replaces_nothing_beyond_them_and_leaves_no_row(network: TestNetwork) -> None:
    network.admit("powerco")
    network.enrol("powerco/limited", [Role.SIGNATORY], limits={"signatory": {"amount": 100}})
    powerco, main, thief = network.id("powerco"), network.key("powerco"), make_key("thief")
    roles = ("signatory",)
    proof = prove_possession(LOG, powerco, thief.multikey, "h-invented", list(roles), thief.sign)
    stolen = KeyEnrolled(thief.multikey, powerco, thief.multikey, "h-invented", roles, {}, None, proof)
    record = network.log.read_authority().keys[main.multikey]
    taken = prove_possession(LOG, powerco, thief.multikey, record.holder, sorted(record.roles), thief.sign)

    enrolled = network.refuse_codes(stolen, by="powerco/limited")
    rotated = network.refuse_codes(KeyRotated(main.multikey, main.multikey, thief.multikey, taken), by="powerco/limited")
    network.accept(replace(stolen, limits={"signatory": {"amount": 100}}), by="powerco/limited")

    assert enrolled == {("statement.public.limits.signatory.amount", "ledger-rule")}
    assert rotated == {("statement.public.old", "ledger-rule")}
    compare_with_authority(network)
