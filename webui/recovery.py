"""Recovery of a network: log from its tiles, contents from the archive, tables by replay; and whether the log may go on."""

from dataclasses import dataclass

from contracts.errors import NotFound
from contracts.projections import Projections
from contracts.replay import rebuild_rows
from ledger.checkpoint import verify_checkpoint
from ledger.errors import EvidenceError, Malformed
from ledger.guard import FileGuard, GuardError
from ledger.recover import Recovered, Source, recover_log
from ledger.tile_reader import open_place, read_entries
from webui.archiving import open_archive, read_readable
from webui.runtime import Runtime
from webui.service_keys import list_networks

_NOTE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class NetworkRecovered:
    """What a recovery came to, for the operator."""

    lines: tuple[str, ...]
    may_go_on: bool  #: nothing is missing, and the guard remembers no more


def recover_network(runtime: Runtime, network: str, tiles: str | None = None) -> NetworkRecovered:
    """Bring a network's database up to its tiles; raises NotFound, or ValueError for a place of tiles that cannot be one."""
    if network not in list_networks(runtime.settings.data):
        raise NotFound(f"there are no keys of a network {network} in {runtime.settings.data / 'service'}")
    keys = runtime.service(network).keys
    place = open_place(tiles or str(runtime.settings.data / "tiles" / network))
    data = place.read("checkpoint", _NOTE_BYTES)
    if data is None:
        raise ValueError(f"there is no checkpoint at {place.place}")
    try:
        note = data.decode("utf-8")
        checkpoint = verify_checkpoint(note, keys.name, keys.log_verifier)
        archive = open_archive(runtime.settings.data, network, keys.name)
        source = Source(checkpoint, note, lambda: read_entries(place, checkpoint), read_readable(archive))
        found = recover_log(runtime.engine, keys.name, runtime.now_text(), source)
    except UnicodeDecodeError:
        raise ValueError(f"{place.place}/checkpoint is no checkpoint") from None
    except (EvidenceError, Malformed, GuardError) as error:
        return NetworkRecovered((f"{place.place}: {error}", "Nothing was changed."), may_go_on=False)
    log = runtime.log(network)
    rebuild_rows(runtime.engine, log.log_id, Projections(), drop_erased=True)
    guarded = FileGuard(runtime.settings.data / "guard" / network, keys.name).read()
    return NetworkRecovered(*_describe(found, network, 0 if guarded is None else guarded[0]))


def _describe(found: Recovered, network: str, guarded: int) -> tuple[tuple[str, ...], bool]:
    lines = [f"{network}: {found.count} entries taken over from the tiles, {found.size} are there now; the tables were made anew."]
    if found.missing:
        some = ", ".join(map(str, found.missing[:20])) + (" …" if len(found.missing) > 20 else "")  # noqa: PLR2004 - a line's worth
        lines.append(f"Contents are missing of {len(found.missing)} entries: {some}. Parties who keep them can show them.")
    if guarded > found.size:
        lines.append(
            f"The guard has answered for {guarded} entries: {guarded - found.size} were acknowledged after the last tiles and are lost. "
            "This log must not go on: seal it with its newest checkpoint, found a successor log, and let their authors send them there."
        )
    return tuple(lines), not found.missing and guarded <= found.size
