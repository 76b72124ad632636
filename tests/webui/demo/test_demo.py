"""The demo, as a newcomer runs it: what lies on its log, that it verifies and adds up, and that a seed gives the same year again."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from contracts.clock import SystemClock
from contracts.money import price_quantity
from ledger.keyfile import open_key
from tests.webui.demo.conftest import Performance, play, run_command
from tests.webui.demo.entries import Said, choose, read_said
from webui.app import create_app
from webui.demo.figures import read_figures
from webui.demo.performance import make_settings
from webui.demo.place import Place
from webui.runtime import open_runtime

pytestmark = pytest.mark.slow

#: What must be found on the log, and how often at least.
WANTED = {
    "template.published": 4,
    "agreement.offered": 11,
    "agreement.countered": 1,
    "agreement.declined": 1,
    "agreement.signed": 22,
    "delivery.dispatched": 150,
    "delivery.received": 150,
    "readings.recorded": 1_000,
    "delivery.resolved": 2,
    "delivery.correction_proposed": 1,
    "delivery.correction_approved": 1,
    "certificate.issued": 80,
    "costs.reported": 60,
    "key.rotated": 1,
    "key.revoked": 1,
    "grant.given": 1,
    "rulebook.adopted": 1,
    "period.closed": 12,
    "allocation.proposed": 14,
    "review.opened": 12,
    "interest.declared": 36,
    "vote.cast": 36,
    "resolution.recorded": 12,
    "account.stated": 100,
    "payment.confirmed": 50,
}


@pytest.fixture(scope="session")
def said(performance: Performance) -> list[Said]:
    """Give what the demo's log says."""
    assert performance.exit_code == 0, performance.output
    return read_said(performance.folder / "audit.zip")


def test_the_demo_puts_at_least_two_thousand_entries_on_its_log(performance: Performance, said: list[Said]) -> None:
    assert performance.exit_code == 0
    assert len(said) >= 2_000


def test_everything_that_a_year_should_show_is_on_the_log(said: list[Said]) -> None:
    counts = Counter(one.kind for one in said)

    missing = {kind: (counts[kind], least) for kind, least in WANTED.items() if counts[kind] < least}

    assert missing == {}


def test_the_auditors_file_shows_all_contents_sealed_costs_included(said: list[Said]) -> None:
    assert [one.index for one in said if not one.is_whole] == []
    assert all(one.values["items"] for one in choose(said, "costs.reported"))


def test_all_four_exchange_types_are_in_force(said: list[Said]) -> None:
    offered = {one.about: one.values["template"].partition("@")[0] for one in choose(said, "agreement.offered")}
    signed = {one.about for one in choose(said, "agreement.signed")}

    assert {offered[agreement] for agreement in signed} == {"material-supply", "energy-supply", "water-supply", "shared-infrastructure"}


def test_one_lot_is_off_specification_and_one_seat_dissents(said: list[Said]) -> None:
    verdicts = Counter(one.values["verdict"] for one in choose(said, "certificate.issued"))
    dissents = [dissent["statement"] for one in choose(said, "resolution.recorded") for dissent in one.values["dissents"]]

    assert verdicts["nonconform"] == 1
    assert verdicts["undecided"] == 0
    assert len(dissents) == 1
    assert len({one.author for one in choose(said, "vote.cast")}) >= 3


def test_published_quantities_of_evidence_a_are_handed_over_exactly(said: list[Said]) -> None:
    sent: dict[str, Decimal] = {}
    for one in choose(said, "delivery.dispatched"):
        agreement = one.values["agreement"]
        sent[agreement] = sent.get(agreement, Decimal(0)) + Decimal(one.values["quantity"])
    for one in choose(said, "readings.recorded"):
        agreement = one.values["agreement"]
        sent[agreement] = sent.get(agreement, Decimal(0)) + sum(Decimal(reading["quantity"]) for reading in one.values["readings"])

    assert sent["gypsum"] == 250 * 365
    assert sent["sulphur"] == 3_000
    assert sent["yeast"] + sent["biomass"] == 300_000
    assert sent["steam"] == 215_000
    assert sent["cooling"] == 700_000


def test_a_correction_after_the_close_is_a_true_up_of_the_next_period(said: list[Said]) -> None:
    late = [
        (one.about, line["agreement"], line["of_period"])
        for one in choose(said, "period.closed")
        for line in one.values["lines"]
        if line["cause"] == "true_up"
    ]

    assert set(late) == {("2025-10", "ash", "2025-09")}


