"""What people do in response to an incident: make plans for its kinds, tick their steps, evacuate and count people."""

from backend.incidents.response.commands.counting import count_visitors, mark_person, say_safe
from backend.incidents.response.commands.evacuating import Order, end_evacuation, order_evacuation
from backend.incidents.response.commands.planning import StepDraft, set_plan
from backend.incidents.response.commands.ticking import tick_step

__all__ = [
    "Order",
    "StepDraft",
    "count_visitors",
    "end_evacuation",
    "mark_person",
    "order_evacuation",
    "say_safe",
    "set_plan",
    "tick_step",
]
