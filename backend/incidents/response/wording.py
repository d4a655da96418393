"""What those who take steps, advice, ticks and standings in a roll-call are called. Pure."""

from backend.core.errors import N_
from backend.incidents.response.content import Does, Who
from backend.incidents.response.models import TickState, Why
from backend.incidents.response.rollcall import Standing

WHO = {
    Who.ANYONE: N_("在场的人"),
    Who.FINDER: N_("发现的人"),
    Who.OPERATOR: N_("岗位操作人员"),
    Who.LEADER: N_("班组长"),
    Who.COMMAND: N_("现场指挥"),
    Who.OFFICER: N_("安全员"),
    Who.ELECTRICIAN: N_("检修、电气人员"),
    Who.MANAGER: N_("单位负责人"),
    Who.GUARD: N_("门卫、警戒人员"),
}
DOES = {
    Does.STOP: N_("停下"),
    Does.ISOLATE: N_("隔离"),
    Does.REPLACE: N_("更换"),
    Does.REPLAN: N_("改计划"),
}
TICKS = {
    TickState.DONE: N_("已完成"),
    TickState.NOT_NEEDED: N_("不需要"),
    TickState.TAKEN_BACK: N_("还没做"),
}
STANDINGS = {
    Standing.MISSING: N_("没到"),
    Standing.SAFE: N_("安全"),
    Standing.ABSENT: N_("不在场"),
}
STANDING_TONES = {Standing.MISSING: "bad", Standing.SAFE: "good", Standing.ABSENT: "quiet"}
WHY = {
    Why.ITSELF: N_("自己报平安"),
    Why.NAMED: N_("指挥点名"),
    Why.LOGGED: N_("在这个事件里有记录"),
    Why.CHECK_IN: N_("在这里打过卡"),
    Why.REPORTED: N_("在这里报过隐患"),
    Why.TEAM: N_("区域所属班组"),
    Why.POST: N_("设备责任岗位"),
}
