"""What is said about allocations: the proposed split of a period's saving, with the game that it rests on."""

from dataclasses import dataclass

from contracts.facts import Role, fact
from contracts.fields import About, Cents, Digest, Id, Json, Line, OrganisationId, PeriodId


@dataclass(frozen=True, slots=True)
class Share:
    """What one organisation saved by itself and what it is allocated."""

    organisation: OrganisationId
    saving: Cents  #: as measured in the period's pool agreements
    allocated: Cents  #: the rule's answer, rounded so that all add up
    transfer: Cents  #: allocated − saving; transfers sum to zero
    exact: Line  #: the rule's answer before rounding, a decimal or fraction


@fact("allocation.proposed", about="allocation", by=(Role.SERVICE,))
@dataclass(frozen=True, slots=True)
class AllocationProposed:
    """The period's pooled saving is split under a named rule; a board reviews it before it is paid."""

    allocation: About[Id]
    period: PeriodId
    rule: Line  #: equal, proportional, shapley or nucleolus
    method: Line  #: such as "shapley/1"
    game: Line  #: such as "realised-with-shut-down/1"
    entries: int  #: the log's size up to which inputs were read
    inputs_hash: Digest
    shares: tuple[Share, ...]
    components: Json  #: the components of the game: players, what joins them, core verdict
