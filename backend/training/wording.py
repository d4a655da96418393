"""Words for how training stands."""

from backend.core.errors import N_
from backend.training.duties import Duty

DUTIES = {Duty.OVERDUE: N_("已逾期"), Duty.DUE: N_("待学习"), Duty.PASSED: N_("已通过"), Duty.FREE: N_("可自学")}
TONES = {Duty.OVERDUE: "bad", Duty.DUE: "warn", Duty.PASSED: "good", Duty.FREE: "quiet"}
KINDS = {"single": N_("单选"), "multiple": N_("多选，选出全部正确项"), "true_false": N_("判断")}
