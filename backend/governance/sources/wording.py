"""What drags a source down, and what to do about it, in words. Pure."""

from dataclasses import dataclass

from backend.core import phrases
from backend.core.errors import N_
from backend.core.i18n import translate
from backend.governance.sources.queries import Seen
from backend.telemetry.quality.measuring import Factor
from backend.telemetry.quality.models import Family

LATENESS = {
    10: N_("10 秒"),
    60: N_("1 分钟"),
    300: N_("5 分钟"),
    900: N_("15 分钟"),
    3600: N_("1 小时"),
    14_400: N_("4 小时"),
    28_800: N_("8 小时"),
    86_400: N_("1 天"),
    259_200: N_("3 天"),
}
WEEKDAYS = {
    "1": N_("周一"),
    "2": N_("周二"),
    "3": N_("周三"),
    "4": N_("周四"),
    "5": N_("周五"),
    "6": N_("周六"),
    "7": N_("周日"),
}
COUNTS_AS = {
    "on_time": N_("测得后按时收到"),
    "complete": N_("该有的有了"),
    "valid": N_("没有越界、卡死、拒收或剔除"),
    "unique": N_("没有重复"),
}
_LOST = {
    ("machine", "on_time"): N_("%(n)s 条来晚了或时钟不对"),
    ("machine", "complete"): N_("少了 %(n)s 条"),
    ("machine", "valid"): N_("%(n)s 条无效"),
    ("machine", "unique"): N_("%(n)s 条重复"),
    ("people", "on_time"): N_("%(n)s 条晚传"),
    ("people", "complete"): N_("%(n)s 条缺失或不完整"),
    ("people", "valid"): N_("%(n)s 条无效"),
    ("people", "unique"): N_("%(n)s 条重复"),
}
_DO = {
    ("machine", "on_time"): N_("看看网关到服务器的网络和网关的时钟。"),
    ("machine", "complete"): N_("先查没有数据的测点：仪表、接线、网关配置。"),
    ("machine", "valid"): N_("看看越界和卡死的测点，再看拒收原因。"),
    ("machine", "unique"): N_("看看网关是不是重复发送或反复重连。"),
    ("people", "on_time"): N_("看看哪些地方没有网络，提醒回到有网处打开应用。"),
    ("people", "complete"): N_("看看漏掉的是哪些，班会上说一说。"),
    ("people", "valid"): N_("看看退回的原因，教大家怎样写清楚。"),
    ("people", "unique"): N_("上报前先看看附近有没有人报过。"),
}


@dataclass(frozen=True)
class Drag:
    """What takes most off a source's score and what to do."""

    says: str
    do: str


def drag(locale: str, seen: Seen) -> Drag | None:
    """The weakest factor of the last seven days in a sentence; None while nothing is lost."""
    weakest: Factor | None = seen.week.weakest
    if weakest is None:
        return None
    key = (str(seen.key.family), weakest.name)
    return Drag(translate(locale, _LOST[key], n=phrases.number(weakest.lost)), translate(locale, _DO[key]))


def is_machine(seen: Seen) -> bool:
    """Whether it sends readings."""
    return seen.key.family == Family.MACHINE
