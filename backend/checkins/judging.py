"""Whether what was answered on a checklist is well. Pure."""

import enum
import math
from dataclasses import dataclass


class ItemKind(enum.StrEnum):
    """What an item of a checklist asks for."""

    YES_NO = "yes_no"
    READING = "reading"
    CHOICE = "choice"
    TEXT = "text"
    PHOTO = "photo"


class Verdict(enum.StrEnum):
    """What an answer says about the item."""

    WELL = "well"
    FAILED = "failed"
    UNANSWERED = "unanswered"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Item:
    """One item; limits are in the reading's own unit and still well themselves."""

    kind: ItemKind
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    failing: frozenset[str] = frozenset()
    """Choices that mean something is wrong."""


def judge(item: Item, answer: str, photos: int = 0) -> Verdict:
    """Judge ``answer`` as it was sent: ``yes`` (well) or ``no``, a number, a choice, a text; or count ``photos``."""
    answer = answer.strip()
    if item.kind is ItemKind.PHOTO:
        return Verdict.WELL if photos else Verdict.UNANSWERED
    if not answer:
        return Verdict.UNANSWERED
    if item.kind is ItemKind.YES_NO:
        return {"yes": Verdict.WELL, "no": Verdict.FAILED}.get(answer, Verdict.UNREADABLE)
    if item.kind is ItemKind.READING:
        return _reading(item, answer)
    if item.kind is ItemKind.CHOICE and answer not in item.choices:
        return Verdict.UNREADABLE
    return Verdict.FAILED if item.kind is ItemKind.CHOICE and answer in item.failing else Verdict.WELL


def _reading(item: Item, answer: str) -> Verdict:
    try:
        value = float(answer)
    except ValueError:
        return Verdict.UNREADABLE
    if not math.isfinite(value):
        return Verdict.UNREADABLE
    too_low = item.low is not None and value < item.low
    too_high = item.high is not None and value > item.high
    return Verdict.FAILED if too_low or too_high else Verdict.WELL
