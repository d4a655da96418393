"""What people state of an incident as it spreads, and what a site says of itself so that it can be reckoned."""

from backend.incidents.tracking.commands.basis import (
    BufferFacts,
    WeatherPoints,
    keep_buffer,
    name_weather,
    remove_buffer,
)
from backend.incidents.tracking.commands.leaking import Leak, state_leak
from backend.incidents.tracking.commands.ordering import keep_orders, remove_order, take_rows

__all__ = [
    "BufferFacts",
    "Leak",
    "WeatherPoints",
    "keep_buffer",
    "keep_orders",
    "name_weather",
    "remove_buffer",
    "remove_order",
    "state_leak",
    "take_rows",
]
