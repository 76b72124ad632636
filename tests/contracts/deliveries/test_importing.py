"""CSV files of weighbridges and meters become facts, or rows with the reason why not."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.deliveries.delivery import Delivery, DeliveryKind, DeliveryState, Figure
from contracts.deliveries.facts import DeliveryDispatched, DeliveryReceived, ReadingsRecorded
from contracts.deliveries.importing import Conflict, ImportContext, ImportKind, ImportPlan, Rejected, plan_import, write_rejected
from contracts.deliveries.service import find_import_context
from contracts.deliveries.trade import Trade
from tests.contracts.agreements.building import agree
from tests.contracts.deliveries.building import ZONE, a_trade, see_delivery, some_readings
from tests.network import TestNetwork

NOW = datetime(2025, 12, 1, tzinfo=UTC)
HEAD = "ticket,dispatched_at,quantity,unit,gross,tare,moisture,batch,vehicle,driver\n"
ROW = "T-1,2025-03-14T09:30:00+01:00,25.42,TNE,40.02,14.60,8.4,B-1,AB 12 345,Driver One\n"


def a_context(trade: Trade | None = None, author: str = "o-powerco", **changes: Any) -> ImportContext:
    return replace(ImportContext(trade or a_trade(), author, NOW, ZONE), **changes)


def plan(text: str | bytes, kind: ImportKind = ImportKind.DISPATCHES, context: ImportContext | None = None) -> ImportPlan:
    return plan_import(text.encode() if isinstance(text, str) else text, kind, context or a_context())


def faults(made: ImportPlan) -> list[tuple[int, str]]:
    return [(one.row, one.column) for one in made.rejected]


def test_a_row_becomes_a_load_with_an_id_of_its_own() -> None:
    made = plan(HEAD + ROW)
    fact = made.facts[0]

    assert isinstance(fact, DeliveryDispatched)
    assert (fact.ticket, fact.quantity, fact.dispatched_at) == ("T-1", Decimal("25.42"), datetime(2025, 3, 14, 8, 30, tzinfo=UTC))
    assert (fact.moisture, fact.batch, fact.driver) == (Decimal("8.4"), "B-1", "Driver One")
    assert fact.delivery == plan(HEAD + ROW).facts[0].delivery
    assert (made.rejected, made.known, made.conflicts) == ((), (), ())
    assert made.summary.startswith("1 loads handed over under agreement a-1 are new, 25.42 t in all: one act signs them.")


def test_columns_are_found_by_name_with_semicolons_commas_and_a_byte_order_mark() -> None:
    text = "UNIT; Quantity;dispatched_at;ticket;operator\nt;25,42;2025-03-14 09:30;T-1;Anna\n"
    made = plan(b"\xef\xbb\xbf" + text.encode())
    fact = made.facts[0]

    assert isinstance(fact, DeliveryDispatched)
    assert (fact.unit, fact.quantity, fact.dispatched_at) == ("TNE", Decimal("25.42"), datetime(2025, 3, 14, 8, 30, tzinfo=UTC))
    assert made.unread == ("operator",)
    assert "Columns that were not read: operator." in made.summary


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("quantity", "25,42"),
        ("quantity", "1 000.5"),
        ("quantity", "NaN"),
        ("quantity", ""),
        ("unit", ""),
        ("unit", "lorry"),
        ("dispatched_at", "14.03.2025"),
        ("dispatched_at", "2025-02-30"),
        ("dispatched_at", "9999-12-31T23:59:59Z"),
        ("dispatched_at", "2025-03-14T09:30:00.5Z"),
        ("dispatched_at", "2025-03-30 02:30"),
        ("dispatched_at", "2025-10-26 02:30"),
        ("ticket", ""),
        ("moisture", "101"),
    ],
)
def test_a_cell_that_cannot_be_read_rejects_its_row_and_no_default_stands_in(column: str, cell: str) -> None:
    values = dict(zip(HEAD.strip().split(","), ROW.strip().split(","), strict=True)) | {"gross": "", "tare": "", column: cell}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(values))
    writer.writeheader()
    writer.writerow(values)

    made = plan(out.getvalue())

    assert (made.facts, faults(made)) == ((), [(2, column)])


def test_a_time_on_the_day_of_clock_change_is_fine_with_its_offset() -> None:
    fact = plan("ticket,dispatched_at,quantity,unit\nT-1,2025-10-26T02:30:00+01:00,1,TNE\n").facts[0]

    assert isinstance(fact, DeliveryDispatched)
    assert fact.dispatched_at == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


def test_a_bare_day_is_its_beginning_in_the_networks_zone() -> None:
    fact = plan("ticket,dispatched_at,quantity,unit\nT-1,2025-07-01,1,TNE\n").facts[0]

    assert isinstance(fact, DeliveryDispatched)
    assert fact.dispatched_at == datetime(2025, 6, 30, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b'ticket,"unit\n', "cannot be read as CSV"),
        (b"ticket,quantity,unit\nT-1,1,TNE\n", "this column is missing"),
        (b"ticket,ticket,dispatched_at,quantity,unit\n", "there twice"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_gives_no_rows(data: bytes, finding: str) -> None:
    made = plan(data)

    assert made.facts == ()
    assert [one.row for one in made.rejected] == [1]
    assert finding in made.rejected[0].message


def test_a_row_of_another_length_is_rejected() -> None:
    made = plan(HEAD + ROW + "T-2,too,short\n" + ROW.replace("T-1", "T-3").replace("\n", ",one more\n"))

    assert (len(made.facts), faults(made)) == (1, [(3, ""), (4, "")])


def test_what_the_rules_find_rejects_a_row_with_its_column() -> None:
    made = plan(HEAD + ROW.replace("25.42", "25.43") + ROW.replace("T-1", "T-2").replace("2025-03", "2024-03"))

    assert (made.facts, faults(made)) == ((), [(2, "quantity"), (3, "agreement")])


def test_a_ticket_that_repeats_counts_once_and_one_that_contradicts_itself_not_at_all() -> None:
    other = ROW.replace("AB 12 345", "CD 67 890")

    assert faults(plan(HEAD + ROW + ROW)) == [(3, "ticket")]
    assert len(plan(HEAD + ROW + ROW).facts) == 1
    assert faults(plan(HEAD + ROW + other)) == [(2, "ticket"), (3, "ticket")]


def a_logged_load(**changes: Any) -> Delivery:
    fields: dict[str, Any] = dict.fromkeys(Delivery.__slots__)
    fields |= {
        "delivery": "d-1",
        "agreement": "a-1",
        "kind": DeliveryKind.LOAD,
        "supplier": "o-powerco",
        "receiver": "o-plasterco",
        "state": DeliveryState.DISPATCHED,
        "entry": 10,
        "recorded_at": NOW,
        "unit": "TNE",
        "dispatched_at": datetime(2025, 3, 14, 8, 30, tzinfo=UTC),
        "sent": Figure(Decimal("25.42"), Decimal("40.02"), Decimal("14.60"), Decimal("8.4")),
        "ticket": "T-1",
        "batch": "B-1",
        "vehicle": "AB 12 345",
        "got": Figure(None),
        "period": "2025-03",
        "settled_unit": "TNE",
    }
    return Delivery(**fields | changes)


def test_rows_on_the_log_are_known_and_rows_that_differ_are_conflicts() -> None:
    context = a_context(loads={"T-1": a_logged_load()})
    differing = ROW.replace("25.42", "25.40").replace("40.02", "40.00")

    assert (plan(HEAD + ROW, context=context).known, plan(HEAD + ROW, context=context).facts) == ((2,), ())
    made = plan(HEAD + differing, context=context)
    assert made.conflicts == (Conflict(2, "quantity", "25.42", "25.40"), Conflict(2, "gross", "40.02", "40.00"))
    assert (made.facts, made.known, made.rejected) == ((), (), ())


RECEIPTS = "ticket,received_at,quantity,accepted,refused,reason,moisture\n"


def test_receipts_are_found_by_their_ticket() -> None:
    context = a_context(author="o-plasterco", loads={"T-1": a_logged_load()})
    text = RECEIPTS + "T-1,2025-03-14 10:00,25.36,25.00,0.36,wet,8.4\nT-9,2025-03-14 10:00,1,1,0,,\n"

    made = plan(text, ImportKind.RECEIPTS, context)

    fact = made.facts[0]
    assert isinstance(fact, DeliveryReceived)
    assert (fact.delivery, fact.accepted, fact.refused, fact.reason) == ("d-1", Decimal("25.00"), Decimal("0.36"), "wet")
    assert made.rejected == (Rejected(3, "ticket", "no load with ticket T-9 was handed over under this agreement"),)


def test_a_receipt_on_the_log_is_known_or_a_conflict() -> None:
    got = {"got": Figure(Decimal("25.36"), moisture=Decimal("8.4")), "accepted": Decimal("25.36"), "refused": Decimal(0)}
    load = a_logged_load(received_entry=11, received_at=datetime(2025, 3, 14, 9, tzinfo=UTC), **got)
    context = a_context(author="o-plasterco", loads={"T-1": load})

    assert plan(RECEIPTS + "T-1,2025-03-14 10:00,25.36,25.36,0,,8.4\n", ImportKind.RECEIPTS, context).known == (2,)
    conflicting = plan(RECEIPTS + "T-1,2025-03-14 10:00,25.36,25.36,0,,8.5\n", ImportKind.RECEIPTS, context)
    assert conflicting.conflicts == (Conflict(2, "moisture", "8.4", "8.5"),)


def readings_csv(day: date, *, registers: bool = True, leave_out: int | None = None) -> str:
    lines, shown = ["meter,start,quantity,quality" + (",register_start,register_end" if registers else "")], Decimal("1000.0")
    for number, reading in enumerate(some_readings(day)):
        if number != leave_out:
            cells = ["HM-17", f"{reading.start:%Y-%m-%dT%H:%M:%SZ}", "1.5", "measured"]
            lines.append(",".join([*cells, *((f"{shown}", f"{shown + reading.quantity}") if registers else ())]))
        shown += reading.quantity
    return "\n".join(lines) + "\n"


METERED = a_trade(unit="MWH", interval=15)


@pytest.mark.parametrize(("day", "count"), [(date(2025, 3, 29), 96), (date(2025, 3, 30), 92), (date(2025, 10, 26), 100)])
def test_intervals_become_a_day_even_when_the_clock_changes(day: date, count: int) -> None:
    made = plan(readings_csv(day), ImportKind.READINGS, a_context(METERED))
    fact = made.facts[0]

    assert isinstance(fact, ReadingsRecorded)
    assert (fact.day, len(fact.readings), fact.register_end - fact.register_start) == (day, count, Decimal("1.5") * count)
    assert f"{Decimal('1.5') * count} MWh in all" in made.summary


def test_a_day_with_a_gap_is_rejected_whole_so_that_it_can_be_mended_and_imported_again() -> None:
    made = plan(readings_csv(date(2025, 3, 29), leave_out=40), ImportKind.READINGS, a_context(METERED))

    assert made.facts == ()
    assert {one.row for one in made.rejected} == set(range(2, 97))
    assert "belongs to a day that cannot be recorded" in made.rejected[-1].message


def test_registers_are_counted_on_only_from_an_opening_reading_that_was_given() -> None:
    text = readings_csv(date(2025, 3, 28), registers=False) + readings_csv(date(2025, 3, 29), registers=False).partition("\n")[2]

    without = plan(text, ImportKind.READINGS, a_context(METERED))
    given_one = plan(text, ImportKind.READINGS, a_context(METERED, registers={"HM-17": Decimal("500.0")}))

    assert (without.facts, {one.column for one in without.rejected}) == ((), {"register_start", ""})
    registers = [(fact.register_start, fact.register_end) for fact in given_one.facts if isinstance(fact, ReadingsRecorded)]
    assert registers == [(Decimal("500.0"), Decimal("644.0")), (Decimal("644.0"), Decimal("788.0"))]
    assert "counted on from the opening readings given" in given_one.summary


def test_a_day_on_the_log_is_known_interval_by_interval() -> None:
    day = date(2025, 3, 29)
    logged = [[f"{one.start:%Y-%m-%dT%H:%M:%SZ}", "1.5", "measured"] for one in some_readings(day)]
    context = a_context(METERED, days={("HM-17", day): logged})

    same = plan(readings_csv(day), ImportKind.READINGS, context)
    other = plan(readings_csv(day).replace("1.5,measured", "1.6,measured", 1), ImportKind.READINGS, context)

    assert (len(same.known), same.facts) == (96, ())
    assert (len(other.known), other.conflicts) == (95, (Conflict(2, "quantity", "1.5", "1.6"),))


def test_rejected_rows_are_written_with_the_reason_and_no_spreadsheet_runs_them() -> None:
    text = HEAD + '"=HYPERLINK(""x"")",nonsense,1,TNE,,,,@SUM(1),+1,-2\n'
    made = plan(text)

    written = write_rejected(made)
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))

    assert rows[0][-1] == "rejected_because"
    assert rows[1][0] == '\'=HYPERLINK("x")'
    assert rows[1][7:10] == ["'@SUM(1)", "'+1", "'-2"]
    assert "is not a time" in rows[1][-1]
    assert plan(written).file.rows[0][1]["batch"] == "@SUM(1)"


def test_mended_rejected_rows_can_be_imported_as_they_are() -> None:
    written = write_rejected(plan(HEAD + ROW.replace("2025-03-14T09:30:00+01:00", "yesterday")))

    made = plan(written.replace(b"yesterday", b"2025-03-14"))

    assert (len(made.facts), made.rejected, made.unread) == (1, (), ())


@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    rows = [f"T-{number},2025-03-{10 + number},{number}.5,TNE\n" for number in range(6)]
    head = "ticket,dispatched_at,quantity,unit\n"

    assert plan(head + "".join(rows[number] for number in order)).facts == plan(head + "".join(rows)).facts


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(data: bytes) -> None:
    for kind in ImportKind:
        assert plan(data, kind).facts == ()
        write_rejected(plan(data, kind))


@given(st.text(max_size=120))
def test_any_text_below_a_good_header_is_answered(text: str) -> None:
    made = plan(HEAD + text.replace("\ud800", ""))

    assert not made.facts
    write_rejected(made)


def test_an_import_is_signed_in_one_act_and_importing_it_again_changes_nothing(network: TestNetwork) -> None:
    agree(network, "a-1", "material-supply@1", invoice_mass="wet", moisture_reference=None, permits=None)
    text = "ticket,dispatched_at,quantity,unit\nT-1,2025-01-02 08:30,25.42,TNE\nT-2,2025-01-02 08:45,24.10,TNE\n"
    network.clock.advance(timedelta(hours=1))
    with network.connect() as connection:
        context = find_import_context(connection, network.log_id, "a-1", network.id("powerco"), network.clock.now())
    made = plan(text, context=context)
    network.log.submit_many([network.sign(fact, by="powerco") for fact in made.facts])
    with network.connect() as connection:
        context = find_import_context(connection, network.log_id, "a-1", network.id("powerco"), network.clock.now())
    again = plan(text, context=context)

    assert [see_delivery(network, fact.delivery).sent.quantity for fact in made.facts] == [Decimal("25.42"), Decimal("24.10")]
    assert (again.facts, again.known, again.conflicts) == ((), (2, 3), ())
