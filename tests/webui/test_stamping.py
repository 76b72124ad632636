"""Timestamps over checkpoints: one after each close, from a real authority; an authority that fails holds up nothing."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509 import Certificate
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from contracts.audit_file import export_audit_file
from ledger.cosigned_rows import insert_cosignatures
from ledger.evidence import open_audit_file
from ledger.log import Log
from ledger.tables import timestamps
from ledger.timestamp import check_timestamp, read_roots
from ledger.verify import verify_audit_file
from tests.ledger.timestamp_authority import Authority, serve_answers, serve_authority
from tests.network import OPERATOR
from tests.webui.website import NETWORK, Caller, Website
from webui import jobs
from webui.runtime import Runtime
from webui.settings import SettingsError, TimestampAuthority, read_settings


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def closed(website: Website) -> Runtime:
    """A network whose January was just closed and published."""
    website.network.clock.set_to(datetime(2025, 2, 2, tzinfo=UTC))
    jobs.close_ended_periods(website.runtime)
    website.network.clock.advance(timedelta(seconds=2))
    jobs.publish_checkpoints(website.runtime)
    return website.runtime


def stamp(runtime: Runtime, url: str, authority: Authority) -> int:
    runtime.settings = replace(runtime.settings, authority=TimestampAuthority(url, authority.root))
    return jobs.stamp_checkpoints(runtime)


def list_kept(log: Log) -> list[tuple[int, str, bytes]]:
    return log.list_timestamps(log.latest_checkpoint()[0])  # type: ignore[index]  # there is one


def test_a_close_is_stamped_once_and_by_nobody_where_no_authority_is_set(closed: Runtime, authority: Authority) -> None:
    unasked = jobs.stamp_checkpoints(closed)
    with serve_authority(authority) as url:
        stamped = [stamp(closed, url, authority), stamp(closed, url, authority)]

    log = closed.log(NETWORK)
    newest = log.latest_checkpoint()
    [(size, time, response)] = list_kept(log)
    assert newest is not None
    assert (unasked, stamped, size) == (0, [1, 0], newest[0])
    assert check_timestamp(response, f"{newest[2].partition(chr(10) * 2)[0]}\n".encode(), read_roots(authority.root)).time == time


def test_an_exported_log_takes_its_timestamps_along(closed: Runtime, authority: Authority) -> None:
    with serve_authority(authority) as url:
        stamp(closed, url, authority)
    log, roots, file = closed.log(NETWORK), read_roots(authority.root), io.BytesIO()

    exported = export_audit_file(log, file, now=closed.now_text())

    [(size, time, response)] = list_kept(log)
    with open_audit_file(io.BytesIO(file.getvalue())) as opened:
        assert {one: opened.read_timestamp(one) for one in opened.timestamps} == {size: response}
    verdict = verify_audit_file(
        file, origin=exported.log, log_key=exported.log_key, check_stamp=lambda token, text: read(token, text, roots)
    )
    assert verdict.times is not None
    assert (verdict.faults, verdict.times.stamps, verdict.times.unheld, verdict.times.first) == ((), 1, (), time)


def test_the_audit_desk_says_when_the_log_was_stamped_and_cosigned_last(closed: Runtime, website: Website, authority: Authority) -> None:
    page, log = website.session(OPERATOR), closed.log(NETWORK)
    before = show_desk(page)
    with serve_authority(authority) as url:
        stamp(closed, url, authority)
    with closed.writing() as connection:
        insert_cosignatures(connection, log.log_id, 2, [("lab.example/w", 1_738_454_400, "a line\n")])

    after = show_desk(page)

    [(size, time, _)] = list_kept(log)
    assert before == {"cosigned": "not yet", "stamped": "not yet"}
    assert after["cosigned"].endswith(" · 2 entries · lab.example/w")
    assert "2025" in after["cosigned"]
    assert after["stamped"].endswith(f" · {size} entries")
    assert time[:4] in after["stamped"]


def show_desk(page: Caller) -> dict[str, str]:
    """Give what the audit desk says of the last cosignature and stamp."""
    text = page.knock("GET", f"/n/{NETWORK}/audit").text
    return dict(re.findall(r'<dd id="(cosigned|stamped)">(.*?)</dd>', text))


def read(response: bytes, text: bytes, roots: list[Certificate]) -> tuple[str, int]:
    found = check_timestamp(response, text, roots)
    return found.time, found.accuracy


def test_an_authority_that_fails_is_asked_again_and_the_close_stands(closed: Runtime, authority: Authority) -> None:
    failed = [stamp(closed, "http://127.0.0.1:1/", authority)]
    with serve_answers(lambda _request: (503, "text/plain", b"later")) as url:
        failed.append(stamp(closed, url, authority))

    with serve_authority(authority) as url:
        later = stamp(closed, url, authority)

    assert (failed, later, len(list_kept(closed.log(NETWORK)))) == ([0, 0], 1, 1)


def test_a_timestamp_once_kept_is_neither_changed_nor_removed(closed: Runtime, authority: Authority) -> None:
    with serve_authority(authority) as url:
        stamp(closed, url, authority)

    for sentence in (update(timestamps).values(time="2001-01-01T00:00:00Z"), delete(timestamps)):
        with pytest.raises(DBAPIError, match="nothing but INSERT"), closed.writing() as connection:
            connection.execute(sentence)


@pytest.mark.parametrize(
    ("url", "roots", "name"),
    [
        ("ftp://time.example", "root.pem", "SYMBIOSIS_TIMESTAMP_URL"),
        ("https://time.example", "", "SYMBIOSIS_TIMESTAMP_ROOTS"),
        ("https://time.example", "missing.pem", "SYMBIOSIS_TIMESTAMP_ROOTS"),
        ("https://time.example", "serial", "SYMBIOSIS_TIMESTAMP_ROOTS"),
    ],
)
def test_settings_of_an_authority_name_what_is_wrong(tmp_path: Path, authority: Authority, url: str, roots: str, name: str) -> None:
    environ = {"SYMBIOSIS_DATA": str(tmp_path), "SYMBIOSIS_TIMESTAMP_URL": url}
    environ["SYMBIOSIS_TIMESTAMP_ROOTS"] = str(authority.folder / roots) if roots else ""

    with pytest.raises(SettingsError, match=name):
        read_settings(environ)


def test_settings_of_an_authority_are_read(tmp_path: Path, authority: Authority) -> None:
    environ = {
        "SYMBIOSIS_DATA": str(tmp_path),
        "SYMBIOSIS_TIMESTAMP_URL": "https://time.example/tsr",
        "SYMBIOSIS_TIMESTAMP_ROOTS": str(authority.folder / "root.pem"),
    }

    assert read_settings(environ).authority == TimestampAuthority("https://time.example/tsr", authority.root)
