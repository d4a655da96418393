"""What people do with rectifications. Each checks who and in which state (``lifecycle``), changes, and leaves an entry,
an audit entry and an event in the same transaction.
"""

from backend.hazards.commands.extending import ask_extension, grant_extension, refuse_extension
from backend.hazards.commands.opening import open_rectification
from backend.hazards.commands.splitting import split
from backend.hazards.commands.steps import (
    cancel,
    reassign,
    report_progress,
    return_for_rework,
    start,
    submit,
    urge,
    verify,
)

__all__ = [
    "ask_extension",
    "cancel",
    "grant_extension",
    "open_rectification",
    "reassign",
    "refuse_extension",
    "report_progress",
    "return_for_rework",
    "split",
    "start",
    "submit",
    "urge",
    "verify",
]
