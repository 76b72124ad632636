"""Rulebooks, reviews and resolutions in answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.views.governance import Resolution, Review, Rulebook, SeenReview
from webui.schemas.deriving import make_page_schema, make_schema


@dataclass(frozen=True, slots=True)
class RulebookList:
    """The rulebooks in the order of their adoption; the last one holds."""

    items: Sequence[Rulebook]


RulebookListSchema = make_schema(RulebookList)
ReviewPageSchema = make_page_schema(make_schema(Review))
ReviewSchema = make_schema(SeenReview, name="ReviewWithTally")
ResolutionPageSchema = make_page_schema(make_schema(Resolution))
