"""The quiz, duties and the text courses are written in: rules without a database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.training import quiz, writing
from backend.training.content import Content, Page, Question, as_html
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


@given(st.lists(st.tuples(_WORDS, st.lists(st.tuples(st.booleans(), _WORDS), min_size=2, max_size=5)), min_size=1))
def test_what_is_written_back_reads_the_same(asked: list[tuple[str, list[tuple[bool, str]]]]) -> None:
    lines = [f"? {text}\n+ 对的\n" + "\n".join(f"{'+' if r else '-'} {o}" for r, o in opts) for text, opts in asked]
    questions = writing.read_questions("\n".join(lines), "")
    assert writing.read_questions(writing.write_questions(questions, english=False), "") == questions


@pytest.mark.parametrize("typed", ["", "没有记号", "? 题\n+ 一个", "? 题\n- 甲\n- 乙"])
def test_questions_nobody_can_answer_are_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        writing.read_questions(typed, "")


def test_text_of_a_course_can_hold_no_script() -> None:
    html = as_html("<script>alert(1)</script> [x](javascript:alert(1)) **粗** ![p](http://x/y.png)").replace(
        'href="http://x/y.png"', ""
    )
    assert "<script" not in html and "href" not in html and "<img" not in html and "<strong>粗" in html
