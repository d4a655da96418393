"""What the states, factors, decisions and evidence of a meeting are called. Pure."""

from backend.core.errors import N_
from backend.incidents.meeting.lifecycle import NONE, OTHER
from backend.incidents.meeting.models import DecisionKind, Factor, MeetingState

STATES = {
    MeetingState.CONVENED: N_("已召集"),
    MeetingState.OPENED: N_("进行中"),
    MeetingState.CLOSED: N_("已开完"),
    MeetingState.CALLED_OFF: N_("已取消"),
}
TONES = {
    MeetingState.CONVENED: "warn",
    MeetingState.OPENED: "warn",
    MeetingState.CLOSED: "good",
    MeetingState.CALLED_OFF: "quiet",
}
FACTORS = {
    Factor.PEOPLE: N_("人（人员）"),
    Factor.MACHINE: N_("机（设备）"),
    Factor.MATERIAL: N_("料（物料）"),
    Factor.METHOD: N_("法（作业方法）"),
    Factor.ENVIRONMENT: N_("环（环境）"),
    Factor.MANAGEMENT: N_("管（管理）"),
}
KINDS = {
    DecisionKind.ENGINEERING: N_("工程技术"),
    DecisionKind.MANAGEMENT: N_("管理措施"),
    DecisionKind.TRAINING: N_("培训教育"),
    DecisionKind.PROTECTION: N_("个体防护"),
    DecisionKind.EMERGENCY: N_("应急处置"),
}
INSTEAD = {OTHER: N_("其他原因"), NONE: N_("暂时定不了")}
"""Chosen or confirmed instead of a candidate."""
RECORD = N_("履职记录")
"""Evidence of which a reader may not know more."""
STEPS = {
    "attend": N_("到会"),
    "choose": N_("盲选"),
    "compare": N_("比较"),
    "why": N_("5-Why"),
    "decide": N_("决定"),
    "close": N_("结束会议"),
}
DONE = {
    "convened": N_("已召集，参会的人会收到通知"),
    "amended": N_("已改好"),
    "ticked": N_("已记下"),
    "chosen": N_("您的选择已记下，不能再改"),
    "opened": N_("选择已公布"),
    "confirmed": N_("根源已确认，报告会自动更新"),
    "asked": N_("5-Why 已保存为新的一版"),
    "decided": N_("已加上，结束会议时下达"),
    "dropped": N_("已去掉"),
    "noted": N_("纪要已保存"),
    "closed": N_("复盘会已结束，决定已下达为整改"),
    "called_off": N_("复盘会已取消"),
}
"""Said on the page after a step."""
