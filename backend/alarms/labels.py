"""What levels, states, kinds and limits are called on pages, and how they are coloured: msgids. Pure."""

from backend.alarms.lifecycle import LONGEST_SHELVING
from backend.alarms.models import Alarm, AlarmState, Level, RuleKind
from backend.alarms.queries.listing import Show
from backend.alarms.queries.rules import Service
from backend.core.errors import N_

LEVELS: dict[str, str] = {
    Level.MAJOR: N_("重大"),
    Level.SIGNIFICANT: N_("较大"),
    Level.GENERAL: N_("一般"),
    Level.LOW: N_("低"),
}
KINDS: dict[str, str] = {
    RuleKind.THRESHOLD: N_("限值"),
    RuleKind.RATE: N_("变化速率"),
    RuleKind.SILENCE: N_("无数据"),
    RuleKind.DEVIATION: N_("多变量偏离"),
}
KIND_EXPLANATIONS: dict[str, str] = {
    RuleKind.THRESHOLD: N_("数值高于或低于设定的限值"),
    RuleKind.RATE: N_("数值在一段时间内升降过快"),
    RuleKind.SILENCE: N_("测点一段时间没有新读数"),
    RuleKind.DEVIATION: N_("多个测点一起偏离学到的正常状态"),
}
LIMITS: dict[str, str] = {
    "LL": N_("低低限"),
    "L": N_("低限"),
    "H": N_("高限"),
    "HH": N_("高高限"),
}
DIRECTIONS: dict[str, str] = {"both": N_("上升或下降"), "rise": N_("只看上升"), "fall": N_("只看下降")}
SERVICES: dict[str, str] = {
    Service.IN_FORCE: N_("生效中"),
    Service.OUT_OF_SERVICE: N_("退出服务"),
    Service.DISABLED: N_("已停用"),
}
TABS: dict[str, str] = {
    Show.WAITING: N_("待确认"),
    Show.OPEN: N_("未关闭"),
    Show.SHELVED: N_("已搁置"),
    Show.CLOSED: N_("历史"),
}
EMPTY: dict[str, str] = {
    Show.WAITING: N_("没有等待确认的预警"),
    Show.OPEN: N_("没有未关闭的预警"),
    Show.SHELVED: N_("没有搁置的预警"),
    Show.CLOSED: N_("还没有关闭过的预警"),
    Show.FALSE: N_("没有判为误报的预警"),
}
SHELVING_REASONS: tuple[str, ...] = (N_("正在检修"), N_("仪表故障"), N_("工艺调整"), N_("已知原因，处理中"))
"""Offered to tap; any other words will do."""
DONE: dict[str, str] = {
    "acknowledge": N_("已确认，不再继续通知"),
    "shelve": N_("已搁置，到时会重新提醒"),
    "unshelve": N_("已取消搁置"),
    "close": N_("预警已关闭"),
    "judge": N_("判定已记录"),
    "note": N_("备注已记入经过"),
}
"""Said on the page after a deed."""
RULE_DONE: dict[str, str] = {
    "created": N_("规则已建立，几秒内生效"),
    "saved": N_("规则已保存，几秒内生效"),
    "out_of_service": N_("规则已退出服务，不再判断"),
    "back": N_("规则已恢复服务"),
}

_MINUTES = (15, 30, 60, 240, 480, 1440, 4320)
_OFFERED = 4


def shelving_minutes(level: str) -> tuple[int, ...]:
    """For how long an alarm of ``level`` may be shelved, to choose from."""
    longest = LONGEST_SHELVING[Level(level)].total_seconds() / 60
    return tuple(minutes for minutes in _MINUTES if minutes <= longest)[-_OFFERED:]


def state_label(alarm: Alarm) -> tuple[str, str]:
    """The state in words, and its tone."""
    match alarm.state:
        case AlarmState.UNACKNOWLEDGED:
            return N_("待确认"), "bad"
        case AlarmState.RETURNED:
            return N_("已恢复，待确认"), "warn"
        case AlarmState.ACKNOWLEDGED:
            return (N_("已确认"), "warn") if alarm.active else (N_("已恢复，待关闭"), "warn")
        case AlarmState.SHELVED:
            return N_("已搁置"), "quiet"
        case AlarmState.OUT_OF_SERVICE:
            return N_("退出服务"), "quiet"
        case _:
            return N_("已关闭"), "good"
