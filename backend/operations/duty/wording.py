"""What items, rows, levels and the like are called. Pure."""

from backend.core.errors import N_
from backend.operations.duty.comparing import Load
from backend.operations.duty.models import AppealState, RewardState
from backend.operations.duty.rewarding import Reason
from backend.operations.duty.rules import Band, Item, Kind

ITEMS = {
    Item.IDENTIFY: N_("巡检与发现隐患"),
    Item.WARNINGS: N_("预警响应"),
    Item.RECTIFY: N_("整改落实"),
    Item.LEARN: N_("复盘与培训"),
}
KINDS = {
    Kind.VISIT_MISSED: N_("漏检"),
    Kind.VISIT_MADE_UP: N_("补检"),
    Kind.ACK_LATE: N_("确认不及时"),
    Kind.DISPOSAL_LATE: N_("处置不及时"),
    Kind.RECTIFICATION_LATE: N_("整改超过原定期限"),
    Kind.RECTIFICATION_RETURNED: N_("验收被退回"),
    Kind.RECTIFICATION_RECURRED: N_("整改后复发"),
    Kind.MEETING_MISSED: N_("缺席复盘会"),
    Kind.COURSE_LATE: N_("培训未按时完成"),
    Kind.QUIZ_FAILED: N_("考核未通过"),
    Kind.REPORT_ACCEPTED: N_("上报隐患被受理"),
    Kind.REPORT_GRAVE: N_("发现较大及以上隐患"),
}
SORTS = {
    "visits": N_("巡检"),
    "reports": N_("上报隐患"),
    "alarms": N_("叫到的预警"),
    "disposals": N_("处置的预警"),
    "rectifications": N_("负责的整改"),
    "meetings": N_("复盘会"),
    "courses": N_("培训"),
    "quizzes": N_("考核"),
}
BANDS = {Band.EXCELLENT: N_("优秀"), Band.GOOD: N_("良好"), Band.FAIR: N_("合格"), Band.POOR: N_("待改进")}
BAND_TONES = {Band.EXCELLENT: "good", Band.GOOD: "good", Band.FAIR: "warn", Band.POOR: "bad"}
BAND_MARKS = {Band.EXCELLENT: "★", Band.GOOD: "●", Band.FAIR: "▲", Band.POOR: "◆"}
LOADS = {
    Load.MANY: N_("任务多"),
    Load.SOME: N_("任务一般"),
    Load.FEW: N_("任务少，分数仅供参考"),
    Load.NONE: N_("本月没有任务"),
}
APPEALS = {AppealState.OPEN: N_("等待答复"), AppealState.UPHELD: N_("申诉成立"), AppealState.REFUSED: N_("申诉未成立")}
APPEAL_TONES = {AppealState.OPEN: "warn", AppealState.UPHELD: "good", AppealState.REFUSED: "quiet"}
REASONS = {
    Reason.GRAVE_HAZARD: N_("发现较大及以上隐患"),
    Reason.PERFECT: N_("全月按时无失误"),
    Reason.POOR: N_("低于合格线"),
}
REWARDS = {RewardState.PROPOSED: N_("待确认"), RewardState.GRANTED: N_("已确认"), RewardState.DECLINED: N_("不采用")}
DONE = {
    "appealed": N_("申诉已提交"),
    "answered": N_("答复已送达"),
    "rule": N_("新规则已保存，从生效月份起计算"),
    "absence": N_("已登记，十分钟内重新计算"),
    "removed": N_("已撤销，十分钟内重新计算"),
    "granted": N_("已确认"),
    "declined": N_("已标为不采用"),
}
RULE_NUMBERS = {
    "disposal_hours": (N_("确认后应在多久内处置完"), N_("小时")),
    "few": (N_("任务少于多少项不作比较"), N_("项")),
    "excellent": (N_("优秀线"), N_("分")),
    "good": (N_("良好线"), N_("分")),
    "fair": (N_("合格线"), N_("分")),
    "grave_points": (N_("发现较大及以上隐患，奖励"), N_("分")),
    "grave_yuan": (N_("发现较大及以上隐患，奖金"), N_("元")),
    "perfect_from": (N_("全月无失误，至少要有多少项任务"), N_("项")),
    "perfect_points": (N_("全月无失误，奖励"), N_("分")),
    "perfect_yuan": (N_("全月无失误，奖金"), N_("元")),
    "poor_points": (N_("低于合格线，建议扣"), N_("分")),
    "poor_yuan": (N_("低于合格线，建议扣款"), N_("元")),
    "remind_below": (N_("月中低于多少分提醒本人（0 为不提醒）"), N_("分")),
    "appeal_days": (N_("月度单生成后几天内可申诉"), N_("天")),
    "answer_days": (N_("申诉应在几天内答复"), N_("天")),
}
"""Numbers of a rule, beside weights and points of rows: words and unit."""
