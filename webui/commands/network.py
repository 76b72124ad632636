"""`symbiosis network`: found a network with a key file of the operator's, and list those of a place."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.commands.faults import NO, Complaint
from webui.commands.keyfiles import open_key_file, passphrase_option, read_public_part
from webui.commands.place import open_place, place_options, read_place

if TYPE_CHECKING:
    from ledger.keyfile import KeyFile
    from webui.runtime import Runtime
    from webui.service_keys import ServiceKeys

RECOVERY_WAIT = 7 * 86_400  #: seconds between a resolution and the recovery of keys that it allows
RULES = ("equal", "proportional", "shapley", "nucleolus")


@click.group()
def network() -> None:
    """Found a network, or list those of a place."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A network that is about to be founded."""

    name: str  #: short name in addresses
    log: str
    settings: dict[str, str]
    legal_name: str
    legal_id: str
    country: str


@network.command(
    short_help="Found a network on this machine.",
    epilog="""
\b
Example:
  symbiosis keys new --log ledger.kalundborg.example/main --organisation o-7f3a9c --out operator.key
  symbiosis network found --data /srv/symbiosis --name kalundborg \\
      --log ledger.kalundborg.example/main --currency EUR --time-zone Europe/Copenhagen \\
      --legal-name "Kalundborg Symbiosis" --legal-id DK-12345678 --country DK --key operator.key

The log's name is for ever: choose one under a domain of the network, apart from any host. DIR/service holds the keys by
which the service speaks for the log; they never leave it: back them up sealed. DIR/NAME.log.key is what members and
auditors check with: print it, publish it.

Afterwards symbiosis person add lets the first person in and symbiosis serve opens the site: log in there, open the key file on
My keys, and invite members on People.

Exit codes: 0 founded, 1 refused, or you said no, 2 an option is at fault.
""",
)
@place_options
@click.option("--name", required=True, help="Short name in addresses: lower-case letters, digits and '-'.")
@click.option("--log", required=True, metavar="NAME", help="Name of the log, as in the key file.")
@click.option("--currency", required=True, metavar="CODE", help="Settlement currency, such as EUR; all money is in it.")
@click.option("--time-zone", required=True, metavar="ZONE", help="IANA name, such as Europe/Copenhagen; days and months are counted in it.")
@click.option("--allocation-rule", type=click.Choice(RULES), default="shapley", show_default=True, help="Until a rulebook says otherwise.")
@click.option("--legal-name", required=True, help="Of the operator's organisation.")
@click.option("--legal-id", required=True, help="Its number in the public register.")
@click.option("--country", required=True, metavar="CODE", help="Two letters, such as DK.")
@click.option("--key", "key_file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="The operator's key file; it becomes the facilitator's first key.")  # fmt: skip
@passphrase_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def found(data: Path | None, database: str | None, key_file: Path, passphrase_file: Path | None, *, yes: bool, **given: str) -> None:
    """Found a network: its log, the service's keys, the operator as its first member, the standard contracts."""
    from webui.runtime import open_runtime

    settings = {"name": given["name"], "currency": given["currency"], "time_zone": given["time_zone"]}
    settings["allocation_rule"] = given["allocation_rule"]
    plan = Plan(given["name"], given["log"], settings, given["legal_name"], given["legal_id"], given["country"])
    public = read_public_part(key_file)
    if public["log"] != plan.log:
        raise Complaint(f"--key: {key_file} was made for the log {public['log']}, not for {plan.log}")
    click.echo(f"To be founded: the network {plan.name} of {plan.legal_name} ({public['organisation']})", err=True)
    click.echo(f"on the log {plan.log}, in {plan.settings['currency']}, {plan.settings['time_zone']}; the name is for ever.", err=True)
    if not yes:
        click.confirm("Found it?", abort=True, err=True)
    held = open_key_file(key_file, passphrase_file)
    place = read_place(data, database)
    with closing(open_runtime(place)) as runtime:
        size = found_network(runtime, plan, held)
        key = runtime.service(plan.name).keys.log_verifier.to_text()
    path = place.data / f"{plan.name}.log.key"
    path.write_text(key + "\n", "ascii")
    click.echo(f"Founded {plan.name}: {size} entries. Verifier key, also in {path}:\n{key}")


@network.command(
    "list",
    short_help="List the networks of a place.",
    epilog="""
\b
Example:
  symbiosis network list --data /srv/symbiosis

Exit codes: 0 listed, 2 no such folder, 4 the database is not available.
""",
)
@place_options
def list_here(data: Path | None, database: str | None) -> None:
    """List the networks of a service with their logs and sizes."""
    with open_place(data, database) as runtime:
        for name in runtime.networks():
            log = runtime.log(name)
            head = log.read_head()
            click.echo(f"{name:<20} {log.name:<50} {head.size if head else 0} entries")


def found_network(runtime: "Runtime", plan: Plan, held: "KeyFile") -> int:
    """Found a network and say what it begins with; gives the log's size. Raises FoundingRefused, or Complaint for a later refusal."""
    from contracts.signing import Author, sign_fact
    from ledger.outcome import Refused

    service = runtime.prepare_network(plan.name, plan.log)
    author, now = Author(plan.log, held.organisation, held.key), runtime.clock.now()
    first, *further = _list_facts(plan, held, service, runtime.prove_service_possession(plan.name, held.organisation))
    log = runtime.found_network(plan.name, sign_fact(first, author, key_seq=1, now=now))
    submissions = [sign_fact(fact, author, key_seq=number, now=now) for number, fact in enumerate(further, 2)]
    for outcome in log.submit_many(submissions):
        if isinstance(outcome, Refused):
            raise Complaint(f"{plan.name} is founded, but what it begins with was refused", NO, outcome.findings)
    log.publish_checkpoint(runtime.now_text())
    head = log.read_head()
    return head.size if head else 0


def _list_facts(plan: Plan, held: "KeyFile", service: "ServiceKeys", possession: str) -> Sequence[object]:
    """List what a network begins with: founding, operator, the service's own key, the standard contracts."""
    from contracts.agreements.facts import TemplatePublished
    from contracts.facts import OWN_ROLES, Role, list_rights
    from contracts.own_facts import KeyEnrolled, LogFounded, RoleGranted
    from contracts.parties.facts import OrganisationAdmitted, OrganisationKind
    from contracts.templates.catalogue import load_templates, template_hash
    from ledger.authority import prove_possession

    own = [role.value for role in OWN_ROLES]
    roles = [Role.FACILITATOR.value, *own]
    me = held.organisation
    founding = LogFounded(
        log=f"log:{plan.log}",
        holder=held.holder,
        roles=tuple(roles),
        possession=prove_possession(plan.log, me, held.key.multikey, held.holder, roles, held.key.sign),
        log_key=service.keys.log_verifier.to_text(),
        receipt_key=service.keys.receipts_verifier.to_text(),
        rights=list_rights(),
        own_roles=tuple(own),
        validity={},
        recovery_wait=RECOVERY_WAIT,
        settings=plan.settings,
    )
    operator = OrganisationAdmitted(me, plan.legal_name, plan.legal_id, plan.country, OrganisationKind.OPERATOR, ())
    key = service.service.multikey
    enrolment = KeyEnrolled(key, me, key, service.holder, (Role.SERVICE.value,), {}, None, possession)
    templates = [TemplatePublished(ref, template_hash(template)) for ref, template in load_templates().items()]
    return [founding, operator, RoleGranted(me, me, Role.SERVICE.value), enrolment, *templates]
