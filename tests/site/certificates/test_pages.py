"""What the pages of quality show, to whom, and what the laboratory's form says of what was typed."""

import csv
import io
import re

import pytest

from contracts.certificates.facts import CertificateRevoked
from contracts.period import Period
from tests.contracts.agreements.building import agree
from tests.contracts.certificates.building import WET, draft, some_results
from tests.contracts.settlement.closing import SERVICE, draft_close
from tests.site.deliveries.trading import Reader, begin_trade, deliver, find_faults, say
from tests.site.live_site import LiveSite
from tests.webui.website import admit_cast

HOSTILE = '"><script>alert(1)</script>'
GOOD = {"number": "QC-f", "sampled_at": "2025-01-02T08:30", "results.0.value": "8.4", "results.0.method": "EN 13454-2"}


def certify(site: LiveSite, certificate: str, **changes: str) -> None:
    """Deliver a load and certify it, beside the browser."""
    deliver(site, f"d-{certificate}")
    fact = draft(site.network, certificate, some_results(**changes), deliveries=[f"d-{certificate}"])
    say(site, fact, by="lab")


def list_names(page: str) -> list[str]:
    """List the certificates of a list."""
    return re.findall(r'<th scope="row"[^>]*><a href="[^"]*/certificates/([^"]+)">', page)


def test_results_stand_against_their_limits_with_the_verdict_in_words(trade_site: LiveSite) -> None:
    certify(trade_site, "c-wet", moisture="10.6")

    page = Reader(trade_site, "plasterco").get("/certificates/c-wet").text

    row = re.sub(r"<[^>]+>", "|", page.partition("free moisture</th>")[2].partition("</tr>")[0])
    assert [cell for cell in row.split("|") if cell.strip()] == ["10.6 %", "≤ 10 %", "outside", "±0.2 %", "EN 13454-2"]
    assert "one result at least lies outside its limits" in page
    assert "the referee laboratory of the contract" in page


def test_what_a_certificate_does_to_the_price_is_for_the_parties(trade_site: LiveSite) -> None:
    certify(trade_site, "c-price", moisture="10.6")

    party, lab = (Reader(trade_site, by).get("/certificates/c-price").text for by in ("powerco", "lab"))

    assert "EUR less for each unit" in party
    assert "EUR less for each unit" not in lab


