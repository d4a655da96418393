"""A checklist: its questions as stored, as typed by who writes it, and what was found when they were answered. Pure."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from backend.checkins.judging import Item, ItemKind, Verdict, judge
from backend.core.errors import N_, Invalid
from backend.core.pictures import Picture

MOST_QUESTIONS = 40
MOST_LETTERS = 110
FAILING_MARK = "!"
"""Before a choice that means something is wrong, as typed; the full-width one too."""
_APART = re.compile(r"[\n,，、;；]+")


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One item with its words. Limits are in ``unit`` and still well themselves."""

    kind: ItemKind
    title: str
    title_en: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    choices_en: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    """Those of ``choices`` that mean something is wrong."""

    @property
    def item(self) -> Item:
        """As it is judged."""
        return Item(self.kind, self.low, self.high, self.choices, frozenset(self.failing))

    @property
    def options(self) -> list[tuple[str, str]]:
        """Choices with their English, which may be empty."""
        english = self.choices_en if len(self.choices_en) == len(self.choices) else ("",) * len(self.choices)
        return list(zip(self.choices, english, strict=True))


USUAL = (
    Question(ItemKind.YES_NO, N_("外观、声音、温度正常")),
    Question(ItemKind.YES_NO, N_("没有泄漏、异味")),
)
"""Asked at a place for which no plan has a checklist; translated when shown."""


def stored(questions: Sequence[Question]) -> list[dict[str, object]]:
    """For ``Checklist.items``."""
    built: list[dict[str, object]] = msgspec.to_builtins(list(questions))
    return built


def loaded(items: Sequence[Mapping[str, object]]) -> tuple[Question, ...]:
    """Of ``Checklist.items``. Raises msgspec.ValidationError for what isn't a checklist."""
    return msgspec.convert(items, tuple[Question, ...])


@dataclass(frozen=True)
class TypedQuestion:
    """A row of the form that writes a checklist, all as typed."""

    kind: str = ItemKind.YES_NO
    title: str = ""
    title_en: str = ""
    low: str = ""
    high: str = ""
    unit: str = ""
    choices: str = ""
    choices_en: str = ""

    @classmethod
    def of(cls, question: Question) -> "TypedQuestion":
        """A stored question as it would be typed."""
        marked = [FAILING_MARK + choice if choice in question.failing else choice for choice in question.choices]
        low, high = ("" if limit is None else f"{limit:g}" for limit in (question.low, question.high))
        return cls(
            question.kind,
            question.title,
            question.title_en,
            low,
            high,
            question.unit,
            "，".join(marked),
            ", ".join(question.choices_en),
        )


def read_questions(rows: Sequence[TypedQuestion]) -> tuple[Question, ...]:
    """The checklist of ``rows``, those without a title left out. Raises Invalid by ``item_<n>``, or ``items``."""
    wrong: dict[str, str] = {}
    questions = []
    for place, row in enumerate(rows):
        if not row.title.strip():
            continue
        try:
            questions.append(_question(row))
        except ValueError as refused:
            wrong[f"item_{place}"] = str(refused)
    if not questions and not wrong:
        wrong["items"] = N_("请至少写一项检查内容")
    if len(questions) > MOST_QUESTIONS:
        wrong["items"] = N_("检查项太多，请分成几个计划")
    if wrong:
        raise Invalid(fields=wrong)
    return tuple(questions)


def _question(row: TypedQuestion) -> Question:
    title, title_en, unit = (part.strip() for part in (row.title, row.title_en, row.unit))
    if max(len(title), len(title_en)) > MOST_LETTERS or len(unit) > 20:
        raise ValueError(N_("内容太长，请精简"))
    if row.kind not in set(ItemKind):
        raise ValueError(N_("请选择检查方式"))
    kind = ItemKind(row.kind)
    if kind is ItemKind.READING:
        low, high = _limit(row.low), _limit(row.high)
        if low is not None and high is not None and low > high:
            raise ValueError(N_("下限不能高于上限"))
        return Question(kind, title, title_en, unit, low, high)
    if kind is ItemKind.CHOICE:
        choices, english, failing = _choices(row)
        return Question(kind, title, title_en, choices=choices, choices_en=english, failing=failing)
    return Question(kind, title, title_en)


def _limit(typed: str) -> float | None:
    if not typed.strip():
        return None
    try:
        value = float(typed)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(N_("上下限请填写数字"))
    return value


def _choices(row: TypedQuestion) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Choices, their English, and those that fail."""
    typed = [word.strip() for word in _APART.split(row.choices.replace("！", FAILING_MARK)) if word.strip()]
    choices = tuple(word.removeprefix(FAILING_MARK).strip() for word in typed)
    english = tuple(word.strip().removeprefix(FAILING_MARK) for word in _APART.split(row.choices_en) if word.strip())
    if not 2 <= len(choices) <= 10 or len(set(choices)) < len(choices) or "" in choices:
        raise ValueError(N_("请写 2 到 10 个不同的选项，用逗号隔开"))
    if english and len(english) != len(choices):
        raise ValueError(N_("英文选项与中文选项的个数不同"))
    failing = tuple(choice for choice, word in zip(choices, typed, strict=True) if word.startswith(FAILING_MARK))
    return choices, english, failing


@dataclass(frozen=True)
class Answer:
    """What was sent for one item."""

    answer: str = ""
    note: str = ""
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True)
class Finding:
    """An item with what was answered, and what that means."""

    position: int
    question: Question
    answer: Answer
    verdict: Verdict


def findings(questions: Sequence[Question], answers: Mapping[int, Answer], *, all_well: bool = False) -> list[Finding]:
    """Judge ``answers`` by the places of ``questions``. ``all_well`` says yes to every yes/no without an answer.

    Raises Invalid by ``answer_<n>`` for what is unanswered or unreadable, and for a failed item that shows neither
    photo nor words. A text may stay empty.
    """
    found = []
    wrong: dict[str, str] = {}
    for place, question in enumerate(questions):
        answer = answers.get(place, Answer())
        said = answer.answer.strip()
        if all_well and question.kind is ItemKind.YES_NO and not said:
            said = "yes"
        verdict = judge(question.item, said, len(answer.pictures))
        if verdict is Verdict.UNANSWERED and question.kind is ItemKind.TEXT:
            verdict = Verdict.WELL
        found.append(Finding(place, question, Answer(said, answer.note.strip(), answer.pictures), verdict))
        refused = _refused(found[-1])
        if refused:
            wrong[f"answer_{place}"] = refused
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _refused(finding: Finding) -> str:
    if finding.verdict is Verdict.UNANSWERED:
        return N_("请拍照") if finding.question.kind is ItemKind.PHOTO else N_("请作答")
    if finding.verdict is Verdict.UNREADABLE:
        return N_("请填写数字") if finding.question.kind is ItemKind.READING else N_("请重新选择")
    if max(len(finding.answer.answer), len(finding.answer.note)) > 1000:
        return N_("内容太长，请精简")
    if finding.verdict is Verdict.FAILED and not finding.answer.pictures and not finding.answer.note:
        return N_("不正常时请拍照，或写明情况")
    return ""
