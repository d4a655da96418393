"""The formulas of alarm load, by hand and by their definitions."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.drafts import RuleDraft
from backend.operations.alarmload import figures
from backend.operations.alarmload.candidates import (
    GAS,
    GAS_ON_DELAY_S,
    MAJOR_ON_DELAY_S,
    PRESSURE,
    TEMPERATURE,
    candidates,
    caps_of,
    chosen,
    loosens,
    signal_of,
)
from backend.operations.alarmload.comparing import Needed, compare, in_alarm
from backend.operations.alarmload.figures import SLOT, Flood, Window
from backend.operations.alarmload.replaying import Episode

T0 = datetime(2026, 11, 24, 8, tzinfo=UTC)


def slots(*counts: int) -> dict[datetime, int]:
    return {T0 + SLOT * n: count for n, count in enumerate(counts) if count}


def test_an_hour_by_hand() -> None:
    """0, 4, 12, 7, 4, 1 alarms: 28 in six slots; the flood is the third and fourth slot, 20 minutes of 60."""
    counts, window = slots(0, 4, 12, 7, 4, 1), Window(T0, T0 + timedelta(hours=1))
    rate = figures.rate(counts, window)
    assert rate.average is not None and round(rate.average, 3) == round(28 / 6, 3)
    assert (rate.peak, rate.peak_at) == (12.0, T0 + 2 * SLOT)
    floods = figures.floods(counts, window)
    assert floods == [Flood(T0 + 2 * SLOT, T0 + 4 * SLOT, 19)]
    assert figures.flooded(floods, window) == 1 / 3
    assert figures.floods(counts, Window(T0, T0 + timedelta(hours=1), 2)) == [], "two operators bear six each"


def test_a_flood_goes_on_until_fewer_than_five_and_ends_with_the_window() -> None:
    counts = slots(10, 5, 5, 4, 11, 9)
    window = Window(T0, T0 + 5 * SLOT + timedelta(minutes=3))
    assert figures.floods(counts, window) == [Flood(T0, T0 + 3 * SLOT, 20), Flood(T0 + 4 * SLOT, window.to_at, 20)]


def test_nothing_to_divide_by_is_no_figure() -> None:
    nothing = Window(T0, T0)
    assert figures.rate({}, nothing).average is None and figures.flooded([], nothing) is None
    assert figures.split({}) is None and figures.share_of_worst([], 0) is None


def test_the_split_by_hand() -> None:
    """Of 20: one 重大 (5 %), three 较大 (15 %), sixteen 一般 or 低 (80 %) is right; four 重大 are too many."""
    shares = figures.split({"major": 1, "significant": 3, "general": 10, "low": 6})
    assert shares is not None and {name: round(share, 2) for name, share in shares.items()} == figures.SPLIT
    assert figures.split_is_right(shares, 20)
    lopsided = figures.split({"major": 4, "general": 16})
    assert lopsided is not None and figures.split_is_right(lopsided, 20) is False
    assert figures.split_is_right(lopsided, 19) is None


def test_of_few_alarms_the_ten_most_frequent_are_not_judged() -> None:
    ten_of_once_each = figures.share_of_worst([1] * 10, 200)
    assert figures.worst_is_right(ten_of_once_each, 200)
    assert figures.worst_is_right(0.06, 200) is False
    assert figures.worst_is_right(figures.share_of_worst([1] * 10, 199), 199) is None
    assert figures.worst_is_right(None, 0) is None
    assert figures.share_of_worst([30, 10], 80) == 0.5


@given(st.lists(st.integers(0, 15), max_size=40), st.integers(1, 3))
def test_floods_by_their_definition(counted: list[int], operators: int) -> None:
    window = Window(T0, T0 + SLOT * len(counted), operators)
    floods = figures.floods(slots(*counted), window)
    flooded, within = set(), False
    for n, count in enumerate(counted):
        within = count >= 5 * operators if within else count >= 10 * operators
        if within:
            flooded.add(n)
    covered = {n for one in floods for n in range((one.from_at - T0) // SLOT, (one.to_at - T0) // SLOT)}
    assert covered == flooded
    assert sum(one.alarms for one in floods) == sum(counted[n] for n in flooded)
    share = figures.flooded(floods, window)
    assert share is None or 0 <= share <= 1


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0.1, 200)), max_size=20))
def test_time_in_alarm_is_counted_once(stretches: list[tuple[float, float]]) -> None:
    total = in_alarm([Episode("H", begin, begin + length) for begin, length in stretches], 2000.0)
    longest = max((length for _, length in stretches), default=0.0)
    assert longest - 1e-6 <= total <= sum(length for _, length in stretches) + 1e-6


def test_a_comparison_names_what_would_be_missed_and_how_much_later_the_rest_comes() -> None:
    present = [Episode("H", 100.0, 130.0), Episode("H", 500.0, 1300.0), Episode("HH", 3000.0, 3010.0)]
    draft = [Episode("H", 520.0, 1300.0)]
    true = Needed(1, "H", 101.0, 130.0, judged_true=True)
    of_incident = Needed(2, "H", 500.0, 1300.0, incident_id=7, began_at=900.0)
    gone = Needed(3, "L", 10.0, 20.0, judged_true=True)
    found = compare(present, draft, [true, of_incident, gone], until=4000.0)
    assert found.lost == [true] and found.unseen == [gone] and not found.is_safe
    assert [(one.needed, one.later_s) for one in found.kept] == [(of_incident, 20.0)] and found.latest_s == 20.0
    assert found.cut is not None and round(found.cut, 3) == 0.667
    graver = compare(present, [Episode("HH", 600.0, 700.0)], [of_incident], until=4000.0)
    assert graver.kept, "a limit further out speaks too"
    assert compare(present, [], [], until=4000.0).long_lost == [present[1]], "ten minutes are no flicker"


DRAFT = RuleDraft("threshold", "压力高", {"limits": {"H": {"value": 100.0, "level": ""}}}, point_id=1, on_delay_s=1.0)


def test_suggestions_stay_within_their_ends_and_leave_every_limit_alone() -> None:
    ends = caps_of(DRAFT, PRESSURE, 200.0)
    assert (ends.deadband, ends.on_delay_s, ends.off_delay_s) == (4.0, 15.0, 15.0)
    tried = candidates(DRAFT, ends)
    assert tried == sorted(tried, key=lambda one: one.price) and len(tried) == 63
    assert all(one.deadband <= 4 and one.on_delay_s <= 15 and one.off_delay_s <= 15 for one in tried)
    assert all(one.on_delay_s >= 1 for one in tried), "nothing gets shorter"
    assert tried[0].on_delay_s == 1.0, "what can't miss anything comes first"


def test_gas_and_what_guards_level_major_get_seconds_at_most() -> None:
    assert signal_of("A区可燃气", "", "%LEL") is GAS and signal_of("环境", "", "mg/m³") is GAS
    assert signal_of("反应器温度", "", "℃") is TEMPERATURE and signal_of("反应压力", "", "kPa") is PRESSURE
    gas = RuleDraft("threshold", "可燃气", {"limits": {"H": {"value": 25.0, "level": ""}}}, point_id=1)
    assert caps_of(gas, GAS, 100.0).on_delay_s == GAS_ON_DELAY_S
    major = RuleDraft("threshold", "压力", {"limits": {"HH": {"value": 25.0, "level": "major"}}}, point_id=1)
    assert caps_of(major, PRESSURE, None).on_delay_s == MAJOR_ON_DELAY_S


def test_the_smallest_change_that_spares_enough_and_misses_nothing_is_taken() -> None:
    small, middle, large = candidates(DRAFT, caps_of(DRAFT, PRESSURE, 200.0))[:3]
    present = [Episode("H", float(n * 10), n * 10 + 5.0) for n in range(10)]
    few = compare(present, present[:4], [], until=200.0)
    enough = compare(present, present[:1], [], until=200.0)
    assert chosen([(small, few)]) is None, "six of ten are not seven"
    assert chosen([(small, few), (middle, enough), (large, enough)]) == (middle, enough)
    late = Needed(1, "H", 300.0, 320.0, judged_true=True)
    loses = compare([*present, Episode("H", 300.0, 320.0)], present[:1], [late], until=400.0)
    assert chosen([(small, loses)]) is None, "it would miss one judged true"


def test_only_a_limit_further_out_is_looser() -> None:
    further = RuleDraft("threshold", "压力高", {"limits": {"H": {"value": 101.0, "level": ""}}}, point_id=1)
    assert loosens(DRAFT, further) and not loosens(further, DRAFT)
