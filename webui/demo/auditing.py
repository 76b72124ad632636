"""Auditing: the file that the auditor's grant opens, and its verification and recomputation as on another machine."""

from collections.abc import Callable

from contracts.audit_file import Exported, export_audit_file
from contracts.facts import Role
from contracts.recompute import Recomputation, recompute_audit_file
from contracts.views.sight import Reader, find_sight, record_shown
from webui.api.audit import list_visible
from webui.demo.cast import Cast
from webui.demo.place import Place
from webui.private_files import open_private
from webui.runtime import Runtime

AUDITOR = "northaudit"  #: short name
Progress = Callable[[int, int], None]  #: done, in all


def export_for_auditor(runtime: Runtime, cast: Cast, place: Place, on_progress: Progress) -> Exported:
    """Write audit.zip, with all that the auditor's grant opens, each reading recorded; and the log's verifier key beside it."""
    log, now = runtime.log(cast.figures.network), runtime.clock.now()
    signer = cast.find(AUDITOR, Role.AUDITOR)
    reader = Reader(signer.organisation, signer.holder, frozenset(signer.roles))
    with runtime.reading() as connection:
        sight = find_sight(connection, log.log_id, reader, now)
        visible = list_visible(sight, log)
    with runtime.writing() as connection:
        record_shown(connection, sight, now)
    draft = place.audit_file.with_name(f"{place.audit_file.name}.draft")
    with open_private(draft) as file:
        exported = export_audit_file(log, file, now=runtime.now_text(), shows=visible.__contains__, on_progress=on_progress)
    draft.replace(place.audit_file)
    place.log_key.write_text(exported.log_key + "\n", "utf-8")
    return exported


def audit_file(place: Place, exported: Exported, on_progress: Progress) -> Recomputation:
    """Verify the file by the log's key and recompute every figure in it; both verdicts are in the answer."""
    return recompute_audit_file(
        place.audit_file,
        origin=exported.log,
        log_key=exported.log_key,
        on_progress=lambda step, done, total: on_progress(done + total * (step == "recompute"), 2 * total),
    )
