"""What is planted: what a reader of the history should find, with its true size. All else is alike everywhere.

Ways of counting that find none of it are wrong; what they find beside it is chance.
"""

NIGHT_DELAY = 1.6
"""At night (20:00 to 08:00) it takes so many times as long until an alarm is acknowledged."""
SLOW_TEAM, SLOW_DELAY = 2, 2.0
"""The team of this place in the list takes so many times as long."""
LATE, SLOW_LATE = 0.15, 0.45
"""Share of rectifications submitted after their deadline: of all teams, and of the slow one."""
HOT_C, HOT_CLASS, HOT_TIMES = 28.0, "cooling_water", 3.0
"""In hours warmer than this its alarms are so many times as frequent."""
NOISY_EVERY, NOISY_FALSE, FALSE = 40, 0.65, 0.08
"""Every so many-th rule is noisy: so many of its alarms are false (against ``FALSE``), and over within 25 s."""
FIXED_AT, FIXED_LEFT = 2 / 3, 0.2
"""So far into the time every second noisy rule got a longer delay (an adopted suggestion): so many of its false alarms
are left. The other half stays as it was, for comparison."""
CHATTER_EVERY = 100
"""Every so many-th rule chatters: a tenth of all alarms are theirs, in runs of 8 to 30, two minutes apart."""
CHAIN_SHARE, CHAIN_S, CHAIN_SPREAD_S = 0.5, 900.0, 90.0
"""Of alarms at the first feed line so many are followed at the reactor it feeds, so long after."""
FEWER_IN_THE_END = 0.75
"""Alarms at the end of the time, relative to its beginning; they fall evenly."""
WEAK_CLASS, WEAK_LATE, KEPT_LATE = "compressor", 0.6, 0.1
"""Maintenance of this class is late so often, of others ``KEPT_LATE``; and it has three times its share of alarms."""
WEAK_TIMES = 3.0
WORN_CLASS, WORN_SHAPE, WORN_YEARS = "separator", 3.0, 10.0
"""This class fails the more often the older it is: a power law of this shape (``decisions.wear``); at ten years old a
piece fails as often as others do at any age."""
UNHELD_EVERY = 15
"""Of the sources that are grave now (重大, 较大) the first and every so many-th after it has no measure."""
GRADED_LOW_EVERY = 10
"""In every so many-th area risk points are graded as if nobody could be hurt badly, whatever happens there."""
CAUSES = (("操作不规范", 0), ("未戴防护镜", 7), ("紧固件松动", 6))
"""Words of a rectification, and the place in the list of the course that they ask for."""
STUCK_EVERY, STUCK_EACH_DAYS, STUCK_HOURS = 20, 3, (2, 5)
"""Every so many-th point with readings stands still on every so many-th day, between these hours of UTC."""
LATE_GATEWAY, LATE_EACH_DAYS, LATE_BEFORE_HOUR = 1, 7, 4
"""What the gateway of this place in the list measured before this hour of UTC came four hours late on every so many-th
day."""
MISSED, MISSED_AT_NIGHT = 0.04, 0.10
"""Share of check-ins that nobody made, in shifts that begin by day and by night."""
RECURS = 0.06
"""Share of rectifications whose hazard comes back within 90 days."""
TRACED_RIGHT = 0.75
"""Share of confirmed traces whose first cause was the one."""


def noisy(place: int) -> bool:
    """Whether the rule of this place in the list is a noisy one."""
    return place % NOISY_EVERY == 7


def fixed(place: int) -> bool:
    """Whether it is one of the noisy ones whose delay was raised."""
    return place % (2 * NOISY_EVERY) == 7


def chattering(place: int) -> bool:
    """Whether its alarms come in runs."""
    return place % CHATTER_EVERY == 11


def unheld(number: int) -> bool:
    """Whether the grave source of this number, counted from 1, has no measure."""
    return number % UNHELD_EVERY == 1


def graded_low(place: int) -> bool:
    """Whether the area of this place in the list is graded too low."""
    return place % GRADED_LOW_EVERY == 4


def wear(kind: str, age_years: float) -> float:
    """How often a piece of this class and age fails, beside others."""
    if kind != WORN_CLASS:
        return 1.0
    return float((max(age_years, 0.0) / WORN_YEARS) ** (WORN_SHAPE - 1))
