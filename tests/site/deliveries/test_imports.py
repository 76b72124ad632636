"""Files of a scale on the page: each row with its faults, rejected rows to take away and mend, and the good ones signed in one go."""

from playwright.sync_api import expect

from tests.contracts.deliveries.building import see_delivery
from tests.site.deliveries.trading import Reader, arrive, dispatch, find_faults, sign
from tests.site.live_site import LiveSite

HEAD = "ticket;dispatched_at;quantity;unit;vehicle"
LOADS = {"kind": "dispatches", "agreement": "a-1"}
HOSTILE = "<img src=x onerror=alert(1)>.csv"


def write_file(*rows: str) -> bytes:
    """Write a file of loads."""
    return "\n".join([HEAD, *rows]).encode()


def test_a_file_is_tried_mended_and_signed(trade_site: LiveSite) -> None:
    site = trade_site
    data = write_file(
        "F-1;2025-01-02 09:00;25,42;t;AB 1", "F-2;2025-01-02 09:00;x;t;=cmd|' /C calc'!A0", "F-3;2025-01-02 08:30;20;TNE;AB 3"
    )
    with site.visit("powerco") as page:
        arrive(site, page, "powerco")
        page.goto(site.path("/imports"))
        page.get_by_label("What the rows are").select_option("dispatches")
        page.get_by_label("Contract").select_option("a-1")
        page.get_by_label("CSV file").set_input_files({"name": HOSTILE, "mimeType": "text/csv", "buffer": data})
        page.get_by_role("button", name="Try the file").click()
        expect(page.locator("main")).to_contain_text(HOSTILE)
        expect(page.get_by_role("row", name="3 rejected")).to_contain_text("quantity: 'x' is not a decimal")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the rejected rows").click()
        rejected = download.value.path().read_text("utf-8-sig")
        page.get_by_role("button", name="Go on to sign 2 statements").click()
        expect(page.locator("section.card")).to_have_count(2)
        sign(page, "/deliveries")
        expect(page.locator("main")).to_contain_text("Load F-1")

    assert rejected.splitlines()[0] == HEAD + ";rejected_because"
    assert "'=cmd|" in rejected
    assert rejected.count("\n") == 2


def test_a_file_again_changes_nothing_and_differing_rows_are_said(trade_site: LiveSite) -> None:
    dispatch(trade_site, "d-file", ticket="F-9")
    known = see_delivery(trade_site.network, "d-file")
    moment = known.dispatched_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    same = f"F-9;{moment};25.42;TNE;{known.vehicle}"
    head = "ticket;dispatched_at;quantity;unit;vehicle;gross;tare"

    answers = [
        Reader(trade_site, "powerco").upload("/imports", LOADS, f"{head}\n{row};40.02;14.60".encode())
        for row in (same, same.replace("25.42", "25.43"))
    ]

    assert all(answer.status_code == 200 and "Go on to sign" not in answer.text for answer in answers)
    assert "on the log already" in answers[0].text
    assert "quantity: the log has 25.42, the file 25.43" in answers[1].text


def test_what_is_wrong_with_an_upload_stands_beside_its_field(trade_site: LiveSite) -> None:
    reader = Reader(trade_site, "powerco")

    nothing = reader.send("/imports", {"registers": "M-1:5"})
    large = reader.upload("/imports", LOADS, b"x" * (1 << 20) + b"y")
    strange = reader.upload("/imports", LOADS | {"agreement": "a-9"}, b"x")

    assert set(find_faults(nothing.text)) == {"kind", "agreement", "file", "registers"}
    assert "1 MiB" in find_faults(large.text)["file"]
    assert set(find_faults(strange.text)) == {"agreement"}
    assert {nothing.status_code, large.status_code, strange.status_code} == {422}


def test_what_is_larger_than_any_form_is_refused_before_it_is_read(trade_site: LiveSite) -> None:
    reader = Reader(trade_site, "powerco")

    answer = reader.upload("/imports", LOADS, b"x" * (3 << 20))

    assert answer.status_code == 413


def test_a_file_that_is_no_text_is_said_to_be_none(trade_site: LiveSite) -> None:
    answer = Reader(trade_site, "powerco").upload("/imports", LOADS, b"ticket;\xff\xfe")

    assert answer.status_code == 422
    assert "the file is not UTF-8" in answer.text
