"""A course while it is being written: read from its form, changed by its buttons, made into content. Pure.

The form holds all of the draft, so that every button works without a script and nothing unfinished is stored. Fields
of page 2 are ``p2.title``, ``p2.title_en``, ``p2.text``, ``p2.text_en``, ``p2.media`` (several); of question 0
``q0.text``, ``q0.why``, ``q0.o1`` (its second option), ``q0.right`` (several indices), each but the last with ``_en``.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from backend.core.errors import N_, Invalid
from backend.training.content import Content, Page, Question

MOST_PAGES = 20
MOST_QUESTIONS = 40
MOST_OPTIONS = 6
LONGEST_TEXT = 20_000
"""Letters of a page."""
_INDICES = {str(index) for index in range(MOST_OPTIONS)}
_TRUE_FALSE = [("对", "True"), ("错", "False")]
_FIELD = re.compile(r"([pq])(\d{1,2})\.(title|title_en|text|text_en|media|why|why_en|right|o[0-5]|o[0-5]_en)")
_DEED = re.compile(r"(page|question)-(up|down|remove)-(\d{1,2})")


@dataclass
class DraftPage:
    """A page as typed; ``media`` are ids."""

    title: str = ""
    title_en: str = ""
    text: str = ""
    text_en: str = ""
    media: list[int] = field(default_factory=list)


@dataclass
class DraftQuestion:
    """A question as typed; ``options`` are pairs of Chinese and English, empty ones don't count."""

    text: str = ""
    text_en: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    why: str = ""
    why_en: str = ""


@dataclass
class Draft:
    """A course as typed."""

    title: str = ""
    title_en: str = ""
    pass_mark: str = "80"  # noqa: S105 - percent
    draw: str = ""
    valid_days: str = "365"
    pages: list[DraftPage] = field(default_factory=lambda: [DraftPage()])
    questions: list[DraftQuestion] = field(default_factory=lambda: [DraftQuestion()])


def draft_of(title: str, title_en: str, content: Content) -> Draft:
    """A published version, to be changed."""
    return Draft(
        title=title,
        title_en=title_en,
        pass_mark=str(content.pass_mark),
        draw=str(content.draw) if content.draw < len(content.questions) else "",
        valid_days=str(content.valid_days or ""),
        pages=[DraftPage(p.title, p.title_en, p.text, p.text_en, list(p.media)) for p in content.pages],
        questions=[
            DraftQuestion(q.text, q.text_en, list(q.options), list(q.right), q.why, q.why_en) for q in content.questions
        ],
    )


def read_draft(sent: Iterable[tuple[str, str]]) -> Draft:
    """The draft in the form's fields ``sent``; what is none of ours is left out."""
    top: dict[str, str] = {}
    parts: dict[str, dict[int, dict[str, list[str]]]] = {"p": defaultdict(dict), "q": defaultdict(dict)}
    for name, value in sent:
        if found := _FIELD.fullmatch(name):
            parts[found[1]][int(found[2])].setdefault(found[3], []).append(value)
        elif name in {"title", "title_en", "pass_mark", "draw", "valid_days"}:
            top[name] = value[:200]
    pages = [_page(fields) for _, fields in sorted(parts["p"].items())]
    questions = [_question(fields) for _, fields in sorted(parts["q"].items())]
    return Draft(**top, pages=pages[:MOST_PAGES], questions=questions[:MOST_QUESTIONS])


def _first(fields: Mapping[str, list[str]], name: str, most: int = 400) -> str:
    return fields.get(name, [""])[0].replace("\r\n", "\n").strip()[:most]


def _page(fields: Mapping[str, list[str]]) -> DraftPage:
    media = [int(id_) for id_ in fields.get("media", []) if id_.isascii() and id_.isdecimal() and len(id_) < 19]
    text, text_en = (_first(fields, name, LONGEST_TEXT) for name in ("text", "text_en"))
    return DraftPage(_first(fields, "title"), _first(fields, "title_en"), text, text_en, media)


