"""Topic and payload bytes become values or refusals. Pure; whatever the bytes, never an exception.

The shapes are described for people in docs/mqtt-topics.md.
"""

from backend.telemetry.formats.moments import Micros
from backend.telemetry.formats.payloads import Decoded, Refusal, Value, decode
from backend.telemetry.formats.topics import Address, Shape, read_topic

__all__ = ["Address", "Decoded", "Micros", "Refusal", "Shape", "Value", "decode", "read_topic"]