def test_transfers_and_totals_sum_to_zero_in_each_period(said: list[Said]) -> None:
    transfers: dict[str, int] = {}
    totals: dict[str, int] = {}
    for one in choose(said, "account.stated"):
        period = one.values["period"]
        totals[period] = totals.get(period, 0) + one.values["total"]
        moved = sum(line["amount"] for line in one.values["lines"] if line["kind"] == "transfer")
        transfers[period] = transfers.get(period, 0) + moved

    assert len(totals) == 12
    assert set(totals.values()) == {0}
    assert set(transfers.values()) == {0}


def test_accounts_reconcile_to_deliveries_times_prices_to_the_cent(performance: Performance, said: list[Said]) -> None:
    figures = read_figures()
    settled = read_settled(performance.folder)
    discounts = {  # of the one lot off its specification: whole steps beyond the limit of free moisture
        one.values["deliveries"][0]: find_discount(one, figures.find_exchange("gypsum").terms)
        for one in choose(said, "certificate.issued")
        if one.values["verdict"] == "nonconform"
    }

    for one in figures.exchanges:
        wanted = price_deliveries([row for row in settled if row["agreement"] == one.agreement], one.terms, discounts)
        assert find_stated(said, one.agreement, figures.find_organisation(one.supplier).id) == wanted, one.agreement
    assert discounts


def test_users_of_the_pipeline_are_charged_its_cost_to_the_cent(performance: Performance, said: list[Said]) -> None:
    figures = read_figures()
    pipe = figures.pipeline
    rows = [row for row in read_settled(performance.folder) if row["agreement"] == pipe.agreement]
    owner = figures.find_organisation(pipe.owner).id

    for month in range(1, 13):
        period = f"{figures.year}-{month:02d}"
        fixed = pipe.terms["fixed_cost"] * month // 12 - pipe.terms["fixed_cost"] * (month - 1) // 12
        charged = {}
        for user in pipe.users:
            used = sum((row["settled"] for row in rows if row["period"] == period and row["receiver"] == f"o-{user.short}"), Decimal(0))
            by_use = price_quantity(used, Decimal(pipe.terms["variable_cost"]), "EUR")
            charged[user.short] = -find_stated(said, pipe.agreement, figures.find_organisation(user.short).id)[period] - by_use
            share = Fraction(user.capacity_share) / sum(Fraction(one.capacity_share) for one in pipe.users)
            assert abs(charged[user.short] - fixed * share) < 1
        assert sum(charged.values()) == fixed
        assert find_stated(said, pipe.agreement, owner)[period] > fixed


def test_the_offline_verifier_and_a_second_recomputation_say_yes(performance: Performance) -> None:
    file, key = performance.folder / "audit.zip", performance.folder / "log.key"

    verified = run_command("verify", str(file), "--key-file", str(key), module="ledger")
    recomputed = run_command("audit", "recompute", str(file), "--key-file", str(key))

    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert recomputed.returncode == 0, recomputed.stdout + recomputed.stderr


def test_the_played_year_ends_before_now_and_its_clock_never_goes_back(said: list[Said]) -> None:
    times = [datetime.strptime(one.received_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) for one in said]

    assert times == sorted(times)
    assert times[-1] < SystemClock().now()


def test_the_summary_says_what_is_played_and_that_it_is_no_data_of_these_firms(performance: Performance) -> None:
    assert "An illustration from public sources, not data of these firms." in performance.output
    assert "The year is composite" in performance.output
    assert "recomputed   ok" in performance.output


def test_key_files_open_with_the_passphrase_that_was_printed(performance: Performance) -> None:
    passphrase = re.findall(r"(?m)^  ((?:[a-z2-9]{5}-){4}[a-z2-9]{5})$", performance.output)[0]
    paths = sorted((performance.folder / "keys").glob("*.key"))

    opened = open_key(paths[0].read_bytes(), passphrase)

    assert len(paths) == 26
    assert opened.log == read_figures().log
    assert all(path.stat().st_mode & 0o077 == 0 for path in paths)


def test_the_printed_tokens_open_the_printed_addresses(performance: Performance) -> None:
    settings = make_settings(Place(performance.folder))
    runtime = open_runtime(settings)
    client = create_app(settings, runtime).test_client()

    asked = re.findall(r'Bearer (\S+)" http://127\.0\.0\.1:8000(\S+)', performance.output)
    answers = {path: client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code for token, path in asked}

    runtime.close()
    assert len(answers) >= 5
    assert set(answers.values()) == {200}


