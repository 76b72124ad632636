"""What is said about parties: who belongs to the network, and who may read what."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.facts import Role, fact
from contracts.fields import About, CountryCode, Id, Line, OrganisationId, Text


class OrganisationKind(StrEnum):
    """What an organisation is in the network."""

    PARTNER = "partner"
    LABORATORY = "laboratory"
    AUDITOR = "auditor"
    MUNICIPALITY = "municipality"
    OPERATOR = "operator"  #: the facilitator, who runs the network


class GrantScope(StrEnum):
    """What a grant opens."""

    NETWORK = "network"  #: all contents but sealed ones
    AGREEMENT = "agreement"  #: the contents of one agreement and all that follows from it


@dataclass(frozen=True, slots=True)
class Site:
    """A place of an organisation."""

    site: Id
    name: Line
    place: Line


@fact("organisation.admitted", about="organisation", by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class OrganisationAdmitted:
    """An organisation becomes a member of the network."""

    organisation: About[OrganisationId]
    name: Line
    legal_id: Line  #: number in the public register, with its country's prefix
    country: CountryCode
    kind: OrganisationKind
    sites: tuple[Site, ...]


@fact("organisation.suspended", about="organisation", by=(Role.FACILITATOR, Role.BOARD))
@dataclass(frozen=True, slots=True)
class OrganisationSuspended:
    """A member's keys may say nothing for now."""

    organisation: About[OrganisationId]
    reason: Text


@fact("organisation.resumed", about="organisation", by=(Role.FACILITATOR, Role.BOARD))
@dataclass(frozen=True, slots=True)
class OrganisationResumed:
    """A suspended member speaks again."""

    organisation: About[OrganisationId]
    reason: Text


@fact("organisation.left", about="organisation", by=(Role.FACILITATOR, Role.SIGNATORY))
@dataclass(frozen=True, slots=True)
class OrganisationLeft:
    """A member leaves; what it agreed to and owes stays."""

    organisation: About[OrganisationId]
    reason: Text


@fact("grant.given", about="grant", by=(Role.FACILITATOR, Role.BOARD))
@dataclass(frozen=True, slots=True)
class GrantGiven:
    """An organisation, mostly an auditor, may read what others keep to themselves; each reading is logged."""

    grant: About[Id]
    organisation: OrganisationId  #: who may read
    scope: GrantScope
    agreement: Id | None  #: with scope agreement
    sealed: bool  #: sealed cost inputs too
    valid_until: date
    reason: Text


@fact("grant.withdrawn", about="grant", by=(Role.FACILITATOR, Role.BOARD))
@dataclass(frozen=True, slots=True)
class GrantWithdrawn:
    """A grant ends before its day."""

    grant: About[Id]
    reason: Text
