"""Every card that the first page can show: what it is called, what it says, who may have it. Pure.

How a card gets its content: ``board`` for those of the first paint, ``cards`` for those that come after it.
"""

import enum
from dataclasses import dataclass

from backend.core.errors import N_
from backend.identity.actor import Actor
from backend.operations.indicators.registry import INDICATORS


class Kind(enum.StrEnum):
    """How a card behaves on the page."""

    CRITICAL = "critical"
    """Somebody may be in danger: always there, before all else, in the order of the catalogue."""
    FIXED = "fixed"
    """The doors to daily work: always there, right after what is critical."""
    COUNT = "count"
    """One number of what waits; several in a row stand side by side."""
    LIST = "list"
    """A few rows, there at once."""
    FIGURE = "figure"
    """An indicator from its roll-up, after the first paint; several in a row are fetched together."""
    LATER = "later"
    """Counted by the database, after the first paint."""


@dataclass(frozen=True)
class Card:
    """One card. ``needs``: all capabilities that it takes; ``url``: where a tap leads."""

    code: str
    kind: Kind
    words: str
    says: str
    picture: str
    url: str = ""
    needs: tuple[str, ...] = ()

    @property
    def optional(self) -> bool:
        """Whether a layout may do without it."""
        return self.kind not in {Kind.CRITICAL, Kind.FIXED}

    def allowed(self, actor: Actor) -> bool:
        """Whether ``actor`` may see it; never where its module is switched off."""
        return all(actor.can(one) for one in self.needs)


FIGURE = "indicator-"
"""What a figure's code begins with, before the code of its indicator."""

_ALWAYS = (
    Card("evacuations", Kind.CRITICAL, N_("正在疏散"), N_("谁还没到，一键报平安"), "octagon-alert"),
    Card("incidents", Kind.CRITICAL, N_("正在处置的事件"), N_("还没结束的事件"), "flame", "/incidents"),
    Card("standing", Kind.CRITICAL, N_("现场情况"), N_("未关闭的预警、最高等级、数据是否新鲜"), "activity", "/alarms"),
    Card("floods", Kind.CRITICAL, N_("待确认"), N_("正在响的预警，同源的合在一起"), "bell-ring", "/alarms"),
    Card("doors", Kind.FIXED, N_("常用"), N_("扫码、上报、任务、报告事件的入口"), "house"),
)
_COUNTS = (
    Card(
        "to_confirm", Kind.COUNT, N_("待确认预警"), N_("还没有人确认的预警有几条"), "bell", "/alarms", ("alarms.see",)
    ),
    Card(
        "own", Kind.COUNT, N_("我的整改"), N_("要我去做的整改有几项"), "wrench", "/rectifications?tab=mine",
        ("rectifications.see",),
    ),
    Card(
        "to_verify", Kind.COUNT, N_("待我验收"), N_("等我验收的整改有几项"), "clipboard-check",
        "/rectifications?tab=to_verify", ("rectifications.verify",),
    ),
    Card(
        "overdue", Kind.COUNT, N_("逾期整改"), N_("过了期限还没做完的整改有几项"), "clock",
        "/rectifications?tab=overdue", ("rectifications.verify",),
    ),
    Card("triage", Kind.COUNT, N_("待处理上报"), N_("等人受理的隐患上报，没有时不显示"), "triangle-alert", "/reports",
         ("reports.triage",)),
    Card("checkins", Kind.COUNT, N_("待巡检"), N_("现在要我去巡检的地方，没有时不显示"), "scan-line", "/checkins",
         ("checkins.do",)),
    Card("maintenance", Kind.COUNT, N_("待保养"), N_("要我保养的设备，没有时不显示"), "settings", "/maintenance",
         ("maintenance.do",)),
    Card("courses", Kind.COUNT, N_("待学课程"), N_("要我学的课程有几门"), "graduation-cap", "/training",
         ("training.see",)),
)  # fmt: skip
_FIGURES = tuple(
    Card(
        FIGURE + one.code,
        Kind.FIGURE,
        one.name,
        N_("数值、目标、走势、比上期；没达标时给一条建议"),
        one.picture,
        f"/indicators/{one.code}",
        ("operations.see",),
    )
    for one in INDICATORS.values()
)
_OTHERS = (
    Card(
        "urgent", Kind.LIST, N_("最急的整改"), N_("我的整改里最急的三项"), "clipboard-list",
        "/rectifications?tab=mine", ("rectifications.see",),
    ),
    Card(
        "risk_map", Kind.LATER, N_("风险四色图"), N_("现在各级别有几个区域"), "map", "/risk-map", ("risks.map",)
    ),
    Card(
        "concentration", Kind.LATER, N_("风险最集中处"), N_("近 30 天预警、隐患和事件最多的三个区域"), "chart-column",
        "/distribution", ("operations.see",),
    ),
    Card(
        "alarm_load", Kind.LATER, N_("报警负荷"), N_("近 24 小时每人每 10 分钟响几次，有没有泛滥"), "bell-ring",
        "/alarm-load?period=24h", ("operations.see",),
    ),
    Card(
        "overdue_teams", Kind.LATER, N_("各班组逾期整改"), N_("每个班组还有几项逾期"), "users",
        "/rectifications?tab=overdue", ("rectifications.verify",),
    ),
    Card(
        "checkin_teams", Kind.LATER, N_("今天各班组巡检"), N_("时段已过的巡检，每个班组做了几次"), "map-pin",
        "/indicators/checkins", ("operations.see", "checkins.see"),
    ),
    Card(
        "decisions", Kind.LATER, N_("等待决定"), N_("还没决定的建议，最值的在前"), "lightbulb", "/decisions",
        ("operations.decide",),
    ),
    Card("duty", Kind.LATER, N_("本月履职亮点"), N_("谁发现得多、等答复的申诉"), "award", "/duty", ("duty.list",)),
    Card(
        "safety_report", Kind.LATER, N_("最新安全报告"), N_("最近一份周报或月报"), "file-text", "/safety-reports",
        ("operations.report",),
    ),
)  # fmt: skip

CATALOGUE: dict[str, Card] = {one.code: one for one in (*_ALWAYS, *_COUNTS, *_FIGURES, *_OTHERS)}
"""All cards by code, in the order in which they are offered."""
