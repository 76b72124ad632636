"""Organisations, keys and grants in answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.parties.reading import ReadingRecord
from contracts.parties.rules import Grant, Key, Organisation
from webui.schemas.deriving import make_page_schema, make_schema


@dataclass(frozen=True, slots=True)
class OrganisationSeen:
    """A member with its roles."""

    organisation: Organisation
    roles: Sequence[str]  #: that the network gave it


@dataclass(frozen=True, slots=True)
class GrantList:
    """All grants of a network, withdrawn ones too."""

    items: Sequence[Grant]


@dataclass(frozen=True, slots=True)
class GrantReadings:
    """What was read by right of a grant, oldest first."""

    items: Sequence[ReadingRecord]


OrganisationSchema = make_schema(OrganisationSeen, name="OrganisationWithRoles")
OrganisationPageSchema = make_page_schema(make_schema(Organisation))
KeyPageSchema = make_page_schema(make_schema(Key))
GrantListSchema = make_schema(GrantList)
GrantReadingsSchema = make_schema(GrantReadings)
