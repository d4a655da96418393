"""What hypothesis draws for the tests of telemetry: moments as devices write them, JSON of any shape, messages."""

import json
import random
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from backend.telemetry.formats.moments import EPOCH, from_datetime

many = settings(
    max_examples=2000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
"""As many examples a payload format as RELIABILITY asks for."""

some = settings(many, max_examples=500)

SHAPED_TOPICS = {
    "point": "ansu/plant/gw/point/P1",
    "batch": "ansu/plant/gw/batch",
    "device": "ansu/plant/gw/telemetry",
    "gateway": "ansu/plant/gw/gateway/telemetry",
}
"""A topic of each payload format."""

_WORDS = ("at", "ts", "value", "v", "values", "point", "P1", "P2", "", "\0", "测点", "x" * 201)

codes = st.sampled_from(["P1", "P2", "反应器.压力", "a/b", "x" * 200, "1", "TI-101 (A)", "é", "PV#7", "$SYS"])
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
moments = st.integers(700_000_000_000_000, 4_000_000_000_000_000).map(lambda micros: EPOCH + timedelta(0, 0, micros))
"""1992 (summer time was over in Shanghai) to 2096."""

_SCALARS: tuple[Any, ...] = (
    None, True, 0, -0.0, 21.5, -7, 10**400, 5e-324, float("nan"), float("inf"), "", "21.5", "温度", "\0", "\ud800",
    "2026-11-24T08:00:00Z", "2026-11-24 08:00", 1763000000000, 1763000000.25, -1e300, 253_402_300_800,
)  # fmt: skip


def grown(seed: int) -> Any:
    """Any JSON, often nearly of an agreed shape; with the NaN, Infinity and giant numbers that devices send.

    From a seed: drawing each branch from hypothesis takes twenty times as long.
    """
    return _branch(random.Random(seed), 3)


def _branch(draw: random.Random, depth: int) -> Any:
    kind = draw.randrange(6) if depth else 5
    if kind < 3:
        return {draw.choice(_WORDS): _branch(draw, depth - 1) for _ in range(draw.randrange(4))}
    if kind < 5:
        return [_branch(draw, depth - 1) for _ in range(draw.randrange(4))]
    return draw.choice(_SCALARS)


_as_text = st.integers(0, 2**64).map(
    lambda seed: json.dumps(grown(seed), ensure_ascii=False).encode("utf-8", "surrogatepass")
)
payloads = _as_text | _as_text.map(lambda text: text[: len(text) // 2]) | st.binary(max_size=40)
"""JSON, JSON cut short, and bytes that are none."""

topics = st.sampled_from(list(SHAPED_TOPICS.values())) | st.sampled_from(
    ["ansu/plant/gw/point/测点", "ansu/plant/gw/nothing", "ansu/nowhere/gw/batch", "ansu", "other/plant/gw/batch", ""]
)


def written(moment: datetime, how: str) -> Any:
    """``moment`` as a device may write it."""
    micros = from_datetime(moment)
    elsewhere = moment.astimezone(timezone(timedelta(hours=-3, minutes=-30)))
    in_shanghai = moment.astimezone(timezone(timedelta(hours=8)))
    return {
        "seconds": micros / 1e6,
        "milliseconds": micros // 1000,
        "microseconds": micros,
        "nanoseconds": micros * 1000,
        "digits": str(micros // 1000),
        "offset": elsewhere.isoformat(),
        "local": in_shanghai.replace(tzinfo=None).isoformat(" "),
        "slashes": moment.isoformat().replace("-", "/").replace("+00:00", "Z"),
    }[how]


RESOLUTION = {
    "seconds": 2,
    "milliseconds": 1000,
    "microseconds": 0,
    "nanoseconds": 0,
    "digits": 1000,
    "offset": 0,
    "local": 0,
    "slashes": 0,
}
"""By how many microseconds a way of writing may miss the moment."""
