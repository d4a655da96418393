"""What kinds, states and steps of feedback are called, and how they are coloured. Pure."""

from backend.core.errors import N_
from backend.feedback.lifecycle import Step
from backend.feedback.models import Kind, State

KINDS = {
    Kind.PROBLEM: N_("问题"),
    Kind.IDEA: N_("建议"),
    Kind.UNCLEAR: N_("看不懂"),
    Kind.PRAISE: N_("表扬"),
}
PICTURES = {Kind.PROBLEM: "circle-alert", Kind.IDEA: "lightbulb", Kind.UNCLEAR: "circle-help", Kind.PRAISE: "star"}
STATES = {
    State.RECEIVED: N_("已收到"),
    State.WORKING: N_("处理中"),
    State.ANSWERED: N_("已答复"),
    State.DECLINED: N_("不采纳"),
    State.MERGED: N_("已并入"),
}
TONES = {
    State.RECEIVED: "warn",
    State.WORKING: "warn",
    State.ANSWERED: "good",
    State.DECLINED: "quiet",
    State.MERGED: "quiet",
}
STEPS = {
    Step.TAKEN: N_("开始处理"),
    Step.ASSIGNED: N_("交给了"),
    Step.ANSWERED: N_("答复"),
    Step.DECLINED: N_("不采纳"),
    Step.MERGED: N_("并入了另一条反馈"),
    Step.REOPENED: N_("还没解决，重新打开"),
    Step.USEFUL: N_("觉得答复有用"),
    Step.USELESS: N_("觉得答复没用"),
}
DONE = {
    "sent": N_("已收到，答复后会通知您"),
    "taken": N_("已开始处理，提出人看得到"),
    "assigned": N_("已转交，对方会收到通知"),
    "answered": N_("已答复，提出人会收到通知"),
    "declined": N_("已回复不采纳，提出人会收到通知"),
    "merged": N_("已并入，答复时一起通知"),
    "reopened": N_("已重新打开，会再答复您"),
    "useful": N_("谢谢，已记下"),
    "template": N_("答复模板已保存"),
    "retired": N_("答复模板已停用"),
    "policy": N_("答复期限已保存"),
}
"""Said on the page after the step."""
