"""What people and the system do with incidents: open, log what was done, lead, contain, close, set the site's rules.

Each checks who and in which state, changes, and leaves a line of the log, an audit entry and an event in the same
transaction.
"""

from backend.incidents.commands.leading import (
    Ending,
    Setting,
    call_off,
    classify,
    close,
    contain,
    put_in_charge,
    set_facts,
)
from backend.incidents.commands.logging import log_disposal
from backend.incidents.commands.reporting import Tap, report_incident
from backend.incidents.commands.ruling import restore_policy, set_policy

__all__ = [
    "Ending",
    "Setting",
    "Tap",
    "call_off",
    "classify",
    "close",
    "contain",
    "log_disposal",
    "put_in_charge",
    "report_incident",
    "restore_policy",
    "set_facts",
    "set_policy",
]
