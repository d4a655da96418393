"""What people do in response to an incident: make plans for its kinds, tick their steps."""

from backend.incidents.response.commands.planning import StepDraft, set_plan
from backend.incidents.response.commands.ticking import tick_step

__all__ = ["StepDraft", "set_plan", "tick_step"]
