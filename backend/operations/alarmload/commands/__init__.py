"""What people do about the load: say who bears it, try a rule on the past, put a change in force and take it back."""

from backend.operations.alarmload.commands.changing import apply_suggestion, restore
from backend.operations.alarmload.commands.operators import set_operators
from backend.operations.alarmload.commands.trying import ask_suggestion, ask_trial

__all__ = ["apply_suggestion", "ask_suggestion", "ask_trial", "restore", "set_operators"]
