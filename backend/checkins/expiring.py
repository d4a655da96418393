"""How positions of check-ins grow old: the position is forgotten; that one was there, or away, stays."""

from backend.core.expiring import Expiring

POSITIONS = Expiring(
    "check_in",
    "t.at",
    also="t.lat IS NOT NULL",
    blanked=("lat", "lon", "accuracy_m"),
    shown="'XJ-' || lpad(t.id::text, 6, '0')",
)
