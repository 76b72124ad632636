"""Bad statements: whatever is wrong with one, it is refused in words, nothing fails, and no row and no entry is left behind."""

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.clock import format_instant
from contracts.facts import Role
from contracts.own_facts import KeyEnrolled, KeyRevoked
from contracts.parties.facts import OrganisationAdmitted, OrganisationKind
from contracts.signing import Author, sign_fact
from ledger.authority import prove_possession
from ledger.contents import Binding, withhold_fields
from ledger.keys import SigningKey
from ledger.statement import Submission, sign_statement
from tests.network import LOG, OPERATOR
from tests.webui.website import HARBOUR_LOG, Answer, Website

Body = dict[str, Any]
SLOW = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None)


def an_admission(number: int = 1) -> OrganisationAdmitted:
    return OrganisationAdmitted(f"o-brickco{number}", "Brick A/S", f"DK-{number}", "DK", OrganisationKind.PARTNER, ())


def write(submission: Submission) -> Body:
    """Give a submission as the JSON that travels."""
    written: Body = json.loads(json.dumps(submission.to_json()))
    return written


@contextmanager
def nothing_left_behind(website: Website) -> Iterator[None]:
    """Hold what happens inside to leaving no row and no entry."""
    before = website.count(), website.network.dump()
    yield
    assert (website.count(), website.network.dump()) == before


def post(website: Website, body: object) -> Answer:
    return website.token(OPERATOR).post("/statements", body)


def post_text(website: Website, text: bytes) -> Answer:
    return website.token(OPERATOR).post("/statements", data=text, content_type="application/json")


# What is wrong with one statement, and the code with which it comes back.


def with_a_wrong_signature(website: Website) -> Body:
    body = write(website.sign(an_admission(), by=OPERATOR))
    body["signature"] = "00" * 64
    return body


def signed_by_another_key(website: Website) -> Body:
    submission = website.sign(an_admission(), by=OPERATOR)
    body = write(submission)
    body["signature"] = website.network.sign(an_admission(), by="powerco").signed.signature.hex()
    return body


def that_has_expired(website: Website) -> Body:
    return write(website.sign(an_admission(), by=OPERATOR, now=website.network.clock.now() - timedelta(days=9)))


def from_the_future(website: Website) -> Body:
    return write(website.sign(an_admission(), by=OPERATOR, now=website.network.clock.now() + timedelta(days=1)))


def that_lives_too_long(website: Website) -> Body:
    return write(website.sign(an_admission(), by=OPERATOR, validity=timedelta(days=400)))


def by_a_revoked_key(website: Website) -> Body:
    network = website.network
    if "old" not in network.members["powerco"].people:
        network.enrol("powerco/old", [Role.SIGNATORY])
        key = network.key("powerco/old").multikey
        network.accept(KeyRevoked(key, key, "lost", None), by="powerco")
    return write(website.sign(an_admission(), by="powerco/old"))


def by_an_expired_key(website: Website) -> Body:
    network, key = website.network, SigningKey.generate()
    end = network.clock.now() + timedelta(seconds=30)
    possession = prove_possession(LOG, "o-powerco", key.multikey, "h-expired1", ["signatory"], key.sign)
    fact = KeyEnrolled(key.multikey, "o-powerco", key.multikey, "h-expired1", ("signatory",), {}, format_instant(end), possession)
    network.accept(fact, by="powerco")
    network.clock.advance(timedelta(minutes=1))
    return write(sign_fact(an_admission(), Author(LOG, "o-powerco", key), key_seq=1, now=network.clock.now()))


def by_a_key_that_is_not_enrolled_yet(website: Website) -> Body:
    author = Author(LOG, "o-powerco", SigningKey.generate())
    return write(sign_fact(an_admission(), author, key_seq=1, now=website.network.clock.now()))


def in_the_wrong_role(website: Website) -> Body:
    return write(website.sign(an_admission(), by="powerco"))


def for_another_organisation(website: Website) -> Body:
    author = Author(LOG, "o-plasterco", website.network.key("powerco"))
    return write(sign_fact(an_admission(), author, key_seq=500, now=website.network.clock.now()))


