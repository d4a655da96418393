"""A month as a table for the payroll: one line a person, in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from backend.core.errors import N_
from backend.core.i18n import translate
from backend.core.spreadsheets import Cell, Heading
from backend.identity.models import Post
from backend.operations.duty.models import DutyReward, RewardState
from backend.operations.duty.queries.statements import Brief
from backend.operations.duty.rules import Rule, band
from backend.operations.duty.wording import BANDS

TITLE = N_("履职")
_HEADINGS = (
    (N_("月份"), 10),
    (N_("账号"), 16),
    (N_("姓名"), 16),
    (N_("班组"), 16),
    (N_("岗位"), 24),
    (N_("得分"), 10),
    (N_("等级"), 10),
    (N_("任务数"), 10),
    (N_("失分项"), 10),
    (N_("奖惩分"), 10),
    (N_("奖惩金额（元）"), 16),
    (N_("版本"), 10),
    (N_("规则版本"), 10),
)


@dataclass(frozen=True)
class Payroll:
    """What lines are made of: rules by number, posts by id, granted rewards by person."""

    locale: str
    rules: Mapping[int, Rule]
    posts: Mapping[int, Post]
    rewards: Mapping[int, Sequence[DutyReward]]


def headings(locale: str) -> list[Heading]:
    """The first line."""
    return [Heading(translate(locale, words), width) for words, width in _HEADINGS]


def lines(people: Iterable[Brief], known: Payroll) -> list[list[Cell]]:
    """One line a person; version 0 is the running one, of which nothing is final."""
    return [_line(one, known) for one in people]


def _line(one: Brief, known: Payroll) -> list[Cell]:
    statement = one.statement
    granted = [r for r in known.rewards.get(statement.person_id, ()) if r.state == RewardState.GRANTED]
    level = band(known.rules[statement.rule_number], one.points) if one.points is not None else None
    return [
        f"{statement.month:%Y-%m}",
        one.person.account,
        _named(known.locale, one.person),
        _named(known.locale, one.team) if one.team else "",
        "、".join(_named(known.locale, known.posts[id_]) for id_ in statement.post_ids if id_ in known.posts),
        statement.score,
        translate(known.locale, BANDS[level]) if level else translate(known.locale, N_("无数据")),
        statement.exposure,
        statement.lapses,
        sum((reward.points for reward in granted), Decimal(0)),
        sum((reward.yuan for reward in granted), Decimal(0)),
        statement.version,
        statement.rule_number,
    ]


def _named(locale: str, thing: object) -> str:
    english = getattr(thing, "name_en", "") if locale == "en" else ""
    return str(english or getattr(thing, "name", ""))
