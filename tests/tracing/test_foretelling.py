"""What a trace says of both ends, by values: who moved first and how, which limits lie ahead."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from backend.live.views import LimitMark
from backend.tracing.engine import Cause, Explanation, Normal, TraceResult, Window, learn_normal
from backend.tracing.foretelling import foretold, form_of, limits_ahead, movers, points_ahead

NAMES = ("point:1", "point:2", "point:3", "point:4")
START, ROWS = 100, 160
MARKS = {1: [LimitMark("H", 500.0, "major")], 2: [LimitMark("LL", -40.0, "major")], 4: [LimitMark("H", 60.0, "low")]}


def learned() -> Normal:
    return learn_normal(Window.of(np.arange(400.0), NAMES, np.random.default_rng(1).normal(0, 1, (400, 4))))


def window() -> Window:
    """Since row 100 point 1 stands higher, point 2 falls, point 4 rises but isn't on the way."""
    rows = np.random.default_rng(2).normal(0, 1, (ROWS, 4))
    since = np.arange(ROWS - START) + 1.0
    rows[START:, 0] += 12
    rows[START:, 1] -= 0.4 * since
    rows[START:, 3] += 0.4 * since
    return Window.of(np.arange(float(ROWS)), NAMES, rows)


def cause(node: str, path: tuple[str, ...] = ()) -> Cause:
    return Cause(node, None, 0.5, 1.0, float(START), float(START), float(START), 9.0, path, Explanation((), (), ()))


RESULT = TraceResult(
    True, float(START), "point:2", (cause("point:1", ("point:1", "equipment:3", "point:2")),), (), (), 0.1
)


def test_limits_are_looked_at_on_the_symptom_and_the_way_to_it_alone() -> None:
    assert points_ahead(RESULT) == ["point:2", "point:1"]
    (told,) = limits_ahead(window(), RESULT, MARKS)
    assert (told["point"], told["limit_name"], told["value"]) == ("point:2", "LL", -40.0)
    end = datetime.fromtimestamp(ROWS - 1, UTC)
    likely = datetime.fromisoformat(told["likely_at"])
    assert timedelta(seconds=30) < likely - end < timedelta(seconds=50), "0.4 a second from -24 to -40"
    assert told["earliest_at"] < told["likely_at"] < told["latest_at"]


def test_what_lay_ahead_is_no_longer_told_once_its_time_is_over() -> None:
    stored = {"limits_ahead": limits_ahead(window(), RESULT, MARKS)}
    end = datetime.fromtimestamp(ROWS, UTC)
    (ahead,) = foretold(stored, end)
    assert (ahead.point, ahead.next.name) == ("point:2", "LL") and ahead.next.latest_at
    assert foretold(stored, ahead.next.likely_at) and not foretold(stored, ahead.next.latest_at)
    assert foretold({}, end) == []


def test_first_movers_are_told_with_their_forms_but_alarms_and_a_quiet_plant_are_not() -> None:
    told = movers(window(), learned(), RESULT)
    forms = {item["point"]: item["form"] for item in told}
    assert forms == {"point:1": "step", "point:2": "drift", "point:4": "drift"}
    assert told[0]["point"] == "point:1" and told[0]["at"] >= "1970-01-01T00:01:38"
    assert form_of({"movers": told}, "point:2") == "drift" and form_of({}, "point:2") == ""
    assert "point:4" not in {item["point"] for item in movers(window(), learned(), RESULT, ["point:4"])}
    assert movers(window(), learned(), replace(RESULT, started_s=None)) == []
