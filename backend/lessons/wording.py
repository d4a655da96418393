"""How patterns, weak controls and suggestions are said. Pure."""

from backend.core.errors import N_
from backend.lessons.effect import Verdict
from backend.lessons.models import SuggestionKind, SuggestionState
from backend.lessons.weakness import ControlKind

SURENESS = ((0.001, N_("非常确定")), (0.01, N_("确定")), (1.0, N_("较为确定")))
"""Up to which bound on chance a pattern is called how sure."""
CONTROLS = {
    ControlKind.RULE: N_("预警被判为误报"),
    ControlKind.ROUND: N_("巡检漏检"),
    ControlKind.LOOK: N_("出事前一天看过，没有发现"),
    ControlKind.MEASURE: N_("整改验收后又复发"),
}
CONTROL_URLS = {
    ControlKind.RULE: "/rules/{}",
    ControlKind.ROUND: "/plans/{}",
    ControlKind.LOOK: "/plans/{}",
    ControlKind.MEASURE: "/rectifications",
}
VERDICTS = {
    Verdict.WORKED: N_("见效"),
    Verdict.NO_CHANGE: N_("没有变化"),
    Verdict.WORSE: N_("变差了"),
    Verdict.TOO_EARLY: N_("还太早"),
}
VERDICT_TONES = {
    Verdict.WORKED: "good",
    Verdict.NO_CHANGE: "quiet",
    Verdict.WORSE: "bad",
    Verdict.TOO_EARLY: "warn",
}
WISHES = {
    SuggestionKind.CHECK_ITEM: N_("增加检查项"),
    SuggestionKind.MAINTENANCE_INTERVAL: N_("调整保养间隔"),
    SuggestionKind.RENEWAL: N_("安排更换"),
    SuggestionKind.COURSE: N_("安排培训"),
    SuggestionKind.RULE_DELAY: N_("调整预警规则"),
    SuggestionKind.MEASURE: N_("采取措施"),
    SuggestionKind.RULE_LIMIT: N_("提前预警"),
    SuggestionKind.PLAN_STEP: N_("增加预案步骤"),
    SuggestionKind.INSPECTION_RHYTHM: N_("调整巡检频次"),
}
STATES = {
    SuggestionState.OPEN: N_("等待决定"),
    SuggestionState.ADOPTED: N_("已采纳"),
    SuggestionState.ADAPTED: N_("修改后采纳"),
    SuggestionState.DECLINED: N_("未采纳"),
    SuggestionState.WITHDRAWN: N_("依据已变，已撤回"),
}
TONES = {
    SuggestionState.OPEN: "warn",
    SuggestionState.ADOPTED: "good",
    SuggestionState.ADAPTED: "good",
    SuggestionState.DECLINED: "quiet",
    SuggestionState.WITHDRAWN: "quiet",
}
LANDED = {
    "plan": N_("查看巡检计划"),
    "maintenance": N_("查看保养计划"),
    "course": N_("查看课程"),
    "rule": N_("查看规则"),
    "rectification": N_("查看整改"),
    "emergency_plan": N_("查看应急预案"),
}
LANDED_URLS = {
    "plan": "/plans/{}",
    "maintenance": "/maintenance/{}",
    "course": "/courses/{}",
    "rule": "/rules/{}",
    "rectification": "/rectifications/{}",
    "emergency_plan": "/incidents/plans?kind={kind}",
}
DONE = {
    "looking": N_("已开始查找，可以离开这一页"),
    "adopted": N_("已采纳，改动已经生效"),
    "declined": N_("已记下不采纳的原因"),
}


def sureness(q: float) -> str:
    """A msgid."""
    return next(words for most, words in SURENESS if q <= most)
