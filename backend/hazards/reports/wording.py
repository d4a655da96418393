"""What groups, outcomes and reasons of a report are called, and how they are coloured. Pure."""

from backend.core.errors import N_
from backend.hazards.reports.lifecycle import Outcome
from backend.hazards.reports.models import Factor, ReportState
from backend.hazards.reports.suggest import Reason

FACTORS = {
    Factor.OBJECT: N_("物的状态"),
    Factor.PERSON: N_("人的行为"),
    Factor.ENVIRONMENT: N_("作业环境"),
    Factor.MANAGEMENT: N_("管理缺陷"),
}
"""The four groups of GB/T 13861-2022, the most frequent first."""
OUTCOMES = {
    Outcome.WAITING: N_("等待受理"),
    Outcome.ACCEPTED: N_("已受理"),
    Outcome.RECTIFYING: N_("整改中"),
    Outcome.REMOVED: N_("已消除"),
    Outcome.REFUSED: N_("未受理"),
}
TONES = {
    Outcome.WAITING: "warn",
    Outcome.ACCEPTED: "warn",
    Outcome.RECTIFYING: "warn",
    Outcome.REMOVED: "good",
    Outcome.REFUSED: "quiet",
}
REASONS = {
    Reason.WORD: N_("因为写到“%(sign)s”"),
    Reason.ALARM: N_("因为这台设备有未关闭的预警"),
    Reason.OFTEN: N_("因为同一处已有多条未消除的隐患"),
    Reason.USUAL: N_("没有特别的危险信号"),
    Reason.GIVEN: N_("上报时已定"),
}
DECISIONS = {
    ReportState.ACCEPTED: N_("受理了上报"),
    ReportState.MERGED: N_("并入了另一条上报"),
    ReportState.REFUSED: N_("没有受理"),
}
"""What somebody decided, after their name."""
DONE = {
    "sent": N_("已上报，班组长会收到通知"),
    "joined": N_("已并入同一处的隐患，处理结果会通知您"),
    "accepted": N_("已受理，上报人会收到通知"),
    "merged": N_("已并入，上报人会收到通知"),
    "refused": N_("未受理，上报人会收到通知"),
    "classified": N_("已写明事故类型"),
    "opened": N_("公开上报已打开"),
    "closed": N_("公开上报已关闭"),
}
"""Said on the page after the step."""
