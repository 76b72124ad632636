"""Tasks of entry: what waits for a reader because people, organisations or keys come and go. Read from rows and log as they are now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.facts import Role
from webui.access import Member
from webui.people.enrolments import list_waiting_requests
from webui.people.joining import JoiningState, list_joinings, list_missing_roles, list_proposals
from webui.people.leaving import list_keys_to_revoke
from webui.people.persons import Person
from webui.runtime import Runtime


@dataclass(frozen=True, slots=True)
class EntryTask:
    """Something to do for a reader."""

    network: str
    organisation: str  #: for which it is done
    kind: str  #: admission-waits, roles-wait, enrolment-waits, key-to-revoke or joining
    subject: str  #: what it is about, such as an organisation's name or a key
    path: str  #: where it is done
    since: str  #: instant


def list_entry_tasks(runtime: Runtime, person: Person, members: Sequence[Member]) -> list[EntryTask]:
    """List what waits for a reader, the longest first."""
    found = [task for member in members for task in (*_list_admissions(runtime, member), *_list_keys(runtime, member))]
    return sorted([*found, *_list_own(runtime, person)], key=lambda task: task.since)


def _list_admissions(runtime: Runtime, member: Member) -> Iterator[EntryTask]:
    with runtime.reading() as connection:
        waiting = list_proposals(connection, member)
    for one in waiting:
        path = f"/n/{member.network}/proposals/{one.organisation}"
        yield EntryTask(member.network, member.organisation, "admission-waits", str(one.details["name"]), path, one.changed_at)
    for organisation in list_missing_roles(runtime, member):
        path = f"/n/{member.network}/admitted/{organisation}"
        yield EntryTask(member.network, member.organisation, "roles-wait", organisation, path, runtime.now_text())


def _list_keys(runtime: Runtime, member: Member) -> Iterator[EntryTask]:
    if member.roles.isdisjoint((Role.SIGNATORY.value, Role.FACILITATOR.value)):
        return
    for one in list_waiting_requests(runtime, member.network, member.organisation, member.roles):
        path = f"/n/{member.network}/requests/{one.id}"
        yield EntryTask(member.network, member.organisation, "enrolment-waits", one.name or one.holder, path, one.created_at)
    authority = runtime.log(member.network).read_authority()
    whose = None if Role.FACILITATOR.value in member.roles else member.organisation  # where nobody signs any more, the facilitator revokes
    with runtime.reading() as connection:
        left = list_keys_to_revoke(connection, authority, member.log_id, whose)
    for departure, key in left:
        yield EntryTask(member.network, member.organisation, "key-to-revoke", key, f"/n/{member.network}/keys/{key}", departure.left_at)


def _list_own(runtime: Runtime, person: Person) -> Iterator[EntryTask]:
    with runtime.reading() as connection:
        coming = list_joinings(connection, person.id)
    names = {runtime.log(name).log_id: name for name in runtime.networks()}
    for one in coming:
        if one.state is not JoiningState.MEMBER and one.log_id in names:
            yield EntryTask(names[one.log_id], one.organisation, "joining", names[one.log_id], "/join", one.changed_at)
