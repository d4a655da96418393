"""Words of alarm load: periods, parts of the site, figures with their targets. Pure."""

from dataclasses import dataclass

from backend.core.errors import N_
from backend.operations.alarmload.overview import Overview
from backend.operations.alarmload.queries.load import Which, Within

PERIODS = {"24h": N_("24 小时"), "7d": N_("7 天"), "30d": N_("30 天"), "90d": N_("90 天")}
PARTS = {Within.STAGE: N_("环节"), Within.AREA: N_("区域"), Within.TEAM: N_("班组")}
PRIORITIES = {"high": N_("重大"), "medium": N_("较大"), "low": N_("一般和低")}
LISTS = {
    Which.RAISED: N_("响过的预警"),
    Which.CHATTERING: N_("抖动的预警"),
    Which.FLEETING: N_("一闪而过的预警"),
    Which.STALE: N_("超过 24 小时没恢复的预警"),
}
DONE = {
    "applied": N_("已采用，成为规则的新版本，几秒内生效"),
    "restored": N_("已恢复原来的回差和延时"),
    "operators": N_("人数已保存"),
}


@dataclass(frozen=True)
class Card:
    """A figure as it is shown: name, value, target in words, whether it is within it, the rows it counts."""

    name: str
    words: str
    value: float | None
    decimals: int
    unit: str
    target: str
    good: bool | None
    which: Which = Which.RAISED


def cards(found: Overview) -> list[Card]:
    """The figures in the order in which they are read."""
    good = found.verdicts
    flooded = None if found.flooded is None else found.flooded * 100
    of_worst = N_("满 200 条才判断") if good["worst"] is None else N_("目标不超过 5%")
    worst = None if found.share_of_worst is None else found.share_of_worst * 100
    times, items = N_("次"), N_("条")
    return [
        Card("average", N_("每人每 10 分钟平均"), found.rate.average, 2, times, N_("目标不超过 1"), good["average"]),
        Card("peak", N_("每人每 10 分钟最高"), found.rate.peak, 1, times, N_("目标低于 10"), good["peak"]),
        Card("flooded", N_("处于报警泛滥的时间"), flooded, 2, "%", N_("目标低于 1%"), good["flooded"]),
        Card(
            "stale", N_("超过 24 小时没恢复"), found.stale, 0, items, N_("目标少于 5"), good["stale"], Which.STALE
        ),
        Card(
            "chattering", N_("抖动（1 分钟 3 次以上）"), found.chattering, 0, items, N_("目标 0"),
            good["chattering"], Which.CHATTERING,
        ),
        Card(
            "fleeting", N_("一闪而过（1 分钟内恢复）"), found.fleeting, 0, items, N_("越少越好"), None, Which.FLEETING
        ),
        Card("worst", N_("最吵的 10 条占"), worst, 1, "%", of_worst, good["worst"]),
    ]  # fmt: skip
