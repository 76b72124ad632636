"""The performance: everything from an empty folder to the summary, in order.

What a break leaves is marked as an unfinished demo, which --fresh removes.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime

from contracts.clock import SystemClock
from contracts.errors import NotYet
from webui.demo.auditing import audit_file, export_for_auditor
from webui.demo.cast import Cast, make_passphrase, seal_keys
from webui.demo.doors import open_doors
from webui.demo.figures import read_figures
from webui.demo.place import Place
from webui.demo.stage import keep_stage
from webui.demo.telling import Story, tell_story
from webui.demo.year import play_year, start_clock
from webui.runtime import open_runtime
from webui.settings import Settings, keep_secret_file

Show = Callable[[int, int], None]  #: done, in all
Step = Callable[[str], AbstractContextManager[Show]]  #: announces a long step


def make_settings(place: Place) -> Settings:
    """Give the settings of a demo: all in its folder, cookies without TLS because it is served on this machine."""
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = keep_secret_file(place.folder / "secret.key")
    return Settings(
        database_url=f"sqlite:///{place.database.absolute()}",
        data=place.folder,
        secret_key=secret,
        secure_cookies=False,
        second_factor="optional",  # its visitors are nobody in particular
    )


def perform(place: Place, *, seed: int, months: int, address: str, step: Step) -> tuple[str, int]:
    """Play, export, verify, recompute; gives the summary, which is kept in the folder too, and an exit code: 0 if both verdicts are good.

    Args:
        place: an empty folder, or one that is not there yet.
        seed: of the quantities; keys and salts are always random.
        months: how many to play.
        address: where the API will be served, for the summary.
        step: announces a long step.
    """
    figures, now = read_figures(), SystemClock().now()
    if now < datetime(figures.year + 1, 2, 1, tzinfo=UTC):
        raise NotYet(f"the year that is played, {figures.year}, ends after what this machine's clock says ({now:%Y-%m-%d}): set the clock")
    clock, cast, passphrase = start_clock(figures), Cast(figures), make_passphrase()
    place.begin()
    with step("sealing keys") as show:
        first = list(cast.signers.values())
        seal_keys(first, place.keys, passphrase, figures.log)
        show(1, 1)
    with closing(open_runtime(make_settings(place), clock)) as runtime:
        with step("playing the year") as show:
            played = play_year(runtime, clock, cast, seed, show, months)
        seal_keys(played.new_keys, place.keys, passphrase, figures.log)
        with step("writing audit.zip") as show:
            exported = export_for_auditor(runtime, cast, place, show)
        doors = open_doors(runtime, cast, now)
        keep_stage(place, figures.network, passphrase, doors, clock.now())
    with step("verifying and recomputing") as show:
        found = audit_file(place, exported, show)
    story = Story(cast, place, played, found, exported.size, passphrase, doors, address, seed)
    words = "\n".join(tell_story(story)) + "\n"
    place.finish(words)
    good = found.exit_code == 0 and found.verdict.exit_code == 0
    return words, 0 if good else 1
