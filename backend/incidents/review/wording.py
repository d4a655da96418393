"""What duties not done and the parts of a report are called. Pure."""

from backend.core.errors import N_
from backend.incidents.review.foresight import Outcome
from backend.incidents.review.likeness import Alike
from backend.incidents.review.models import LapseKind
from backend.incidents.wording import DEEDS

LAPSES = {
    LapseKind.IGNORED_WARNING: N_("预警没人及时确认"),
    LapseKind.LATE_RECTIFICATION: N_("整改逾期"),
    LapseKind.MISSED_CHECKIN: N_("漏检"),
    LapseKind.MAINTENANCE_OVERDUE: N_("保养逾期"),
    LapseKind.TRAINING_LAPSED: N_("培训证书过期"),
    LapseKind.TRAINING_MISSING: N_("该学的课没学"),
}
OUTCOMES = {
    Outcome.CAME: N_("预测到，也报警了"),
    Outcome.NOT_COME: N_("预测到，没有报警"),
    Outcome.UNFORETOLD: N_("报警了，没预测到"),
    Outcome.BEFORE: N_("首次溯源前已报警"),
}
ALIKE = {
    Alike.CAUSE: N_("根源相同"),
    Alike.EQUIPMENT: N_("同一设备"),
    Alike.POINTS: N_("报警测点相近"),
    Alike.KIND: N_("类型相同"),
    Alike.AREA: N_("同一区域"),
    Alike.EQUIPMENT_CLASS: N_("同类设备"),
}
HAPPENED: dict[str, str] = {
    **{str(deed): words for deed, words in DEEDS.items()},
    "alarm": N_("报警"),
    "warning": N_("预警"),
}
"""A line of the report's timeline."""
DONE = {
    "replied": N_("您的说明已记下，负责复盘的人能看到"),
    "remarked": N_("备注已保存为新的一版"),
}
"""Said on the page after a step."""
