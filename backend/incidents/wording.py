"""What states, kinds, phases, lines of the log and levels of an incident are called, and how they look. Pure."""

from backend.core.errors import N_
from backend.hazards.accidents import ACCIDENTS as ACCIDENTS  # noqa: PLC0414 - pages are given this module
from backend.hazards.accidents import GROUNDS as GROUNDS  # noqa: PLC0414
from backend.incidents.before import Nearness
from backend.incidents.lifecycle import LEVELS
from backend.incidents.models import ACTIONS, Deed, IncidentKind, IncidentState, Phase, SourceKind
from backend.incidents.review.effects import Moved

STATES = {
    IncidentState.OPEN: N_("处置中"),
    IncidentState.CONTAINED: N_("已控制"),
    IncidentState.CLOSED: N_("已结束"),
    IncidentState.CALLED_OFF: N_("误报"),
}
TONES = {
    IncidentState.OPEN: "bad",
    IncidentState.CONTAINED: "warn",
    IncidentState.CLOSED: "good",
    IncidentState.CALLED_OFF: "quiet",
}
KINDS = {
    IncidentKind.EQUIPMENT_FAILURE: N_("设备故障"),
    IncidentKind.GAS_LEAK: N_("气体泄漏、环境异常"),
    IncidentKind.FIRE: N_("火情"),
    IncidentKind.INJURY: N_("人员受伤"),
    IncidentKind.OPERATION_VIOLATION: N_("违规操作"),
    IncidentKind.NEAR_MISS: N_("未遂"),
    IncidentKind.OTHER: N_("其他事件"),
}
PHASES = {
    Phase.STARTUP: N_("开车"),
    Phase.RUNNING: N_("正常运行"),
    Phase.STOP: N_("停车"),
    Phase.HANDLING: N_("检修、处置"),
}
LEVEL_WORDS = {level: words for level, words in zip(LEVELS, (N_("重大"), N_("较大"), N_("一般")), strict=True)}
DEEDS = {
    Deed.OPENED: N_("自动建立了事件"),
    Deed.REPORTED: N_("报告了事件"),
    Deed.JOINED: N_("又有新的迹象"),
    Deed.FLARED: N_("又出现严重迹象，未控制住"),
    Deed.LED: N_("确定了现场指挥"),
    Deed.SET: N_("更正了事件情况"),
    Deed.CONTAINED: N_("确认已控制"),
    Deed.CLOSED: N_("结束了事件"),
    Deed.CALLED_OFF: N_("判为误报"),
    Deed.CLASSIFIED: N_("写明了事故类型"),
    Deed.STEP_DONE: N_("完成了预案步骤"),
    Deed.STEP_SKIPPED: N_("认为不需要预案步骤"),
    Deed.STEP_UNDONE: N_("撤回了预案步骤"),
    Deed.EVACUATING: N_("下令疏散"),
    Deed.EVACUATED: N_("结束了疏散"),
    Deed.CORDONED: N_("划定了警戒区"),
    Deed.CORDON_LIFTED: N_("解除了警戒区"),
    Deed.PLUME: N_("估算了气体扩散"),
    Deed.STOP: N_("停机"),
    Deed.ISOLATE: N_("切断隔离"),
    Deed.RELIEVE: N_("降温泄压"),
    Deed.VENTILATE: N_("加强通风"),
    Deed.EXTINGUISH: N_("灭火"),
    Deed.RESCUE: N_("救人"),
    Deed.EVACUATE: N_("疏散"),
    Deed.CALL: N_("求援"),
    Deed.CHECK: N_("检查检测"),
    Deed.REPAIR: N_("抢修"),
    Deed.NOTE: N_("情况记录"),
}
"""A line of the log: what was done."""
ACTION_WORDS = {action: DEEDS[action] for action in ACTIONS}
SOURCES = {
    SourceKind.ALARM: N_("预警"),
    SourceKind.GROUP: N_("一波预警"),
    SourceKind.REPORT: N_("隐患"),
    SourceKind.PERSON: N_("现场报告"),
}
NEARNESS = {
    Nearness.SIGN: N_("报警测点"),
    Nearness.HERE: N_("本处"),
    Nearness.UPSTREAM: N_("上游"),
    Nearness.DOWNSTREAM: N_("下游"),
}
MOVED = {Moved.ROSE: N_("上升"), Moved.FELL: N_("下降"), Moved.SAME: N_("没有明显变化")}
"""How a reading went after something was done; it wasn't always because of it."""
FIELDS = {
    "kind": N_("类型"),
    "phase": N_("阶段"),
    "level": N_("级别"),
    "lead_id": N_("现场指挥"),
    "accident": N_("事故类型"),
    "losses": N_("损失"),
    "loss_yuan": N_("直接损失（元）"),
    "injured": N_("受伤人数"),
    "deaths": N_("死亡人数"),
    "wind_m_s": N_("风速（米/秒）"),
    "wind_from_deg": N_("风向（°）"),
}
"""What a step can change."""
DONE = {
    "reported": N_("已报告，负责人会收到通知"),
    "joined": N_("已并入正在处置的事件"),
    "logged": N_("处置已记录"),
    "led": N_("已确定现场指挥"),
    "set": N_("已更正"),
    "contained": N_("已确认控制住"),
    "closed": N_("事件已结束"),
    "called_off": N_("已判为误报，相关人员会收到通知"),
    "classified": N_("已写明事故类型"),
}
"""Said on the page after a step."""


def accident_head(kind: str) -> str:
    """What its accident type is called (msgid): of a near miss it is the accident that it might have become."""
    return N_("可能导致的事故类型") if kind == IncidentKind.NEAR_MISS else FIELDS["accident"]
