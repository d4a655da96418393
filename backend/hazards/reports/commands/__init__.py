"""What people do with hazard reports: send one, decide on it, open its rectification, let the public report.

Each checks who and in which state, changes, and leaves an audit entry and an event in the same transaction.
"""

from backend.hazards.reports.commands.deciding import accept, classify, merge, rectify, refuse
from backend.hazards.reports.commands.public import close_link, count_try, link, open_link, report_publicly, visit
from backend.hazards.reports.commands.sending import report_hazard
from backend.hazards.reports.draft import Position, ReportDraft

__all__ = [
    "Position",
    "ReportDraft",
    "accept",
    "classify",
    "close_link",
    "count_try",
    "link",
    "merge",
    "open_link",
    "rectify",
    "refuse",
    "report_hazard",
    "report_publicly",
    "visit",
]
