"""What kinds of maintenance and their standing are called, and how they are coloured. Pure."""

from backend.core.errors import N_
from backend.maintenance.models import MaintenanceKind
from backend.maintenance.schedule import Standing

KINDS = {
    MaintenanceKind.SERVICE: N_("保养"),
    MaintenanceKind.CALIBRATION: N_("校验"),
    MaintenanceKind.LUBRICATION: N_("润滑"),
    MaintenanceKind.RENEWAL: N_("更换"),
}
STANDINGS = {
    Standing.LATE: N_("已逾期"),
    Standing.SOON: N_("快到期"),
    Standing.LATER: N_("以后"),
}
TONES = {Standing.LATE: "bad", Standing.SOON: "warn", Standing.LATER: "quiet"}
TERMS = {
    "name": N_("做什么"),
    "name_en": N_("英文"),
    "kind": N_("类型"),
    "interval_days": N_("间隔（天）"),
    "since": N_("从哪天算起"),
    "post_id": N_("责任岗位"),
    "notice_days": N_("提前几天提醒"),
    "asks_photo": N_("完成时要拍照"),
    "active": N_("启用"),
}
"""What the terms of a plan are called where its versions are compared."""
DONE = {
    "made": N_("计划已建好，快到期时会通知责任岗位"),
    "changed": N_("计划已修改，下次日期已重新计算"),
    "paused": N_("计划已停用"),
    "resumed": N_("计划已恢复"),
    "done": N_("完成情况已送达"),
}
