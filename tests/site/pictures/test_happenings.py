"""The timeline drawn: event, signature and record each on its own track, in place and in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.views.timeline import Timeline
from tests.site.pictures.drawn import find_meeting, list_texts, parse
from tests.site.pictures.figures import START, WRITING, typical_timeline
from webui.pictures.happenings import DRAWN, draw_timeline, write_delay
from webui.pictures.scale import list_ticks


def find_marks(svg: str, cls: str) -> int:
    return sum(1 for one in parse(svg).iter() if one.attrib.get("class") == cls) - 1  # one stands in the key


def test_each_entry_has_a_mark_for_each_time_that_it_has() -> None:
    svg = str(draw_timeline(typical_timeline(), WRITING).wide)

    assert (find_marks(svg, "pic-event"), find_marks(svg, "pic-signed"), find_marks(svg, "pic-recorded")) == (2, 3, 3)


def test_the_marks_of_one_moment_stand_on_different_tracks() -> None:
    happening = replace(typical_timeline().happenings[0], signed_at=START, recorded_at=START)

    root = parse(str(draw_timeline(Timeline((), (happening,), {}, more=False), WRITING).wide))

    circle = [one for one in root.iter() if one.attrib.get("class") == "pic-event"][-1]
    lags = [one for one in root.iter() if one.attrib.get("class") == "pic-lag"]
    assert [(one.attrib["x1"], one.attrib["x2"]) for one in lags] == [(circle.attrib["cx"],) * 2] * 2
    assert len({one.attrib["y1"] for one in lags} | {lags[-1].attrib["y2"]}) == 3


def test_delays_between_event_signature_and_record_are_said() -> None:
    words = [box.text for box in list_texts(str(draw_timeline(typical_timeline(), WRITING).wide))]

    assert "signed +3 h" in words
    assert "recorded +1 d 3 h" in words
    assert "recorded +1 s" in words


def test_an_event_that_is_not_for_the_reader_is_neither_drawn_nor_written() -> None:
    picture = draw_timeline(typical_timeline(), WRITING)

    assert "event time not for you" in [box.text for box in list_texts(str(picture.wide))]
    assert picture.table.rows[1][3].text == "not for you"
    assert picture.table.rows[1][3].value is None


def test_the_table_keeps_the_three_times_exactly() -> None:
    timeline = typical_timeline()

    table = draw_timeline(timeline, WRITING).table

    assert table.list_values(0) == [one.entry for one in timeline.happenings]
    assert table.list_values(3) == [one.happened for one in timeline.happenings]
    assert table.list_values(4) == [one.signed_at for one in timeline.happenings]
    assert table.list_values(5) == [one.recorded_at for one in timeline.happenings]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "+0 s"),
        (59, "+59 s"),
        (60, "+1 min"),
        (3_723, "+1 h 2 min"),
        (90_061, "+1 d 1 h"),
        (-120, "−2 min"),
        (86_400 * 1_500, "+1,500 d"),
        (86_401, "+1 d"),
    ],
)
def test_delays_are_written_in_two_units(seconds: int, words: str) -> None:
    assert write_delay(seconds, WRITING) == words


def test_only_the_newest_entries_of_a_long_log_are_drawn_and_that_is_said() -> None:
    first = typical_timeline().happenings[0]
    many = tuple(replace(first, entry=number) for number in range(DRAWN + 10))

    picture = draw_timeline(Timeline((), many, {}, more=False), WRITING)

    assert picture.table.list_values(0) == list(range(10, DRAWN + 10))
    assert any("more entries" in note for note in picture.notes)


def test_an_empty_timeline_says_so() -> None:
    picture = draw_timeline(Timeline((), (), {}, more=False), WRITING)

    assert [box.text for box in list_texts(str(picture.narrow))] == ["No entries."]


def test_marks_of_a_short_time_do_not_run_into_each_other() -> None:
    for minutes in (0, 1, 30, 90):
        first = replace(typical_timeline().happenings[0], happened=None, signed_at=START, recorded_at=START)
        last = replace(first, recorded_at=START + timedelta(minutes=minutes))

        picture = draw_timeline(Timeline((), (first, last), {}, more=False), WRITING)

        assert find_meeting(str(picture.narrow)) == find_meeting(str(picture.wide)) == []


def test_ticks_are_round_and_never_more_than_wanted() -> None:
    first = datetime(2025, 3, 1, 7, 13, tzinfo=UTC)

    for span in (timedelta(minutes=9), timedelta(hours=30), timedelta(days=400), timedelta(days=40_000)):
        ticks = list_ticks(first, first + span, 4)

        assert 1 <= len(ticks) <= 4
        assert all(first <= tick <= first + span for tick in ticks)
