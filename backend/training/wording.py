"""Words for how training stands."""

from backend.core.errors import N_
from backend.training.duties import Duty
from backend.training.effect import Change

DUTIES = {Duty.OVERDUE: N_("已逾期"), Duty.DUE: N_("待学习"), Duty.PASSED: N_("已通过"), Duty.FREE: N_("可自学")}
TONES = {Duty.OVERDUE: "bad", Duty.DUE: "warn", Duty.PASSED: "good", Duty.FREE: "quiet"}
KINDS = {"single": N_("单选"), "multiple": N_("多选，选出全部正确项"), "true_false": N_("判断")}
CHANGES = {
    Change.TOO_EARLY: N_("通过还不到两周，先不比较"),
    Change.TOO_FEW: N_("次数太少，说明不了问题"),
    Change.FEWER: N_("明显减少"),
    Change.MORE: N_("明显增多"),
    Change.UNCLEAR: N_("差别可能只是偶然"),
}
CHANGE_TONES = {Change.FEWER: "good", Change.MORE: "bad"}