def test_the_same_seed_gives_the_same_entries_and_the_same_cents(tmp_path: Path) -> None:
    years = [play(tmp_path / name, "--seed", "3", "--months", "2") for name in ("one", "two")]

    logs = [read_said(year.folder / "audit.zip") for year in years]
    cents = [[strip_hashes(one) for one in choose(log, "account.stated")] for log in logs]

    assert [year.exit_code for year in years] == [0, 0]
    assert [one.kind for one in logs[0]] == [one.kind for one in logs[1]]
    assert cents[0] == cents[1]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine", "utf-8")

    answer = play(tmp_path, "--fresh")

    assert answer.exit_code == 2
    assert "--data" in answer.output
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_a_demo_that_was_broken_off_asks_to_be_played_anew(tmp_path: Path) -> None:
    Place(tmp_path).begin()

    answer = play(tmp_path)

    assert answer.exit_code == 2
    assert "--fresh" in answer.output


def test_a_demo_that_lies_there_is_shown_again(performance: Performance) -> None:
    answer = play(performance.folder, "--port", "8123")

    assert answer.exit_code == 0
    assert "http://127.0.0.1:8123/api/v1/openapi.json" in answer.output


def read_settled(folder: Path) -> list[dict[str, Any]]:
    """Read what each delivery settled, in the order in which it counted."""
    runtime = open_runtime(make_settings(Place(folder)))
    with runtime.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT d.delivery, d.agreement, d.of, d.receiver, d.period, d.settled FROM deliveries d "
            "JOIN counted_deliveries c ON c.log_id = d.log_id AND c.delivery = d.delivery "
            "ORDER BY c.period, d.settled_entry, d.delivery"
        ).fetchall()
    runtime.close()
    return [{**row._mapping, "settled": Decimal(row.settled)} for row in rows]


def find_discount(certificate: Said, terms: Mapping[str, Any]) -> Decimal:
    """Find the discount per tonne of a lot that is too moist: begun steps beyond the limit."""
    row = next(one for one in terms["quality_spec"] if one["parameter"] == "free moisture")
    value = next(Decimal(one["value"]) for one in certificate.values["results"] if one["parameter"] == "free moisture")
    steps = math.ceil(Fraction(value - Decimal(row["max"])) / Fraction(row["adjustment_step"]))
    return steps * Decimal(row["adjustment_price"])


def price_deliveries(rows: list[dict[str, Any]], terms: Mapping[str, Any], discounts: dict[str, Decimal]) -> dict[str, int]:
    """Price deliveries by period: each price and each discount rounded once; of tiers the year's running total."""
    sums: dict[str, int] = {}
    taken = Decimal(0)
    for row in rows:
        if terms["price_model"] == "tiered":
            amount = price_running(taken + row["settled"], terms) - price_running(taken, terms)
            taken += row["settled"]
        else:
            amount = price_quantity(row["settled"], Decimal(terms["base_price"]), "EUR")
        amount -= price_quantity(row["settled"], discounts.get(row["delivery"], Decimal(0)), "EUR")
        sums[row["period"]] = sums.get(row["period"], 0) + amount
    return sums


def price_running(quantity: Decimal, terms: Mapping[str, Any]) -> int:
    """Price a year's quantity so far by its two tiers."""
    low, high = terms["price_tiers"]
    edge = Decimal(low["to"])
    whole = min(quantity, edge) * Decimal(low["price"]) + max(Decimal(0), quantity - edge) * Decimal(high["price"])
    return price_quantity(whole, Decimal(1), "EUR")


def find_stated(said: list[Said], agreement: str, organisation: str) -> dict[str, int]:
    """Sum what an organisation's accounts state as prices under an agreement, by the period of the deliveries."""
    sums: dict[str, int] = {}
    for one in choose(said, "account.stated"):
        for line in one.values["lines"]:
            if one.values["organisation"] == organisation and line["kind"] == "price" and line["agreement"] == agreement:
                sums[line["of_period"]] = sums.get(line["of_period"], 0) + line["amount"]
    return sums


def strip_hashes(account: Said) -> dict[str, Any]:
    """Leave out what keys and salts change."""
    return {name: value for name, value in account.values.items() if name != "inputs_hash"}
