"""What people do in response to an incident: make plans for its kinds, tick their steps, evacuate, count people, close
ground."""

from backend.incidents.response.commands.cordoning import Closing, lift_cordon, set_cordon
from backend.incidents.response.commands.counting import count_visitors, mark_person, say_safe
from backend.incidents.response.commands.evacuating import Order, end_evacuation, order_evacuation
from backend.incidents.response.commands.planning import StepDraft, set_plan
from backend.incidents.response.commands.ticking import tick_step

__all__ = [
    "Closing",
    "Order",
    "StepDraft",
    "count_visitors",
    "end_evacuation",
    "lift_cordon",
    "mark_person",
    "order_evacuation",
    "say_safe",
    "set_cordon",
    "set_plan",
    "tick_step",
]