def for_another_network(website: Website) -> Body:
    author = Author(HARBOUR_LOG, website.network.operator, website.network.key(OPERATOR))
    return write(sign_fact(an_admission(), author, key_seq=1, now=website.network.clock.now()))


def with_a_number_used_before(website: Website) -> Body:
    return write(website.sign(an_admission(), by=OPERATOR, key_seq=1))


def with_the_contents_of_another(website: Website) -> Body:
    body = write(website.sign(an_admission(), by=OPERATOR))
    body["contents"] = write(website.sign(an_admission(2), by=OPERATOR))["contents"]
    return body


def with_a_contents_root_copied_from_another(website: Website) -> Body:
    network = website.network
    first, second = website.sign(an_admission(), by="plasterco"), website.sign(an_admission(), by=OPERATOR)
    copied = replace(second.signed.statement, contents_root=first.signed.statement.contents_root)
    signed = sign_statement(copied, network.key(OPERATOR).sign)
    return write(Submission(signed, first.contents))


def with_contents_withheld(website: Website) -> Body:
    submission = website.sign(an_admission(), by=OPERATOR)
    statement = submission.signed.statement
    contents = withhold_fields(Binding(statement.log, statement.author, statement.id), submission.contents, [0])
    return write(Submission(submission.signed, contents))


def of_an_unknown_kind(website: Website) -> Body:
    submission = website.sign(an_admission(), by=OPERATOR)
    strange = replace(submission.signed.statement, kind="organisation.dreamt")
    return write(Submission(sign_statement(strange, website.network.key(OPERATOR).sign), submission.contents))


def with_an_unknown_ref(website: Website) -> Body:
    return write(website.sign(an_admission(), by=OPERATOR, refs=["0" * 64]))


def about_something_else(website: Website) -> Body:
    submission = website.sign(an_admission(), by=OPERATOR)
    strange = replace(submission.signed.statement, about="delivery:d-1")
    return write(Submission(sign_statement(strange, website.network.key(OPERATOR).sign), submission.contents))


def with_surplus_in_public(website: Website) -> Body:
    submission = website.sign(an_admission(), by=OPERATOR)
    strange = replace(submission.signed.statement, public={"surplus": 1})
    return write(Submission(sign_statement(strange, website.network.key(OPERATOR).sign), submission.contents))


FAULTS: Sequence[tuple[Callable[[Website], Body], int, str]] = (
    (with_a_wrong_signature, 422, "bad-signature"),
    (signed_by_another_key, 422, "bad-signature"),
    (that_has_expired, 422, "expired"),
    (from_the_future, 422, "future"),
    (that_lives_too_long, 422, "too-long"),
    (by_a_revoked_key, 422, "revoked-key"),
    (by_an_expired_key, 422, "expired-key"),
    (by_a_key_that_is_not_enrolled_yet, 422, "unknown-key"),
    (in_the_wrong_role, 422, "wrong-role"),
    (for_another_organisation, 422, "other-author"),
    (for_another_network, 404, "unknown-log"),
    (with_a_number_used_before, 409, "used-key-seq"),
    (with_the_contents_of_another, 422, "bad-proof"),
    (with_a_contents_root_copied_from_another, 422, "bad-proof"),
    (with_contents_withheld, 422, "withheld"),
    (of_an_unknown_kind, 422, "wrong-role"),
    (with_an_unknown_ref, 422, "unknown-ref"),
    (about_something_else, 422, "other-subject"),
    (with_surplus_in_public, 422, "malformed"),
)


@pytest.mark.parametrize(("make", "status", "code"), FAULTS, ids=[fault[0].__name__ for fault in FAULTS])
def test_a_bad_statement_is_refused_in_words(shared_website: Website, make: Callable[[Website], Body], status: int, code: str) -> None:
    body = make(shared_website)

    with nothing_left_behind(shared_website):
        answer = post(shared_website, body)

    assert (answer.status_code, code in answer.codes) == (status, True), answer.text
    assert all(finding["message"] for finding in answer.json["findings"])


def test_a_replayed_id_with_other_bytes_is_refused(shared_website: Website) -> None:
    first = sign_admission(shared_website, 77)
    entered = post(shared_website, write(first))
    other = shared_website.sign(an_admission(78), by=OPERATOR, statement_id=first.signed.statement.id)

    with nothing_left_behind(shared_website):
        answer = post(shared_website, write(other))

    assert (entered.status_code, answer.status_code, answer.codes) == (201, 409, ["replayed-id"])


