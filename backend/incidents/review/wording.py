"""What duties not done are called. Pure."""

from backend.core.errors import N_
from backend.incidents.review.models import LapseKind

LAPSES = {
    LapseKind.IGNORED_WARNING: N_("预警没人及时确认"),
    LapseKind.LATE_RECTIFICATION: N_("整改逾期"),
    LapseKind.MISSED_CHECKIN: N_("漏检"),
    LapseKind.MAINTENANCE_OVERDUE: N_("保养逾期"),
    LapseKind.TRAINING_LAPSED: N_("培训证书过期"),
    LapseKind.TRAINING_MISSING: N_("该学的课没学"),
}
DONE = {"replied": N_("您的说明已记下，负责复盘的人能看到")}
"""Said on the page after a step."""