def _question(fields: Mapping[str, list[str]]) -> DraftQuestion:
    options = [(_first(fields, f"o{n}"), _first(fields, f"o{n}_en")) for n in range(MOST_OPTIONS)]
    right = [
        int(index) for index in fields.get("right", []) if index.isascii() and index.isdecimal() and len(index) < 3
    ]
    text, text_en, why, why_en = (_first(fields, name) for name in ("text", "text_en", "why", "why_en"))
    return DraftQuestion(text, text_en, options, right, why, why_en)


def act(draft: Draft, deed: str) -> bool:
    """Do what the button ``deed`` says: ``page-add``, ``question-add``, ``judgement-add``, ``page-up-2``, …

    Gives whether it was one of these; one that can't be done (the first page up) leaves the draft as it is.
    """
    if deed == "page-add" and len(draft.pages) < MOST_PAGES:
        draft.pages.append(DraftPage())
    elif deed == "question-add" and len(draft.questions) < MOST_QUESTIONS:
        draft.questions.append(DraftQuestion())
    elif deed == "judgement-add" and len(draft.questions) < MOST_QUESTIONS:
        draft.questions.append(DraftQuestion(options=list(_TRUE_FALSE)))
    elif found := _DEED.fullmatch(deed):
        _move(draft.pages if found[1] == "page" else draft.questions, found[2], int(found[3]))
    return deed.endswith("-add") or bool(_DEED.fullmatch(deed))


def _move(parts: list[DraftPage] | list[DraftQuestion], way: str, index: int) -> None:
    other = index + {"up": -1, "down": 1}.get(way, 0)
    if way == "remove" and index < len(parts):
        del parts[index]
    elif 0 <= index < len(parts) and 0 <= other < len(parts):
        parts.insert(other, parts.pop(index))  # type: ignore[arg-type]


def content_of(draft: Draft) -> Content:
    """The draft as content that can be published. Raises Invalid naming each field that hinders it."""
    wrong: dict[str, str] = {}
    if not draft.title.strip():
        wrong["title"] = N_("请填写课程名称")
    if not draft.pages:
        wrong["pages"] = N_("请至少写一页")
    if not draft.questions:
        wrong["questions"] = N_("请至少写一道题")
    for n, page in enumerate(draft.pages):
        if not page.title or not (page.text or page.media):
            wrong[f"p{n}.title"] = N_("请填写标题和正文，或上传资料")
    questions = [_finished(n, one, wrong) for n, one in enumerate(draft.questions)]
    draw = _whole(draft.draw, "draw", len(questions), wrong) if draft.draw.strip() else len(questions)
    valid = _whole(draft.valid_days, "valid_days", 3650, wrong) if draft.valid_days.strip() else None
    mark = _whole(draft.pass_mark, "pass_mark", 100, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    pages = [Page(p.title, p.title_en, p.text, p.text_en, p.media) for p in draft.pages]
    return Content(pages, [one for one in questions if one], mark, draw, valid)


def _finished(number: int, one: DraftQuestion, wrong: dict[str, str]) -> Question | None:
    kept = [index for index, (chinese, _) in enumerate(one.options) if chinese]
    right = [kept.index(index) for index in sorted(set(one.right)) if index in kept]
    options = [one.options[index] for index in kept]
    if not one.text or len(options) < 2 or not right:
        wrong[f"q{number}.text"] = N_("请写题目和至少两个选项，并勾选正确的")
        return None
    kind: Literal["single", "multiple", "true_false"] = "multiple" if len(right) > 1 else "single"
    if [chinese for chinese, _ in options] == [chinese for chinese, _ in _TRUE_FALSE] and len(right) == 1:
        kind, options = "true_false", list(_TRUE_FALSE)
    return Question(kind, one.text, one.text_en, options, right, one.why, one.why_en)


def _whole(typed: str, name: str, most: int, wrong: dict[str, str]) -> int:
    typed = typed.strip()
    if typed.isascii() and typed.isdecimal() and len(typed) < 8 and 1 <= int(typed) <= most:
        return int(typed)
    wrong[name] = N_("请填写范围内的整数")
    return 1
