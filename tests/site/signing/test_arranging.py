"""How facts stand on the signing page: every field under the name that it is hashed by, nothing that hides or paints over."""

from contracts.signing import prepare_statement
from contracts.views.drafts import ShownFact, TriedDraft
from contracts.words import Line, caption_fact, describe_lines
from tests.site.signing.samples import list_samples
from webui.pages.signing import arrange_draft, arrange_rows, mark_hidden


def test_every_field_that_is_hashed_stands_once_under_its_name() -> None:
    for _, fact in list_samples():
        prepared = prepare_statement(fact)
        shown = ShownFact(caption_fact(type(fact)), tuple(describe_lines(fact)))

        arranged = arrange_draft(TriedDraft(prepared.kind, prepared.about, (), (), shown, prepared), shown)

        names = [one.name for one in arranged.fields]
        assert sorted(names) == sorted(["about", *prepared.public, *(field.name for field in prepared.fields)]), prepared.kind


def test_characters_that_change_how_others_read_are_made_visible() -> None:
    line = mark_hidden(Line("reason", 0, "Reason", "5\u202e00\u200b1", "a\u2066\n\tb\u00ad"))

    assert (line.value, line.text) == ("5⟨U+202E⟩00⟨U+200B⟩1", "a⟨U+2066⟩\n\tb⟨U+00AD⟩")


def test_records_of_the_same_fields_become_a_table_and_others_a_list() -> None:
    rows = [Line("x", 1, "", "1."), Line("x", 2, "A", "a"), Line("x", 1, "", "2."), Line("x", 2, "A", "b")]
    deep = [*rows, Line("x", 3, "C", "c")]

    assert [[line.value for line in row] for row in arrange_rows(rows)] == [["a"], ["b"]]
    assert arrange_rows(deep) == arrange_rows([*rows, Line("x", 2, "B", "b")]) == arrange_rows([]) == ()
