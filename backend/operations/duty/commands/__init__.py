"""What people do: set the rule, appeal and answer, enter leave, decide on rewards."""

from backend.operations.duty.commands.appeals import Complaint, answer_appeal, appeal_point
from backend.operations.duty.commands.leave import add_absence, remove_absence
from backend.operations.duty.commands.rewards import decide_reward
from backend.operations.duty.commands.ruling import set_rule

__all__ = [
    "Complaint",
    "add_absence",
    "answer_appeal",
    "appeal_point",
    "decide_reward",
    "remove_absence",
    "set_rule",
]
