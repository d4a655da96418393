"""Which level a report suggests, and why: rules that fit on a card. Pure. The leader decides.

The worst of these counts: a word that names something dangerous, an open alarm at the same equipment, several open
reports of the same place. Words, and counts, are ours, not a standard's.
"""

import enum
import re
from dataclasses import dataclass

from backend.alarms.models import Level

OFTEN = 3
"""So many open reports of one place make it at least ``significant``."""


class Reason(enum.StrEnum):
    """What a suggested level follows from."""

    WORD = "word"
    ALARM = "alarm"
    OFTEN = "often"
    USUAL = "usual"
    """Nothing stood out."""
    GIVEN = "given"
    """No suggestion: a check-in's item or a program said it."""


_SIGNS: dict[Level, tuple[str, ...]] = {
    Level.MAJOR: (
        *("泄漏", "泄露", "漏气", "着火", "起火", "明火", "冒烟", "爆炸", "中毒", "窒息", "触电", "有毒", "受限空间"),
        *("坍塌", "坠落", "leak", "fire", "smoke", "explosion", "poison", "toxic", "electric shock", "confined space"),
        "collapse",
    ),
    Level.SIGNIFICANT: (
        *("漏电", "漏油", "渗油", "高处", "护栏", "防护罩", "联锁", "报警失灵", "安全阀", "通道堵", "灭火器", "裸露"),
        *("guard", "railing", "interlock", "safety valve", "blocked exit", "extinguisher", "exposed wire"),
    ),
    Level.LOW: ("标签", "标识", "脏", "杂物", "灯不亮", "label", "dirty", "litter", "lamp"),
}
_DENIED = re.compile(r"(?:没有|没|无|未|不|no|not|without)(?:发现|见|any)?\s*$")
_RANK = {level: rank for rank, level in enumerate(Level)}


@dataclass(frozen=True)
class Seen:
    """What the rules look at. ``alarm`` is the worst open alarm's level at the same equipment."""

    words: str = ""
    alarm: str | None = None
    open_here: int = 0
    """Open reports of the same place."""


@dataclass(frozen=True)
class Suggestion:
    """A level and why; ``sign`` is the word, where the reason is one."""

    level: Level
    reason: Reason
    sign: str = ""


def suggested_level(seen: Seen) -> Suggestion:
    """The worst level that a rule gives; ``general`` when none says anything. What comes first wins a tie."""
    found = [_by_words(seen.words), _by_alarm(seen.alarm), _by_number(seen.open_here)]
    known = [suggestion for suggestion in found if suggestion]
    return min(known, key=lambda one: _RANK[one.level], default=Suggestion(Level.GENERAL, Reason.USUAL))


def _by_words(words: str) -> Suggestion | None:
    lowered = words.casefold()
    for level, signs in _SIGNS.items():
        for sign in signs:
            if _says(lowered, sign):
                return Suggestion(level, Reason.WORD, sign)
    return None


def _says(lowered: str, sign: str) -> bool:
    """Whether ``sign`` stands there without a denial before it: 没有泄漏 says nothing of a leak."""
    places = (match.start() for match in re.finditer(re.escape(sign), lowered))
    return any(not _DENIED.search(lowered[max(0, start - 12) : start]) for start in places)


def _by_alarm(level: str | None) -> Suggestion | None:
    if level not in {Level.MAJOR, Level.SIGNIFICANT}:
        return None
    return Suggestion(Level(level), Reason.ALARM)


def _by_number(open_here: int) -> Suggestion | None:
    return Suggestion(Level.SIGNIFICANT, Reason.OFTEN) if open_here >= OFTEN else None
