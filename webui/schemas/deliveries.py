"""Deliveries in answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.deliveries.delivery import Delivery
from webui.schemas.deriving import make_page_schema, make_schema


@dataclass(frozen=True, slots=True)
class DeliverySeen:
    """A delivery, its state in words, and the intervals of a metered day."""

    delivery: Delivery
    words: str
    readings: Sequence[Sequence[str]]  #: start, quantity, quality; empty for a load


DeliveryPageSchema = make_page_schema(make_schema(Delivery))
DeliverySchema = make_schema(DeliverySeen, name="DeliveryWithReadings")
