"""The plain text in which a safety officer writes a course, read and written back. Pure.

Pages: each begins with a line ``# title``; what follows is Markdown. Questions: each begins with ``? question``, then
its options, ``+ right`` or ``- wrong``, then ``! explanation``. Several ``+`` make a question with several answers.
"""

from itertools import zip_longest
from typing import Literal

from backend.core.errors import N_, Invalid
from backend.training.content import Page, Question

_Asked = tuple[str, list[tuple[bool, str]], str]
"""Question, options with whether they are right, explanation."""
_TRUE_FALSE = [("对", "True"), ("错", "False")]


def read_pages(chinese: str, english: str) -> list[Page]:
    """The pages; without English its texts are empty. Raises Invalid by field."""
    ours, theirs = _pages(chinese), _pages(english)
    if not ours:
        raise Invalid(fields={"pages": N_("请至少写一页，每页以“# 标题”开头")})
    if theirs and len(theirs) != len(ours):
        raise Invalid(fields={"pages_en": N_("英文的页数与中文不同")})
    return [Page(t, e, x, y) for (t, x), (e, y) in zip_longest(ours, theirs, fillvalue=("", ""))]


def _pages(written: str) -> list[tuple[str, str]]:
    found: list[tuple[str, list[str]]] = []
    for line in written.replace("\r\n", "\n").split("\n"):
        if line.startswith("# ") and line[2:].strip():
            found.append((line[2:].strip(), []))
        elif found:
            found[-1][1].append(line)
    return [(title, "\n".join(lines).strip()) for title, lines in found]


def read_questions(chinese: str, english: str) -> list[Question]:
    """The questions; English ones stand in the same order with their options. Raises Invalid by field."""
    ours, theirs = _questions(chinese, "questions"), _questions(english, "questions_en")
    if not ours:
        raise Invalid(fields={"questions": N_("请至少写一道题")})
    if theirs and [[r for r, _ in o] for _, o, _ in theirs] != [[r for r, _ in o] for _, o, _ in ours]:
        raise Invalid(fields={"questions_en": N_("英文的题目或选项与中文对不上")})
    return [_question(one, theirs[n] if theirs else None) for n, one in enumerate(ours)]


def _question(ours: _Asked, theirs: _Asked | None) -> Question:
    text, options, why = ours
    text_en, options_en, why_en = theirs or ("", [(right, "") for right, _ in options], "")
    both = [(o, e) for (_, o), (_, e) in zip(options, options_en, strict=True)]
    right = [n for n, (good, _) in enumerate(options) if good]
    kind: Literal["single", "multiple", "true_false"] = "multiple" if len(right) > 1 else "single"
    if [o for _, o in options] == [zh for zh, _ in _TRUE_FALSE]:
        kind, both = "true_false", _TRUE_FALSE
    return Question(kind, text, text_en, both, right, why, why_en)


def _questions(written: str, field: str) -> list[_Asked]:
    found: list[tuple[str, list[tuple[bool, str]], list[str]]] = []
    for line in (one.strip() for one in written.splitlines()):
        mark, words = line[:1], line[1:].strip()
        if mark == "?" and words:
            found.append((words, [], []))
        elif mark in {"+", "-"} and words and found:
            found[-1][1].append((mark == "+", words))
        elif mark == "!" and words and found:
            found[-1][2].append(words)
        elif line:
            raise Invalid(fields={field: N_("每行请以 ? + - 或 ! 开头")})
    for _, options, _ in found:
        if len(options) < 2 or not any(right for right, _ in options):
            raise Invalid(fields={field: N_("每道题至少两个选项，其中至少一个用 + 标为正确")})
    return [(words, options, " ".join(why)) for words, options, why in found]


def write_pages(pages: list[Page], *, english: bool) -> str:
    """What ``read_pages`` reads; empty when there is no English."""
    if english and not any(page.title_en for page in pages):
        return ""
    return "\n\n".join(f"# {p.title_en}\n{p.text_en}" if english else f"# {p.title}\n{p.text}" for p in pages)


def write_questions(questions: list[Question], *, english: bool) -> str:
    """What ``read_questions`` reads; empty when there is no English."""
    if english and not any(question.text_en for question in questions):
        return ""
    return "\n\n".join(_written(question, english) for question in questions)


def _written(question: Question, english: bool) -> str:
    options = [f"{'+' if n in question.right else '-'} {o[english]}" for n, o in enumerate(question.options)]
    why = question.why_en if english else question.why
    return "\n".join([f"? {question.text_en if english else question.text}", *options, *([f"! {why}"] if why else [])])
