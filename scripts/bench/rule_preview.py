"""How fast a rule is judged over stored readings, and how that grows from a week to 90 days.

``python scripts/bench/rule_preview.py [seconds between readings, 3]``: one version (a preview) and 64 (the search for a
calmer setting) over a point that wanders about its limit, without a database, in one process. Prints readings a second
and the ratio of 90 days to 7, which would be 12.9 if the cost were in the readings alone.
"""

import resource
import sys
import time
from collections.abc import Iterator

import numpy as np

from backend.alarms.evaluation import Rule
from backend.alarms.parameters import Limit, Threshold
from backend.operations.alarmload.replaying import Piece, Versions

DAY_S = 86_400
LIMIT = Threshold({"H": Limit(1.2)})


def days(count: int, every_s: float) -> Iterator[Piece]:
    """A day's readings at a time: slow waves with noise, beyond the limit now and then."""
    random = np.random.default_rng(1)
    for day in range(count):
        at = day * DAY_S + np.arange(0, DAY_S, every_s)
        yield Piece(at, np.sin(at / 7_000) + random.normal(0, 0.15, len(at)), at + 0.2)


def judged(count: int, every_s: float, versions: int) -> tuple[int, float, int]:
    """Readings, seconds, and alarms of the first version."""
    rules = [Rule(LIMIT, deadband=0.01 * (n % 8), on_delay_s=5.0 * (n // 8)) for n in range(versions)]
    pieces = list(days(count, every_s))
    began = time.perf_counter()
    tried = Versions(rules, 0.0)
    for piece in pieces:
        tried.feed(piece)
    found = tried.finish(count * DAY_S)
    return sum(map(len, pieces)), time.perf_counter() - began, len(found[0])


def main() -> None:
    """Print the table."""
    every_s = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    print("versions | days | readings | seconds | readings/s | alarms")
    for versions in (1, 64):
        took = {}
        for count in (7, 90):
            readings, seconds, alarms = judged(count, every_s, versions)
            took[count] = seconds
            print(f"{versions:8} | {count:4} | {readings:8} | {seconds:7.2f} | {readings / seconds:10.0f} | {alarms}")
        print(f"         90 days to 7: {took[90] / took[7]:.1f} times")
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
