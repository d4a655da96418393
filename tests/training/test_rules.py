"""The quiz, duties and the text courses are written in: rules without a database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.training import drafting, quiz
from backend.training.content import Content, Page, Question, as_html
from backend.training.drafting import Draft, DraftPage, DraftQuestion
from backend.training.duties import Duty, duty

TODAY = date(2026, 11, 26)


def content(questions: int, draw: int, pass_mark: int = 80) -> Content:
    bank = [
        Question("multiple", f"题{n}", "", [("甲", ""), ("乙", ""), ("丙", "")], [0, 2], "", "")
        for n in range(questions)
    ]
    return Content([Page("页", "", "文", "")], bank, pass_mark, draw)


@given(st.integers(1, 12), st.integers(0, 2**31 - 1), st.data())
def test_a_seed_repeats_its_draw_and_right_answers_pass(bank: int, seed: int, data: st.DataObject) -> None:
    course = content(bank, data.draw(st.integers(1, bank)))
    asked = quiz.drawn(course, seed)
    assert asked == quiz.drawn(course, seed)
    assert len({one.index for one in asked}) == course.draw
    assert all(sorted(one.order) == [0, 1, 2] for one in asked)
    wrong = data.draw(st.integers(0, len(asked)))
    answers = {one.index: [0, 2] if n >= wrong else [0] for n, one in enumerate(asked)}
    graded = quiz.grade(course, seed, answers)
    assert len(graded.right) == len(asked) - wrong
    assert graded.passed == ((len(asked) - wrong) / len(asked) >= 0.8)


def test_a_certificate_calls_for_renewal_thirty_days_before_it_ends() -> None:
    def stands(days_left: int) -> tuple[Duty, date | None]:
        until = TODAY + timedelta(days=days_left)
        return duty(TODAY, due_on=date(2025, 1, 1), passed=True, valid_until=until)

    assert stands(31) == (Duty.PASSED, None)
    assert stands(30) == (Duty.DUE, TODAY + timedelta(days=30))
    assert stands(-1) == (Duty.OVERDUE, TODAY - timedelta(days=1))
    assert duty(TODAY, due_on=None, passed=False, valid_until=None) == (Duty.FREE, None)
    assert duty(TODAY, due_on=TODAY, passed=False, valid_until=None) == (Duty.DUE, TODAY)


_WORDS = st.text(st.characters(whitelist_categories=["L", "N"]), min_size=1, max_size=12)
_OPTIONS = st.lists(_WORDS, min_size=2, max_size=6)
_ASKED = st.lists(st.tuples(_WORDS, _OPTIONS), min_size=1, max_size=8)


def _form(draft: Draft) -> list[tuple[str, str]]:
    """What a browser sends for the draft."""
    sent = [(name, getattr(draft, name)) for name in ("title", "title_en", "pass_mark", "draw", "valid_days")]
    for n, page in enumerate(draft.pages):
        sent += [(f"p{n}.title", page.title), (f"p{n}.text", page.text)]
        sent += [(f"p{n}.media", str(id_)) for id_ in page.media]
    for n, one in enumerate(draft.questions):
        sent += [(f"q{n}.text", one.text), *[(f"q{n}.right", str(index)) for index in one.right]]
        sent += [(f"q{n}.o{index}", chinese) for index, (chinese, _) in enumerate(one.options)]
    return sent


@given(_ASKED, st.lists(st.integers(1, 2**40), max_size=3), st.data())
def test_what_is_published_reads_the_same_when_it_is_changed(
    asked: list[tuple[str, list[str]]], media: list[int], data: st.DataObject
) -> None:
    questions = []
    for words, options in asked:
        right = data.draw(st.lists(st.integers(0, len(options) - 1), min_size=1, max_size=len(options), unique=True))
        questions.append(DraftQuestion(words, "", [(one, "") for one in options], sorted(right)))
    draft = Draft(title="课", pages=[DraftPage("页", "", "文", "", media)], questions=questions)
    content = drafting.content_of(drafting.read_draft(_form(draft)))
    again = drafting.read_draft(_form(drafting.draft_of("课", "", content)))
    assert drafting.content_of(again) == content


_MOVES = [f"{part}-{way}-{n}" for part in ("page", "question") for way in ("up", "down", "remove") for n in range(9)]
_DEEDS = st.lists(st.sampled_from(["page-add", "question-add", "judgement-add", *_MOVES]))


@given(_DEEDS)
def test_buttons_move_and_lose_nothing_but_what_is_removed(deeds: list[str]) -> None:
    draft = Draft(pages=[DraftPage(str(n)) for n in range(4)])
    for deed in deeds:
        before = sorted(page.title for page in draft.pages)
        assert drafting.act(draft, deed)
        after = sorted(page.title for page in draft.pages)
        changed = len(after) - len(before)
        assert abs(changed) <= 1 and (changed or after == before)
    assert not drafting.act(draft, "publish")


_TWO = [("甲", ""), ("乙", "")]


@pytest.mark.parametrize(
    "question", [DraftQuestion(), DraftQuestion("题", "", _TWO[:1], [0]), DraftQuestion("题", "", _TWO, [5])]
)
def test_questions_nobody_can_answer_are_refused(question: DraftQuestion) -> None:
    with pytest.raises(Invalid) as refused:
        drafting.content_of(Draft(title="课", pages=[DraftPage("页", "", "文")], questions=[question]))
    assert set(refused.value.fields) == {"q0.text"}


def test_text_of_a_course_can_hold_no_script() -> None:
    html = as_html("<script>alert(1)</script> [x](javascript:alert(1)) **粗** ![p](http://x/y.png)").replace(
        'href="http://x/y.png"', ""
    )
    assert "<script" not in html and "href" not in html and "<img" not in html and "<strong>粗" in html
