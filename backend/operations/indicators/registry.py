"""Which indicators there are and what each is made of. Pure: SQL of the measures is in ``queries.facts``.

An indicator shows one measure in large and others beside it. A measure counts facts: each has a moment that places it
on a day, is in the numerator or not, and may have taken some seconds.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from backend.core.errors import N_

JUDGED_WITHIN = timedelta(hours=72)
BEFOREHAND = timedelta(hours=24)
"""So long before something breaks out it must have been registered to count as identified."""
TRAINING_SPAN = timedelta(days=90)


class Kind(enum.StrEnum):
    """How a measure's sums become a value."""

    SHARE = "share"
    DURATION = "duration"
    EFFECT = "effect"
    """Cases a post after less before, less the same of posts without (difference in differences)."""
    SCORE = "score"
    """The mean of scores 0 … 1; each fact counts ten-thousandths."""


class Better(enum.StrEnum):
    """Which way is good."""

    MORE = "more"
    LESS = "less"


@dataclass(frozen=True)
class Spread:
    """How long after a changed moment the facts lie whose counting it may alter. ``last`` None: until now; ``first``
    None: anywhere."""

    first: timedelta | None = timedelta()
    last: timedelta | None = timedelta()


SAME_DAY = Spread()
FROM_THEN_ON = Spread(last=None)
ANYWHERE = Spread(first=None, last=None)


@dataclass(frozen=True)
class Measure:
    """``words``: what it counts. ``topics``: changes of which tables concern it, and how. ``after``: a fact belongs to
    it only so long after its moment. ``matures``: facts lie a site's recurrence window after the moments of changes.
    """

    code: str
    kind: Kind
    words: str
    topics: Mapping[str, Spread]
    after: timedelta = timedelta()
    matures: bool = False
    levelled: bool = False
    """Whether its facts have one of the four levels."""


@dataclass(frozen=True)
class Indicator:
    """``beside``: further measures shown with it, in order; ``lies_at`` words: which moment places a fact."""

    code: str
    name: str
    formula: str
    measure: str
    better: Better
    usual_target: float
    lies_at: str
    picture: str
    beside: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = field(default=("area", "stage", "team", "post"))


_ALARM, _RECTIFICATION, _VISIT = {"alarm": SAME_DAY}, {"rectification": SAME_DAY}, {"visit": SAME_DAY}
_FORESEEN = {
    "incident": SAME_DAY,
    "hazard_report": FROM_THEN_ON,
    "rectification": FROM_THEN_ON,
    "warning": FROM_THEN_ON,
    "risk_point": FROM_THEN_ON,
}
_FOREWARNED = {"incident": SAME_DAY, "warning": ANYWHERE}
_TRACE = {"trace": SAME_DAY, "alarm": FROM_THEN_ON}
_TRAINING = dict.fromkeys(("alarm", "rectification", "passing", "training_rule"), FROM_THEN_ON)
_USE = {
    "person_day": FROM_THEN_ON,
    "account": ANYWHERE,
    "absence": ANYWHERE,
    "training_rule": ANYWHERE,
}
"""Whether somebody used it on a day, has an account, was away; ``training_rule`` also marks who holds which post. The
first day that is known of a site decides from which week on it is counted, so a day concerns all that follow."""

MEASURES: Mapping[str, Measure] = {
    one.code: one
    for one in (
        Measure("identified", Kind.SHARE, N_("事前已登记的事件和检查发现"), _FORESEEN, levelled=True),
        Measure("known_by_list", Kind.SHARE, N_("事前只列在风险点清单里的"), _FORESEEN, levelled=True),
        Measure("found_by_staff", Kind.SHARE, N_("由一线发现的隐患"), {"hazard_report": SAME_DAY}),
        Measure(
            "judged_true",
            Kind.SHARE,
            N_("判为属实的预警"),
            {"alarm": SAME_DAY, "maintenance": SAME_DAY},
            levelled=True,
        ),
        Measure("unjudged", Kind.SHARE, N_("超过 72 小时还没判定"), _ALARM, after=JUDGED_WITHIN, levelled=True),
        Measure(
            "forewarned",
            Kind.SHARE,
            N_("事前有预警的事件"),
            _FOREWARNED,
            levelled=True,
        ),
        Measure(
            "lead",
            Kind.DURATION,
            N_("预警提前量"),
            _FOREWARNED,
            levelled=True,
        ),
        Measure("on_time", Kind.SHARE, N_("按原定期限验收销号"), _RECTIFICATION, levelled=True),
        Measure("extended", Kind.SHARE, N_("延过期的整改"), _RECTIFICATION, levelled=True),
        Measure("closed", Kind.SHARE, N_("已验收销号的整改"), _RECTIFICATION, levelled=True),
        Measure("recurred", Kind.SHARE, N_("销号后又复发的整改"), _RECTIFICATION, matures=True, levelled=True),
        Measure("traced_first", Kind.SHARE, N_("确认的根源排在第一"), _TRACE),
        Measure("traced_three", Kind.SHARE, N_("确认的根源排在前三"), _TRACE),
        Measure(
            "traced_blind",
            Kind.SHARE,
            N_("先选后看排名的复核"),
            {**_TRACE, "incident": FROM_THEN_ON, "choice": ANYWHERE},
        ),
        Measure("checked", Kind.SHARE, N_("按时完成的巡检"), _VISIT),
        Measure("made_up", Kind.SHARE, N_("漏检后补上的巡检"), _VISIT),
        Measure("acknowledged", Kind.DURATION, N_("从发生到确认"), _ALARM, levelled=True),
        Measure("disposed", Kind.DURATION, N_("从确认到处置"), _ALARM, levelled=True),
        Measure("ended", Kind.DURATION, N_("从发生到关闭"), _ALARM, levelled=True),
        Measure("trained", Kind.EFFECT, N_("培训过的岗位"), _TRAINING),
        Measure("active", Kind.SHARE, N_("这一周用过安溯的人"), _USE),
        Measure("answered", Kind.SHARE, N_("按期答复的反馈"), {"feedback": SAME_DAY}),
        Measure(
            "clean_entries",
            Kind.SHARE,
            N_("通过数据清洗的记录"),
            {"entry": SAME_DAY, "hazard_report": SAME_DAY},
        ),
        Measure("untrained", Kind.EFFECT, N_("没培训的同类岗位"), _TRAINING),
        Measure("source_quality", Kind.SCORE, N_("数据源每天的质量得分"), {"source_day": SAME_DAY}),
    )
}

