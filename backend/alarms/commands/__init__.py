"""What machines and people do to alarms and rules: check, change, record the event. Nothing here commits."""

from backend.alarms.commands.handling import acknowledge, add_note, close, judge, shelve, unshelve
from backend.alarms.commands.making import Occurrence
from backend.alarms.commands.raising import (
    clear_alarm,
    clear_system_alarm,
    raise_alarm,
    raise_system_alarm,
)
from backend.alarms.commands.rules import bring_back, create_rule, edit_rule, restore_rule, take_out_of_service
from backend.alarms.drafts import RuleDraft

__all__ = [
    "Occurrence",
    "RuleDraft",
    "acknowledge",
    "add_note",
    "bring_back",
    "clear_alarm",
    "clear_system_alarm",
    "close",
    "create_rule",
    "edit_rule",
    "judge",
    "raise_alarm",
    "raise_system_alarm",
    "restore_rule",
    "shelve",
    "take_out_of_service",
    "unshelve",
]
