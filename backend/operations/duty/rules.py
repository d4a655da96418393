"""What an assessment rule says, in points. Pure.

The usual one is INDICATORS.md's 25 identify + 25 warnings + 30 rectify + 20 review and training.
"""

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from backend.core.errors import N_, Invalid


class Item(enum.StrEnum):
    """The four items of a score."""

    IDENTIFY = "identify"
    WARNINGS = "warnings"
    RECTIFY = "rectify"
    LEARN = "learn"


class Kind(enum.StrEnum):
    """What a row of a statement is: a lapse, or (the last two) something that earns points back."""

    VISIT_MISSED = "visit_missed"
    VISIT_MADE_UP = "visit_made_up"
    ACK_LATE = "ack_late"
    DISPOSAL_LATE = "disposal_late"
    RECTIFICATION_LATE = "rectification_late"
    RECTIFICATION_RETURNED = "rectification_returned"
    RECTIFICATION_RECURRED = "rectification_recurred"
    MEETING_MISSED = "meeting_missed"
    COURSE_LATE = "course_late"
    QUIZ_FAILED = "quiz_failed"
    REPORT_ACCEPTED = "report_accepted"
    REPORT_GRAVE = "report_grave"


GAINS = (Kind.REPORT_ACCEPTED, Kind.REPORT_GRAVE)
LAPSES = tuple(kind for kind in Kind if kind not in GAINS)
ITEM_OF = {
    Kind.VISIT_MISSED: Item.IDENTIFY,
    Kind.VISIT_MADE_UP: Item.IDENTIFY,
    Kind.ACK_LATE: Item.WARNINGS,
    Kind.DISPOSAL_LATE: Item.WARNINGS,
    Kind.RECTIFICATION_LATE: Item.RECTIFY,
    Kind.RECTIFICATION_RETURNED: Item.RECTIFY,
    Kind.RECTIFICATION_RECURRED: Item.RECTIFY,
    Kind.MEETING_MISSED: Item.LEARN,
    Kind.COURSE_LATE: Item.LEARN,
    Kind.QUIZ_FAILED: Item.LEARN,
    Kind.REPORT_ACCEPTED: Item.IDENTIFY,
    Kind.REPORT_GRAVE: Item.IDENTIFY,
}


def _weights() -> dict[str, int]:
    return {Item.IDENTIFY: 25, Item.WARNINGS: 25, Item.RECTIFY: 30, Item.LEARN: 20}


def _full() -> dict[str, int]:
    return dict.fromkeys(Item, 100)


def _points() -> dict[str, float]:
    return {
        Kind.VISIT_MISSED: 2.0,
        Kind.VISIT_MADE_UP: 1.0,
        Kind.ACK_LATE: 3.0,
        Kind.DISPOSAL_LATE: 3.0,
        Kind.RECTIFICATION_LATE: 5.0,
        Kind.RECTIFICATION_RETURNED: 3.0,
        Kind.RECTIFICATION_RECURRED: 5.0,
        Kind.MEETING_MISSED: 5.0,
        Kind.COURSE_LATE: 5.0,
        Kind.QUIZ_FAILED: 1.0,
        Kind.REPORT_ACCEPTED: 1.0,
        Kind.REPORT_GRAVE: 3.0,
    }


@dataclass(frozen=True)
class Rule:
    """Points of a lapse are taken, those of a gain given back, within their item. Days are the site's."""

    weights: Mapping[str, int] = field(default_factory=_weights)
    """Item → points of 100."""
    full_pct: Mapping[str, int] = field(default_factory=_full)
    """Item → percent of what was asked that must be in order for the item to be full (100: any lapse counts)."""
    points: Mapping[str, float] = field(default_factory=_points)
    """Kind → points, per row."""
    disposal_hours: int = 24
    """An alarm that somebody acknowledged is to be over within so many hours."""
    few: int = 5
    """Less was asked than this: the score says that it rests on little, and nobody is compared by it."""
    excellent: int = 90
    good: int = 75
    fair: int = 60
    """From so many points on; below ``fair`` a score asks for improvement."""
    grave_points: float = 5.0
    grave_yuan: float = 100.0
    """Proposed for each hazard of 较大 or 重大 that was found and accepted."""
    perfect_points: float = 5.0
    perfect_yuan: float = 0.0
    perfect_from: int = 20
    """Proposed for a month without a lapse in which so much was asked, at least."""
    poor_points: float = 0.0
    poor_yuan: float = 0.0
    """Proposed to be taken for a month below ``fair``; 0 and 0: nothing is proposed."""
    remind_below: int = 80
    """Who is below is reminded in the middle of the month, at most once a week; 0: nobody."""
    appeal_days: int = 7
    """So long after the month was frozen a point may be appealed."""
    answer_days: int = 5
    """So long an appeal may wait for its answer."""

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, terms: Mapping[str, Any]) -> "Rule":
        """From JSON; what an older version didn't have is as usual."""
        known = {name: terms[name] for name in cls.__dataclass_fields__ if name in terms}
        return cls(**known)


USUAL = Rule()
MOST_POINTS = 100
_BOUNDS = {
    "disposal_hours": (1, 720),
    "few": (1, 1000),
    "perfect_from": (1, 10_000),
    "remind_below": (0, 100),
    "appeal_days": (1, 60),
    "answer_days": (1, 60),
    "grave_points": (0, 100),
    "grave_yuan": (0, 100_000),
    "perfect_points": (0, 100),
    "perfect_yuan": (0, 100_000),
    "poor_points": (0, 100),
    "poor_yuan": (0, 100_000),
}


def check_rule(rule: Rule) -> None:
    """Raises Invalid by field for weights that aren't 100 in sum, numbers out of bounds, bands out of order."""
    wrong: dict[str, str] = {}
    if any(not 0 <= rule.weights[item] <= MOST_POINTS for item in Item) or sum(rule.weights.values()) != MOST_POINTS:
        wrong["weight_identify"] = N_("四项分值合计应为 100")
    for item in Item:
        if not 50 <= rule.full_pct[item] <= 100:
            wrong[f"full_{item}"] = N_("请填写 50 到 100")
    for kind in Kind:
        if not 0 <= rule.points[kind] <= MOST_POINTS:
            wrong[f"points_{kind}"] = N_("请填写 0 到 100")
    for name, (least, most) in _BOUNDS.items():
        if not least <= getattr(rule, name) <= most:
            wrong[name] = N_("数值超出允许范围")
    if not 0 < rule.fair < rule.good < rule.excellent <= 100:
        wrong["fair"] = N_("等级分数线应依次升高：合格、良好、优秀")
    if wrong:
        raise Invalid(fields=wrong)


class Band(enum.StrEnum):
    """Level of a score by the rule's lines."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


def band(rule: Rule, score: float) -> Band:
    """The level of ``score`` (0 to 100)."""
    for line, level in ((rule.excellent, Band.EXCELLENT), (rule.good, Band.GOOD), (rule.fair, Band.FAIR)):
        if score >= line:
            return level
    return Band.POOR
