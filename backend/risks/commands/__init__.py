"""What people do with risk points: make, change, grade, hold, retire; and set where levels begin."""

from backend.risks.commands.grading import grade_source
from backend.risks.commands.measures import change_measure, drop_measure, make_measure
from backend.risks.commands.points import change_point, make_point, restore_point, retire_point
from backend.risks.commands.policy import restore_bands, set_bands
from backend.risks.commands.sources import change_source, drop_source, make_source

__all__ = [
    "change_measure",
    "change_point",
    "change_source",
    "drop_measure",
    "drop_source",
    "grade_source",
    "make_measure",
    "make_point",
    "make_source",
    "restore_bands",
    "restore_point",
    "retire_point",
    "set_bands",
]
