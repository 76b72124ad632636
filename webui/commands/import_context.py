"""What an import is held against: the agreement and what was recorded under it, read from a server as far as the importer may see it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from contracts.agreements.rules import Agreement
from contracts.deliveries.agreed import describe_trade
from contracts.deliveries.delivery import Delivery
from contracts.deliveries.import_drafts import ImportContext
from webui.commands.records import read_record
from webui.commands.server import Server


def read_context(
    server: Server, network: str, agreement: str, author: str, now: datetime, *, user: str | None, registers: Mapping[str, Decimal]
) -> ImportContext:  # fmt: skip
    """Read the context of an import; the rules that check the file run here, on the importer's machine."""
    settings = server.read(network, "")["settings"]
    found = read_record(Agreement, server.read(network, f"/agreements/{quote(agreement)}")["agreement"])
    deliveries = [read_record(Delivery, one) for one in server.list_all(network, f"/deliveries?agreement={quote(agreement)}")]
    days = {
        (one.meter, one.day): server.read(network, f"/deliveries/{quote(one.delivery)}")["readings"]
        for one in deliveries
        if one.meter is not None and one.day is not None
    }
    loads = {one.ticket: one for one in deliveries if one.ticket is not None}
    return ImportContext(describe_trade(found), author, now, ZoneInfo(settings["time_zone"]), loads, days, user, registers)
