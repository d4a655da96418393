"""What a site sets about positions: how long they are kept after an incident, where its ground is. Pure."""

from dataclasses import dataclass

from backend.checkins.position import Fence, read_position
from backend.core.errors import N_, Invalid

USUAL_DAYS = 30
MOST_DAYS = 365
LARGEST_M = 20_000.0


@dataclass(frozen=True)
class Rule:
    """``version`` 0: the usual one, which is ours. ``ground`` None: the fences of places say where the site is."""

    version: int = 0
    keep_days: int = USUAL_DAYS
    ground: Fence | None = None


def read_rule(*, keep_days: str, lat: str, lon: str, radius_m: str) -> Rule:
    """A rule as typed; no latitude, longitude and radius at all: no ground of its own. Raises Invalid by field."""
    wrong: dict[str, str] = {}
    plain = keep_days.strip()
    days = int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 3 else 0
    if not 1 <= days <= MOST_DAYS:
        wrong["keep_days"] = N_("请填写 1 到 365 的整数")
    ground = None
    if lat.strip() or lon.strip() or radius_m.strip():
        position, radius = read_position(lat, lon), _metres(radius_m)
        if position is None:
            wrong["lat"] = N_("请填写纬度和经度，例如 31.2304 和 121.4737")
        if radius is None:
            wrong["radius_m"] = N_("请填写 1 到 20000 的数")
        if position and radius:
            ground = Fence(position.lat, position.lon, radius)
    if wrong:
        raise Invalid(fields=wrong)
    return Rule(0, days, ground)


def _metres(typed: str) -> float | None:
    digits = typed.strip().replace(".", "", 1)
    read = float(typed) if digits.isascii() and digits.isdigit() and len(digits) <= 8 else 0.0
    return read if 1 <= read <= LARGEST_M else None
