"""What stops below failed equipment: against a plain search of all ways, and by what must always hold."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.tracking.stopping import Feed, Store, starved_below
from backend.incidents.tracking.storing import FURTHEST_S, Outflow, lasting, left_in, per_hour

PLACES = range(6)
_feeds = st.lists(
    st.builds(
        Feed,
        st.sampled_from(PLACES),
        st.sampled_from(PLACES),
        st.none() | st.integers(0, 600).map(float),
    ).filter(lambda feed: feed.source != feed.target),
    max_size=12,
)
_holds = st.dictionaries(st.sampled_from(PLACES), st.integers(-600, 3600).map(float))
_seconds = st.integers(0, 3600).map(float)
_stores = st.dictionaries(st.sampled_from(PLACES), st.builds(Store, st.integers(-600, 600).map(float), _seconds))


def by_all_ways(
    feeds: Sequence[Feed], holds: dict[int, float], stores: dict[int, Store] | None = None
) -> dict[int, float]:
    """The earliest moment of each place below 0, by walking every way that visits nothing twice."""
    best: dict[int, float] = {}

    def go(place: int, at: float, been: frozenset[int]) -> None:
        known = [max(at, holds[place])] if place in holds else []
        store = (stores or {}).get(place)
        known += [max(at, store.read_s) + store.lasts_s] if store else []
        ends = at if place == 0 else min(known, default=at)
        for feed in feeds:
            if feed.source == place and feed.target not in been:
                then = ends + (feed.delay_s or 0.0)
                best[feed.target] = min(best.get(feed.target, then), then)
                go(feed.target, then, been | {feed.target})

    go(0, 0.0, frozenset({0}))
    return best


@given(_feeds, _holds, _stores)
def test_each_place_below_is_named_once_at_the_earliest_moment_of_any_way(
    feeds: list[Feed], holds: dict[int, float], stores: dict[int, Store]
) -> None:
    found = starved_below(0, 0.0, feeds, holds, stores)
    assert {one.equipment_id: one.at_s for one in found} == by_all_ways(feeds, holds, stores)
    assert len({one.equipment_id for one in found}) == len(found)
    assert [one.at_s for one in found] == sorted(one.at_s for one in found)


@given(_feeds, _holds, st.sampled_from(PLACES), st.integers(0, 3600))
def test_holding_longer_never_stops_anything_earlier(
    feeds: list[Feed], holds: dict[int, float], place: int, more: int
) -> None:
    before = {one.equipment_id: one.at_s for one in starved_below(0, 0.0, feeds, holds)}
    longer = holds | {place: holds.get(place, 0.0) + more}
    after = {one.equipment_id: one.at_s for one in starved_below(0, 0.0, feeds, longer)}
    assert all(after[one] >= before[one] for one in before)


@given(_feeds)
def test_only_what_has_no_other_feed_stops_wholly(feeds: list[Feed]) -> None:
    found = starved_below(0, 0.0, feeds)
    stopped = {0} | {one.equipment_id for one in found if one.whole}
    for one in found:
        sources = {feed.source for feed in feeds if feed.target == one.equipment_id}
        assert one.whole == (sources <= stopped), "all of its feeds stop, or it goes on with a part"


def test_a_tank_holds_up_what_is_below_it_and_a_recycle_doesn_t_save_the_loop() -> None:
    feeds = [Feed(1, 2, 60.0), Feed(2, 3, 30.0), Feed(3, 2, 10.0), Feed(9, 4, 5.0), Feed(3, 4, None)]
    found = {one.equipment_id: one for one in starved_below(1, -100.0, feeds, {2: 600.0})}
    assert (found[2].at_s, found[3].at_s, found[4].at_s) == (-40.0, 630.0, 630.0)
    assert found[2].whole and found[3].whole and not found[4].whole, "4 has a feed of its own"
    assert found[3].sure and not found[4].sure and found[4].via == 3


@given(_feeds, _stores, st.sampled_from(PLACES), _seconds, _seconds)
def test_more_in_store_never_stops_anything_earlier(
    feeds: list[Feed], stores: dict[int, Store], place: int, lasts: float, more: float
) -> None:
    def at_most(seconds: float) -> dict[int, float]:
        found = starved_below(0, 0.0, feeds, None, stores | {place: Store(0.0, seconds)})
        return {one.equipment_id: one.at_s for one in found}

    before, after = at_most(lasts), at_most(lasts + more)
    assert all(after[one] >= before[one] for one in before)


def test_a_store_lasts_from_when_its_feed_stops_or_from_when_it_was_read_after_that() -> None:
    feeds = [Feed(1, 2, 60.0), Feed(2, 3, 0.0)]

    def of_three(read_s: float) -> float:
        return {one.equipment_id: one.at_s for one in starved_below(1, 0.0, feeds, None, {2: Store(read_s, 600)})}[3]

    assert of_three(read_s=-100) == 660, "read while it was still fed: full until its feed stops"
    assert of_three(read_s=300) == 900, "read when it had run down for four minutes already"


@given(st.floats(0, 1e4), st.floats(0.01, 1e3), st.floats(0, 1e3))
def test_how_long_it_lasts_lies_between_its_ends_and_never_beyond_a_day(left: float, out: float, spread: float) -> None:
    found = lasting(left, Outflow(out, spread))
    assert found and 0 <= found.earliest <= found.likely <= found.latest <= FURTHEST_S
    typed = lasting(left, Outflow(out))
    assert typed and typed.earliest == typed.latest == found.likely
    assert lasting(left, Outflow(0.0)) is None


def test_what_is_left_and_units_that_go_together() -> None:
    assert left_in(60, 10, 110, 50) == 25 and left_in(5, 10, 110, 50) == 0 and left_in(200, 10, 110, 50) == 50
    assert per_hour("t/h", "t") == 1 and per_hour("m3/min", "m³") == 60 and per_hour("kg/s", "kg") == 3600
    assert per_hour("kg/h", "t") is None and per_hour("%", "t") is None
