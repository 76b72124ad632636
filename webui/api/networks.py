"""Networks: which there are for the caller, their settings and keys, checkpoints, and what a signer needs next."""

from flask import Response

from contracts.errors import NotFound, NotYet
from contracts.views.parties import show_network
from webui import access
from webui.access import get_caller, get_member
from webui.api.runtime_of import get_runtime
from webui.api.seeing import see
from webui.openapi_parts import PLAIN
from webui.routes import Routes
from webui.schemas.networks import NetworkList, NetworkListSchema, NetworkName, NetworkSchema, NetworkWithKeys, NextSchema, NextSteps

routes = Routes("networks", "Networks and their logs")


@routes.route("GET /networks", access.CALLERS, answer=NetworkListSchema)
def list_networks() -> NetworkList:
    """List the networks that the caller belongs to."""
    runtime = get_runtime()
    return NetworkList(tuple(NetworkName(one.network, runtime.log(one.network).name) for one in get_caller().members))


@routes.route("GET /networks/<network:network>", access.MEMBERS, answer=NetworkSchema)
def show_settings(network: str) -> NetworkWithKeys:
    """Show a network's settings, the keys and founding hash that a verifier brings, and the log's size."""
    runtime = get_runtime()
    log, keys = runtime.log(network), runtime.service(network).keys
    head, first = log.read_head(), log.read_entries(0, 1)
    if head is None:
        raise NotFound("there is no such network here")
    with see() as sight:
        settings = show_network(sight)
    return NetworkWithKeys(
        network,
        settings,
        keys.log_verifier.to_text(),
        keys.receipts_verifier.to_text(),
        first[0].leaf_hash,
        head.size,
        head.root.hex(),
        log.find_post_quantum_key(),
        tuple(log.list_rotations()),
    )


@routes.route("GET /networks/<network:network>/checkpoint", access.MEMBERS, answer=PLAIN, media="text/plain")
def show_checkpoint(network: str) -> Response:
    """Show the newest published checkpoint, a C2SP signed note: the newest that the service's witnesses have cosigned, if it has any."""
    note = get_runtime().log(network).read_publication()
    if note is None:
        raise NotYet("no checkpoint was published yet")
    return Response(note, content_type="text/plain; charset=utf-8")


@routes.route("GET /networks/<network:network>/keys/<multikey:key>/next", access.MEMBERS, answer=NextSchema)
def show_next(network: str, key: str) -> NextSteps:
    """Show what the next statement of a key of the caller's organisation needs: its number, and the newest checkpoint."""
    runtime, member = get_runtime(), get_member()
    record = runtime.log(network).read_authority().keys.get(key)
    if record is None or record.organisation != member.organisation:
        raise NotFound("your organisation has no such key")
    after = runtime.prepare_signing(network, key)
    return NextSteps(after.key_seq, after.seen.size, after.seen.root, get_runtime().now_text(), after.checkpoint)
