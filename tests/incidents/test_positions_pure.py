"""What decides about positions: the best knowledge, what is kept, how the plan lies on the earth, the replay."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.checkins.position import Fence, Position, distance_m
from backend.core.errors import Invalid
from backend.incidents.positions.judging import CLOSEST, MARGIN_M, OLDEST, Fix, Ground, Judged, judge, moment_of
from backend.incidents.positions.laying import Anchor, lay, metres
from backend.incidents.positions.picturing import SKETCH, PlanSheet, near_place, placed, sketch_of
from backend.incidents.positions.replaying import MOST_FRAMES, SHORTEST, Roll, clock_of, first_frame, play, tallies
from backend.incidents.positions.rule import read_rule
from backend.incidents.positions.whereabouts import DOUBT, FRESH, LOOK_BACK, Known, Place, Sight, Source, whereabouts
from backend.incidents.response.rollcall import Mark
from backend.plant.drawing import PlacedArea, PlacedEquipment, draw

NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
PUMP, YARD = Place("泵", "Pump", equipment_id=1), Place("罐区", "Yard", area_id=2)
HERE = Position(31.23, 121.47, 8)
SITE = Ground(Fence(31.23, 121.47, 400))
SEEN = [source for source in Source if source not in {Source.ASSIGNED, Source.UNKNOWN}]
SIGHTS = st.builds(
    lambda source, age_s, doubtful: Sight(
        source,
        NOON - timedelta(seconds=age_s),
        doubtful=doubtful,
        **({"position": HERE} if source is Source.GPS else {"place": PUMP}),
    ),
    st.sampled_from(SEEN),
    st.integers(-600, 50_000),
    st.booleans(),
)


def sight(source: Source, minutes_ago: float, **more: object) -> Sight:
    where = {"position": HERE} if source is Source.GPS else {"place": PUMP}
    return Sight(source, NOON - timedelta(minutes=minutes_ago), **{**where, **more})  # type: ignore[arg-type]


def source_of(*sights: Sight) -> Source:
    return whereabouts(sights, YARD, NOON).source


def test_a_fresh_position_beats_an_older_scan_and_a_newer_scan_beats_the_position() -> None:
    assert source_of(sight(Source.GPS, 1), sight(Source.LABEL, 3)) is Source.GPS
    assert source_of(sight(Source.GPS, 1), sight(Source.LABEL, 0.5)) is Source.LABEL
    assert source_of(sight(Source.GPS, 1), sight(Source.LABEL, 1)) is Source.LABEL, "of two at once the surer one"


def test_what_is_doubtful_counts_only_when_what_is_sure_is_much_older() -> None:
    vague = sight(Source.GPS, 0.2, doubtful=True)
    assert source_of(vague, sight(Source.LABEL, 20)) is Source.LABEL
    assert source_of(vague, sight(Source.LABEL, 31)) is Source.GPS
    assert source_of(sight(Source.CHECK_IN, 1), sight(Source.LABEL, 20)) is Source.LABEL, "a check-in without a scan"


def test_nothing_of_this_shift_leaves_the_assignment_and_without_one_nothing() -> None:
    old = sight(Source.LABEL, LOOK_BACK.total_seconds() / 60 + 1)
    assert whereabouts([old], YARD, NOON) == Known(Source.ASSIGNED, place=YARD)
    assert whereabouts([], None, NOON) == Known(Source.UNKNOWN)


@given(st.lists(SIGHTS, max_size=8), st.randoms())
def test_the_best_is_one_of_them_known_by_then_whatever_their_order(sights: list[Sight], random: object) -> None:
    best = whereabouts(sights, YARD, NOON)
    shuffled = sorted(sights, key=lambda _: random.random())  # type: ignore[attr-defined]
    again = whereabouts(shuffled, YARD, NOON)
    assert (best.source, best.at, best.doubtful) == (again.source, again.at, again.doubtful)
    age = best.age(NOON)
    assert (age is None) == (best.source is Source.ASSIGNED)
    assert age is None or timedelta() <= age < LOOK_BACK
    assert best.at is None or best.at in {one.at for one in sights}


@given(st.lists(SIGHTS, min_size=1, max_size=8), st.integers(0, 7), st.integers(1, 40_000))
def test_an_older_sight_of_the_same_kind_never_changes_the_answer(sights: list[Sight], which: int, by_s: int) -> None:
    older = sights[which % len(sights)]
    older = replace(older, at=min(older.at, NOON) - timedelta(seconds=by_s), place=None)
    newer = [replace(one, at=min(one.at, NOON)) for one in sights]
    best = whereabouts(newer, None, NOON)
    assume(best.at is not None)
    assert whereabouts([*newer, older], None, NOON) == best


@given(st.lists(SIGHTS, max_size=8))
def test_a_sure_sight_of_just_now_always_wins(sights: list[Sight]) -> None:
    past = [one for one in sights if one.at < NOON]
    now = Sight(Source.LABEL, NOON, PUMP)
    assert whereabouts([*past, now], YARD, NOON).at == NOON


def test_freshness_ends_after_two_minutes_for_a_phone_and_never_begins_for_what_is_doubtful() -> None:
    known = whereabouts([sight(Source.GPS, 0)], None, NOON)
    assert known.fresh(NOON + FRESH) and not known.fresh(NOON + FRESH + timedelta(seconds=1))
    assert not whereabouts([sight(Source.GPS, 0, doubtful=True)], None, NOON).fresh(NOON)
    assert not Known(Source.ASSIGNED, place=YARD).fresh(NOON)
    assert timedelta(minutes=2) < DOUBT


@given(st.integers(-100_000, 100_000), st.integers(0, 40_000))
def test_a_phone_whose_clock_is_wrong_still_says_how_long_ago_it_was(off_s: int, ago_s: int) -> None:
    phone = NOON + timedelta(seconds=off_s)
    assert moment_of(phone - timedelta(seconds=ago_s), phone, NOON) == NOON - timedelta(seconds=ago_s)
    assert moment_of(phone + timedelta(seconds=ago_s), phone, NOON) == NOON, "never later than it arrived"


def fix(seconds_ago: float, metres_north: float = 0.0, accuracy: float = 8.0) -> Fix:
    return Fix(NOON - timedelta(seconds=seconds_ago), Position(31.23 + metres_north / 111_195, 121.47, accuracy))


def test_off_the_site_nothing_but_that_is_kept_unless_the_phone_may_be_on_it() -> None:
    [off] = judge([fix(0, 900)], NOON, NOON, SITE, None)
    assert off.position is None
    [perhaps] = judge([fix(0, 450, accuracy=80)], NOON, NOON, SITE, None)
    assert perhaps.position is not None
    [tower] = judge([fix(0, 900, accuracy=5000)], NOON, NOON, SITE, None)
    assert tower.position is None, "a phone that knows nothing isn't on the site because of that"


def test_where_only_places_have_fences_the_site_lies_around_them() -> None:
    ground = Ground(None, [Fence(31.23, 121.47, 50)])
    near, far = fix(0, 50 + MARGIN_M - 10), fix(0, 50 + MARGIN_M + 40)
    assert [judge([one], NOON, NOON, ground, None)[0].position is not None for one in (near, far)] == [True, False]
    assert not Ground().known and not Ground().holds(HERE)


def test_a_vague_position_and_an_impossible_jump_are_marked() -> None:
    [vague] = judge([fix(0, accuracy=150)], NOON, NOON, SITE, None)
    assert vague.vague and not vague.jumped
    _, jumped, back = judge([fix(30), fix(20, 390), fix(10, 380)], NOON, NOON, SITE, None)
    assert jumped.jumped and not back.jumped, "the next is measured anew"
    _, walked = judge([fix(30), fix(10, 30)], NOON, NOON, SITE, None)
    assert not walked.jumped


@given(st.lists(st.tuples(st.integers(0, 60_000), st.floats(-300, 300)), max_size=20))
def test_what_is_kept_is_apart_in_time_in_order_and_not_too_old(rows: list[tuple[int, float]]) -> None:
    kept = judge([fix(ago, north) for ago, north in rows], NOON, NOON, SITE, None)
    moments = [one.at for one in kept]
    assert all(later - earlier >= CLOSEST for earlier, later in pairwise(moments))
    assert all(NOON - OLDEST <= at <= NOON for at in moments)
    again = judge([fix(ago, north) for ago, north in rows], NOON, NOON, SITE, kept[-1] if kept else None)
    assert not again, "what was kept before isn't kept twice"


@given(
    st.floats(-3.1, 3.1),
    st.floats(0.2, 5),
    st.lists(st.tuples(st.floats(-400, 400), st.floats(-400, 400)), min_size=2, max_size=6),
)
def test_the_plan_lies_on_the_earth_as_it_was_drawn(turn: float, scale: float, at: list[tuple[float, float]]) -> None:
    """A plan drawn by turning and scaling the earth is laid back onto it, anywhere on it."""
    origin = Fence(31.23, 121.47, 0)

    def drawn(east: float, north: float) -> tuple[float, float]:
        z = scale * complex(east, north) * complex(math.cos(turn), math.sin(turn)) + complex(70, -90)
        return z.real, -z.imag

    def on_earth(east: float, north: float) -> Fence:
        return Fence(31.23 + north / 111_195.08, 121.47 + east / (111_195.08 * math.cos(math.radians(31.23))), 20)

    assume(max(math.dist(one, at[0]) for one in at) > 60)
    laid = lay([Anchor(*drawn(*one), on_earth(*one)) for one in at])
    assert laid is not None and laid.error_m < 1
    assert laid.units_per_metre == pytest.approx(scale, rel=0.02)
    spot = on_earth(123, -45)
    assert laid.on_plan(spot) == pytest.approx(drawn(123, -45), abs=3 * scale)
    assert abs(metres(spot, origin)) == pytest.approx(distance_m(spot, origin), rel=0.01)


def test_places_that_contradict_each_other_or_lie_together_lay_no_plan() -> None:
    north = [Fence(31.23 + n * 0.002, 121.47, 20) for n in range(3)]
    assert lay([Anchor(0, 0, north[0])]) is None
    assert lay([Anchor(0, 0, north[0]), Anchor(100, 0, Fence(31.23005, 121.47, 20))]) is None, "six metres apart"
    assert lay([Anchor(0, 0, north[0]), Anchor(0, -100, north[1]), Anchor(0, 100, north[2])]) is None


def test_people_stand_at_their_places_beside_each_other_and_the_sketch_shows_how_far() -> None:
    yard = PlacedArea(2, "YARD", "罐区", "Yard", ((0, 0), (200, 0), (200, 100), (0, 100)))
    plan = draw(400, 480, (yard,), (PlacedEquipment(1, "P", "泵", "Pump", 2, 100, 50),), ())
    spots = placed(PlanSheet(plan, None), {n: Known(Source.LABEL, NOON, PUMP) for n in range(3)})
    assert len({(spot.x, spot.y) for spot in spots.values()}) == 3
    assert placed(PlanSheet(plan, None), {1: Known(Source.GPS, NOON, position=HERE)}) == {}, "not laid: nowhere"
    far = Position(31.23 + 90 / 111_195, 121.47, 10)
    sketch = sketch_of(Fence(31.23, 121.47, 20), True, [(PUMP, Fence(31.23, 121.471, 20))], [far])
    spot = sketch.spot(Known(Source.GPS, NOON, position=far))
    assert spot and spot.x == pytest.approx(SKETCH / 2) and spot.y < SKETCH / 2, "north is up"
    assert 2 <= len(sketch.rings) <= 5 and sketch.rings[-1].metres <= sketch.reach_m
    near = [(PUMP, Fence(31.23, 121.47, 20))]
    assert near_place(HERE, [], near) == PUMP
    assert near_place(Position(31.235, 121.47), [], near) is None


@given(st.integers(0, 400_000))
def test_a_replay_begins_and_ends_with_the_incident_in_a_bounded_number_of_moments(lasted_s: int) -> None:
    clock = clock_of(NOON, NOON + timedelta(seconds=lasted_s))
    frames = clock.frames
    assert frames[0] == NOON and frames[-1] == clock.ended and len(frames) <= MOST_FRAMES + 1
    assert all(later - earlier <= clock.step for earlier, later in pairwise(frames))
    assert clock.step >= SHORTEST


@given(st.lists(SIGHTS, max_size=10))
def test_a_replay_knows_at_each_moment_what_was_known_then(sights: list[Sight]) -> None:
    clock = clock_of(NOON - timedelta(hours=1), NOON)
    states = play(clock, {7: sights}, {7: YARD}, [7], None)[7]
    for frame, moment in enumerate(clock.frames):
        shown = [state for state in states if state.frame <= frame][-1].known
        best = whereabouts(sights, YARD, moment)
        assert (shown.source, shown.at, shown.doubtful) == (best.source, best.at, best.doubtful)


def test_the_count_at_a_moment_is_of_what_was_marked_by_then() -> None:
    clock = clock_of(NOON, NOON + timedelta(minutes=10))
    marks = [Mark(1, 11, NOON + timedelta(minutes=4), "safe"), Mark(2, 12, NOON + timedelta(minutes=8), "absent")]
    roll = Roll(NOON + timedelta(minutes=2), NOON + timedelta(minutes=9), [11, 12], 0, marks)
    told = tallies(clock, [roll])
    assert [(one.safe, one.missing, one.absent, one.going) for one in told] == [
        (0, 2, 0, True),
        (1, 1, 0, True),
        (1, 0, 1, True),
        (1, 0, 1, False),
    ]
    assert [clock.frames[one.frame] - NOON for one in told] == [timedelta(minutes=n) for n in (2, 4, 8, 9)]
    assert first_frame(clock, NOON - timedelta(hours=1)) == 0
    assert first_frame(clock, NOON + timedelta(hours=1)) == len(clock.frames)


def test_a_rule_is_read_whole_or_refused_by_field() -> None:
    rule = read_rule(keep_days="14", lat="31.23", lon="121.47", radius_m="400")
    assert (rule.keep_days, rule.ground) == (14, Fence(31.23, 121.47, 400))
    assert read_rule(keep_days="30", lat="", lon="", radius_m="").ground is None
    with pytest.raises(Invalid) as refused:
        read_rule(keep_days="0", lat="95", lon="121", radius_m="")
    assert set(refused.value.fields) == {"keep_days", "lat", "radius_m"}


def test_a_judged_fix_of_before_is_where_the_next_one_is_measured_from() -> None:
    before = Judged(NOON - timedelta(seconds=10), NOON - timedelta(seconds=10), HERE)
    [jumped] = judge([fix(0, 390)], NOON, NOON, SITE, before)
    assert jumped.jumped