def sign_admission(website: Website, number: int) -> Submission:
    return website.sign(an_admission(number), by=OPERATOR)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"key_seq"', '"key_seq":1,"key_seq"'),
        ('"fields":5', '"fields":6.0'),
        ('"fields":5', '"fields":6e0'),
        ('"fields":5', '"fields":-0'),
        ('"fields":5', '"fields":NaN'),
        ('"fields":5', '"fields":123456789012345678901234567890'),
        ('"Brick A/S"', '"Brick\\u0000 A/S"'),
        ('"Brick A/S"', '"Brick \\ud800 A/S"'),
        ('"Brick A/S"', '"e\\u0301"'),
        ('"Brick A/S"', "[" * 200 + "]" * 200),
        ('"contents"', '"surplus":1,"contents"'),
    ],
)
def test_json_that_we_would_not_write_is_not_read(shared_website: Website, old: str, new: str) -> None:
    text = json.dumps(sign_admission(shared_website, 5).to_json(), separators=(",", ":"))
    assert old in text

    with nothing_left_behind(shared_website):
        answer = shared_website.token(OPERATOR).post(
            "/statements", data=text.replace(old, new, 1).encode(), content_type="application/json"
        )

    assert (answer.status_code, answer.codes) == (400, ["malformed"])


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["0" * 64, "0" * 128, "z6Mk", "o-powerco", "2025-01-01T00:00:00Z", "9" * 500, "-1", "\x00", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def list_paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List every place in a JSON value."""
    found = [path] if path else []
    if isinstance(value, dict):
        return found + [inner for name, item in value.items() for inner in list_paths(item, (*path, name))]
    if isinstance(value, list):
        return found + [inner for number, item in enumerate(value) for inner in list_paths(item, (*path, number))]
    return found


@SLOW
@given(data=st.data())
def test_a_statement_that_was_changed_anywhere_is_refused(shared_website: Website, data: st.DataObject) -> None:
    body = write(sign_admission(shared_website, 6))
    changed = change(body, data)
    if changed == body and repr(changed) == repr(body):
        return
    text = json.dumps(changed).encode("utf-8", "surrogatepass")

    with nothing_left_behind(shared_website):
        answer = post_text(shared_website, text)

    assert answer.status_code in (400, 404, 409, 422), answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["findings"]


def change(body: Body, data: st.DataObject) -> Body:
    """Change one place of a body: another value, a name more, or a name less."""
    changed = copy.deepcopy(body)
    *way, last = data.draw(st.sampled_from(list_paths(body)))
    place: Any = changed
    for step in way:
        place = place[step]
    how = data.draw(st.sampled_from(["replace", "replace", "remove", "add"]))
    if how == "replace":
        place[last] = data.draw(VALUES)
    elif how == "remove":
        del place[last]
    elif isinstance(place, dict):
        place[data.draw(st.text(max_size=8))] = data.draw(VALUES)
    else:
        place.append(data.draw(VALUES))
    return changed


FIELDS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            ["organisation.admitted", "delivery.dispatched", "agreement.offered", "vote.cast", "payment.confirmed", "x.y"]
        )
    },
    optional={"about": VALUES, "refs": VALUES, "fields": VALUES, "kind_version": VALUES},
)


@SLOW
@given(draft=FIELDS)
def test_a_draft_of_anything_is_answered_and_nothing_is_kept(shared_website: Website, draft: Body) -> None:
    text = json.dumps(draft).encode("utf-8", "surrogatepass")

    with nothing_left_behind(shared_website):
        answer = shared_website.token(OPERATOR).post("/networks/kalundborg/drafts", data=text, content_type="application/json")

    assert answer.status_code in (200, 400, 422), answer.text
    assert answer.json["findings"]


@SLOW
@given(body=VALUES)
def test_anything_at_all_is_answered(shared_website: Website, body: object) -> None:
    text = json.dumps(body).encode("utf-8", "surrogatepass")

    with nothing_left_behind(shared_website):
        answer = post_text(shared_website, text)

    assert answer.status_code in (400, 422)
