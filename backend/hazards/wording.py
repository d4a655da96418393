"""What states, steps and levels of a rectification are called, and how they are coloured. Pure."""

from backend.alarms.models import Level
from backend.core.errors import N_
from backend.hazards.lifecycle import Step
from backend.hazards.models import RectificationState
from backend.hazards.queries import Tab

STATES = {
    RectificationState.OPEN: N_("待整改"),
    RectificationState.IN_PROGRESS: N_("整改中"),
    RectificationState.SUBMITTED: N_("待验收"),
    RectificationState.RETURNED: N_("已退回"),
    RectificationState.VERIFIED: N_("已销号"),
    RectificationState.CANCELLED: N_("已取消"),
    RectificationState.SPLIT: N_("已拆分"),
}
TONES = {
    RectificationState.OPEN: "quiet",
    RectificationState.IN_PROGRESS: "warn",
    RectificationState.SUBMITTED: "warn",
    RectificationState.RETURNED: "bad",
    RectificationState.VERIFIED: "good",
    RectificationState.CANCELLED: "quiet",
    RectificationState.SPLIT: "warn",
}
STEPS = {
    Step.OPENED: N_("发起整改"),
    Step.STARTED: N_("开始整改"),
    Step.PROGRESS: N_("填报进展"),
    Step.SUBMITTED: N_("提交验收"),
    Step.VERIFIED: N_("验收通过"),
    Step.RETURNED: N_("退回整改"),
    Step.REASSIGNED: N_("改派责任人"),
    Step.CANCELLED: N_("取消整改"),
    Step.EXTENSION_ASKED: N_("申请延期"),
    Step.EXTENDED: N_("同意延期"),
    Step.EXTENSION_REFUSED: N_("不同意延期"),
    Step.SPLIT: N_("拆分整改"),
    Step.JOINED: N_("全部完成"),
    Step.URGED: N_("催办"),
}
DEEDS = {
    Step.OPENED: N_("发起了整改"),
    Step.STARTED: N_("开始了整改"),
    Step.PROGRESS: N_("填报了进展"),
    Step.SUBMITTED: N_("提交了验收"),
    Step.VERIFIED: N_("验收通过了"),
    Step.RETURNED: N_("退回了整改"),
    Step.REASSIGNED: N_("改派了责任人"),
    Step.CANCELLED: N_("取消了整改"),
    Step.EXTENSION_ASKED: N_("申请了延期"),
    Step.EXTENDED: N_("同意了延期"),
    Step.EXTENSION_REFUSED: N_("没有同意延期"),
    Step.SPLIT: N_("拆分了整改"),
    Step.JOINED: N_("关闭了最后一个部分，整改销号"),
    Step.URGED: N_("催办了一次"),
}
"""The same steps as told of somebody: after their name."""
DONE = {
    Step.OPENED: N_("整改单已开出，责任人会收到通知"),
    Step.STARTED: N_("已开始整改"),
    Step.PROGRESS: N_("进展已送达"),
    Step.SUBMITTED: N_("已提交，等待验收"),
    Step.VERIFIED: N_("已验收通过，整改销号"),
    Step.RETURNED: N_("已退回，责任人会收到通知"),
    Step.REASSIGNED: N_("已改派，新的责任人会收到通知"),
    Step.CANCELLED: N_("整改已取消"),
    Step.EXTENSION_ASKED: N_("延期申请已送达，等待审批"),
    Step.EXTENDED: N_("已同意延期，责任人会收到通知"),
    Step.EXTENSION_REFUSED: N_("未同意延期，责任人会收到通知"),
    Step.SPLIT: N_("已拆分，各部分的责任人会收到通知"),
    Step.JOINED: N_("各部分都已验收，整改销号"),
    Step.URGED: N_("已催办，责任人会收到通知"),
}
"""Said on the page after the step."""
TABS = {
    Tab.MINE: N_("我负责"),
    Tab.TEAM: N_("本班组"),
    Tab.OVERDUE: N_("逾期"),
    Tab.TO_VERIFY: N_("待我验收"),
    Tab.ALL: N_("全部"),
}
EMPTY = {
    Tab.MINE: N_("没有等您整改的事项"),
    Tab.TEAM: N_("本班组没有整改"),
    Tab.OVERDUE: N_("没有逾期的整改"),
    Tab.TO_VERIFY: N_("没有等您验收的整改"),
    Tab.ALL: N_("还没有整改"),
}
QUICK = {
    Step.EXTENDED: ("calendar", N_("审批延期")),
    Step.VERIFIED: ("check", N_("去验收")),
    Step.STARTED: ("play", N_("开始整改")),
    Step.SUBMITTED: ("camera", N_("去提交")),
    Step.URGED: ("bell-ring", N_("催办")),
}
"""Icon and words of the button beside a rectification in a list."""
LEVELS = {
    Level.MAJOR: N_("重大"),
    Level.SIGNIFICANT: N_("较大"),
    Level.GENERAL: N_("一般"),
    Level.LOW: N_("低"),
}
