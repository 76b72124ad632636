"""What is said about agreements: offer, counter-offer, signature, refusal, end."""

from dataclasses import dataclass
from datetime import date

from contracts.facts import Role, fact
from contracts.fields import About, Digest, Id, Json, Line, OrganisationId, Personal, Public, TemplateRef, Text


@dataclass(frozen=True, slots=True)
class Party:
    """One party to an agreement."""

    organisation: OrganisationId
    role: Line  #: as the template names it: supplier, receiver, owner, operator, user


@fact("template.published", about="template", by=(Role.FACILITATOR,))
@dataclass(frozen=True, slots=True)
class TemplatePublished:
    """A standard contract may be used in this network from here on."""

    template: About[TemplateRef]
    hash: Public[Digest]  #: SHA-256 of the template's canonical bytes


@fact("agreement.offered", about="agreement", by=(Role.SIGNATORY,))
@dataclass(frozen=True, slots=True)
class AgreementOffered:
    """One party offers the others an agreement, complete and ready to sign."""

    agreement: About[Id]
    template: TemplateRef
    template_hash: Digest
    parties: tuple[Party, ...]
    parameters: Json  #: as the template defines them
    text: Text  #: the whole contract in words, as rendered from template and parameters
    reply_by: date
    message: Text | None


@fact("agreement.countered", about="agreement", by=(Role.SIGNATORY,))
@dataclass(frozen=True, slots=True)
class AgreementCountered:
    """A party answers an offer with another one; signatures so far are void. `refs` begins with the offer that it answers."""

    agreement: About[Id]
    template: TemplateRef
    template_hash: Digest
    parties: tuple[Party, ...]
    parameters: Json
    text: Text
    reply_by: date
    message: Text | None


@fact("agreement.declined", about="agreement", by=(Role.SIGNATORY,))
@dataclass(frozen=True, slots=True)
class AgreementDeclined:
    """A party will not sign; all learn why."""

    agreement: About[Id]
    reason: Personal[Text]


@fact("agreement.withdrawn", about="agreement", by=(Role.SIGNATORY,))
@dataclass(frozen=True, slots=True)
class AgreementWithdrawn:
    """Whoever made the standing offer takes it back before the last signature."""

    agreement: About[Id]
    reason: Personal[Text]


@fact("agreement.signed", about="agreement", by=(Role.SIGNATORY,))
@dataclass(frozen=True, slots=True)
class AgreementSigned:
    """A party signs the offer whose statement hash stands first in `refs`."""

    agreement: About[Id]
    capacity: Line  #: in which capacity the signatory signs, such as "plant manager"


@fact("agreement.suspended", about="agreement", by=(Role.SIGNATORY,))
@dataclass(frozen=True, slots=True)
class AgreementSuspended:
    """A party suspends an agreement in force for a cause that the contract names."""

    agreement: About[Id]
    reason: Personal[Text]


@fact("agreement.resumed", about="agreement", by=(Role.SIGNATORY,))
@dataclass(frozen=True, slots=True)
class AgreementResumed:
    """The party that suspended an agreement resumes it."""

    agreement: About[Id]
    reason: Personal[Text]


@fact("agreement.terminated", about="agreement", by=(Role.SIGNATORY,))
@dataclass(frozen=True, slots=True)
class AgreementTerminated:
    """A party ends an agreement with effect from a day; no delivery is made under it from then on."""

    agreement: About[Id]
    effective: date
    reason: Personal[Text]
