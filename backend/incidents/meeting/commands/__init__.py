"""What people do with a review meeting: convene, tick who came, choose blindly, open, confirm, ask why, decide, close.

Each checks who and in which state, changes, and leaves an audit entry and an event in the same transaction.
"""

from backend.incidents.meeting.commands.asking import ask_why
from backend.incidents.meeting.commands.choosing import Pick, choose, open_choices
from backend.incidents.meeting.commands.confirming import Verdict, confirm
from backend.incidents.meeting.commands.convening import Wish, amend, call_off, convene, tick
from backend.incidents.meeting.commands.deciding import Draft, decide, drop
from backend.incidents.meeting.commands.ending import close, write_minutes

__all__ = [
    "Draft",
    "Pick",
    "Verdict",
    "Wish",
    "amend",
    "ask_why",
    "call_off",
    "choose",
    "close",
    "confirm",
    "convene",
    "decide",
    "drop",
    "open_choices",
    "tick",
    "write_minutes",
]