INDICATORS: Mapping[str, Indicator] = {
    one.code: one
    for one in (
        Indicator(
            "identification",
            N_("风险识别率"),
            N_(
                "事前至少 24 小时、一年以内，同一设备（没有设备的看区域）已有预警、隐患或整改，"
                "或事前 24 小时已有评过级、有管控措施的风险点的事件、未遂和检查发现 ÷ 全部"
            ),
            "identified",
            Better.MORE,
            0.80,
            N_("按事件最初迹象、检查发现的时间归日"),
            "eye",
            ("known_by_list", "found_by_staff"),
        ),
        Indicator(
            "precision",
            N_("预警准确率"),
            N_("判为属实 ÷（判为属实 + 判为误报）。系统自检、设备当天有保养的不算"),
            "judged_true",
            Better.MORE,
            0.80,
            N_("按预警发生时间归日"),
            "bell-ring",
            ("unjudged", "forewarned", "lead"),
        ),
        Indicator(
            "on_time",
            N_("整改及时率"),
            N_("在原定期限前验收销号 ÷ 原定期限落在这段时间内的全部整改。延期不改变原定期限；还没完成的算未及时"),
            "on_time",
            Better.MORE,
            0.95,
            N_("按原定期限归日"),
            "clipboard-check",
            ("extended",),
        ),
        Indicator(
            "closure",
            N_("整改率"),
            N_("已验收销号 ÷ 这段时间发现的全部整改"),
            "closed",
            Better.MORE,
            0.90,
            N_("按发起时间归日"),
            "circle-check",
        ),
        Indicator(
            "recurrence",
            N_("风险复发率"),
            N_("销号后在复发期限内又发生 ÷ 复发期限已满的已销号整改。期限未满的不算"),
            "recurred",
            Better.LESS,
            0.05,
            N_("按复发期限届满的时间归日"),
            "refresh-cw",
        ),
        Indicator(
            "trace",
            N_("溯源精准率"),
            N_("人确认的根源与系统排在第一的一致 ÷ 已有人确认根源的溯源"),
            "traced_first",
            Better.MORE,
            0.80,
            N_("按确认根源的时间归日"),
            "git-branch",
            ("traced_three", "traced_blind"),
        ),
        Indicator(
            "checkins",
            N_("巡检完成率"),
            N_("在规定时段内完成的巡检 ÷ 应完成的全部巡检。没有网络时按手机上拍下的时间算"),
            "checked",
            Better.MORE,
            0.98,
            N_("按巡检时段结束时间归日"),
            "map-pin",
            ("made_up",),
        ),
        Indicator(
            "response",
            N_("处置时效"),
            N_("从发生到确认所用时间的中位数；旁边是 90% 分位数、从确认到处置（判定或关闭）、从发生到关闭"),
            "acknowledged",
            Better.LESS,
            300.0,
            N_("按预警发生时间归日"),
            "timer",
            ("disposed", "ended"),
        ),
        Indicator(
            "training",
            N_("培训有效性"),
            N_(
                "培训过的岗位：后 90 天的同类问题数减前 90 天；再减去没培训的同类岗位的同一差值。每岗平均，负数表示变少"
            ),
            "trained",
            Better.LESS,
            0.0,
            N_("按培训过半后满 90 天的时间归日"),
            "graduation-cap",
            ("untrained",),
            ("post",),
        ),
        Indicator(
            "data_quality",
            N_("数据质量"),
            N_("每个数据源每天：准时率 × 完整率 × 有效率 × 不重复率，按它自己的规范；再对所有数据源和天取平均"),
            "source_quality",
            Better.MORE,
            0.90,
            N_("按数据所属的日期归日"),
            "database",
            (),
            (),
        ),
        Indicator(
            "adoption",
            N_("应用率"),
            N_(
                "一周里至少一天用过安溯的人 ÷ 整周都有账号的人。一人一周算一条，请假 5 天以上的那一周不算；"
                "旁边是按期答复的反馈、没有被剔除的记录 ÷ 全部记录（打卡、上报、整改步骤）"
            ),
            "active",
            Better.MORE,
            0.80,
            N_("按一周的最后一天（周日）归日，反馈按答复期限归日，记录按提交时间归日"),
            "users",
            ("answered", "clean_entries"),
            ("team", "post"),
        ),
    )
}
"""In the order in which they are shown."""

DIMENSIONS = {
    "stage": N_("生产环节"),
    "area": N_("区域"),
    "team": N_("班组"),
    "post": N_("岗位"),
    "level": N_("级别"),
}
LEVEL_MEMBERS = ("major", "significant", "general", "low")
"""Of the dimension ``level`` the members are 1 … 4 in this order."""


def dimensions_of(indicator: Indicator) -> tuple[str, ...]:
    """By what its facts can be cut."""
    return (*indicator.dimensions, "level") if MEASURES[indicator.measure].levelled else indicator.dimensions