def test_a_certificate_is_not_there_for_others(trade_site: LiveSite) -> None:
    certify(trade_site, "c-private")
    town = Reader(trade_site, "town")

    answers = [
        town.get(path) for path in ("/certificates/c-private", "/certificates/c-private/revoke", "/certificates/trend?agreement=a-1")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert list_names(town.get("/certificates").text) == []


def test_the_list_is_filtered_and_exported_as_it_stands(trade_site: LiveSite) -> None:
    certify(trade_site, "c-list-1")
    certify(trade_site, "c-list-2", moisture="11")
    say(trade_site, CertificateRevoked("c-list-1", "a sample was mixed up"), by="lab")
    reader = Reader(trade_site, "plasterco")

    revoked, outside = (list_names(reader.get(f"/certificates?{query}").text) for query in ("state=revoked", "verdict=nonconform"))
    mine = list_names(Reader(trade_site, "lab").get("/certificates?own=yes&agreement=a-1&delivery=d-c-list-2").text)
    rows = list(csv.DictReader(io.StringIO(reader.get("/certificates?sort=issued&format=csv").data.decode("utf-8-sig"))))

    assert (revoked, mine) == (["c-list-1"], ["c-list-2"])
    assert "c-list-2" in outside
    assert [row["Certificate"].removeprefix("QC-") for row in rows] == list_names(reader.get("/certificates?sort=issued").text)


@pytest.mark.parametrize("query", ["after=x", "state=lost", "sort=lab", "verdict=1"])
def test_a_query_that_means_nothing_is_said_on_a_page(trade_site: LiveSite, query: str) -> None:
    answer = Reader(trade_site, "powerco").get(f"/certificates?{query}")

    assert (answer.status_code, answer.content_type) == (422, "text/html; charset=utf-8")


def test_a_laboratory_sees_limits_and_no_price_of_a_contract_that_names_it(trade_site: LiveSite) -> None:
    deliver(trade_site, "d-bench")
    agree(trade_site.network, "a-other", **{**WET, "contract_no": "C-other", "referee_lab": None})
    lab = Reader(trade_site, "lab")

    page, other = lab.get("/lab/a-1").text, lab.get("/lab/a-other")

    assert "T-d-bench" in page
    assert "≤ 10 %" in page
    assert "12.40" not in page
    assert "25.4" not in page
    assert other.status_code == 404
    assert "a-other" not in lab.get("/lab").text


def test_the_bench_is_for_laboratories(trade_site: LiveSite) -> None:
    answers = [Reader(trade_site, by).get("/lab/a-1").status_code for by in ("plasterco", "town")]

    assert answers == [403, 403]


def test_all_faults_of_results_stand_beside_their_fields(trade_site: LiveSite) -> None:
    certify(trade_site, "c-taken")
    lab, key = Reader(trade_site, "lab"), trade_site.network.key("lab").multikey
    bad = {"number": "", "sampled_at": "soon", "tested_on": "x", "results.0.value": "8.4x", "results.1.uncertainty": "0.1", "key": "z6Mk"}
    wrong = GOOD | {"number": "QC-c-taken", "sampled_at": "2031-01-01T00:00", "results.1.value": "96", "results.1.uncertainty": "-1"}

    unread = lab.send("/lab/a-1", bad)
    judged = lab.send("/lab/a-1", wrong | {"key": key, "more": "d-c-taken d-never"})

    assert set(find_faults(unread.text)) == {
        *("number", "sampled_at", "tested_on", "deliveries", "key"),
        *("results.0.value", "results.1.value"),
    }
    assert set(find_faults(judged.text)) == {"number", "sampled_at", "deliveries", "results.1.uncertainty"}
    assert "d-never: there is no such delivery" in judged.text
    assert (unread.status_code, judged.status_code) == (422, 422)


def test_hostile_words_are_shown_and_do_nothing(trade_site: LiveSite) -> None:
    deliver(trade_site, "d-hostile")
    fact = draft(trade_site.network, "c-hostile", deliveries=["d-hostile"], number=HOSTILE)
    say(trade_site, fact, by="lab")
    say(trade_site, CertificateRevoked("c-hostile", HOSTILE), by="lab")
    paths = ("/certificates", "/certificates/c-hostile", "/deliveries/d-hostile", "/certificates/trend?agreement=a-1")
    reader = Reader(trade_site, "plasterco")

    pages = [reader.get(path).text for path in paths]

    assert all("&lt;script&gt;alert(1)" in page for page in pages)
    assert not any("<script>alert" in page for page in pages)


def test_only_the_issuing_laboratory_is_offered_to_change_a_certificate(trade_site: LiveSite) -> None:
    certify(trade_site, "c-own")

    lab, party = (Reader(trade_site, by).get("/certificates/c-own").text for by in ("lab", "plasterco"))
    refused = Reader(trade_site, "plasterco").send("/certificates/c-own/revoke", {"reason": "we do not like it"})

    assert "/certificates/c-own/revoke" in lab
    assert "/certificates/c-own/revoke" not in party
    assert "Lab A/S may suspend, revoke or issue it anew." in party
    assert refused.status_code == 422


def test_a_certificate_after_the_close_is_labelled_late(site: LiveSite) -> None:
    network = site.network
    admit_cast(network)
    begin_trade(site)
    deliver(site, "d-january")
    network.clock.set_to(Period("2025-02").find_bounds(Reader.ZONE)[0])
    say(site, draft_close(network, "2025-01"), by=SERVICE)
    say(site, draft(network, "c-late", deliveries=["d-january"]), by="lab")

    page, bench = Reader(site, "powerco").get("/certificates/c-late").text, Reader(site, "lab").get("/lab/a-1").text

    assert "Late: issued after the close of January 2025." in page
    assert "late: its period is closed" in bench
