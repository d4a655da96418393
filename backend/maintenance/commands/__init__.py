"""What people do: plan maintenance, and say that it was done."""

from backend.maintenance.commands.doing import Work, do_maintenance
from backend.maintenance.commands.planning import Origin, change_plan, make_plan, pause_plan, resume_plan

__all__ = ["Origin", "Work", "change_plan", "do_maintenance", "make_plan", "pause_plan", "resume_plan"]
