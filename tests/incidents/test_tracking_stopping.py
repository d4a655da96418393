"""What stops below failed equipment: against a plain search of all ways, and by what must always hold."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.tracking.stopping import Feed, starved_below

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


def by_all_ways(feeds: Sequence[Feed], holds: dict[int, float]) -> dict[int, float]:
    """The earliest moment of each place below 0, by walking every way that visits nothing twice."""
    best: dict[int, float] = {}

    def go(place: int, at: float, been: frozenset[int]) -> None:
        ends = at if place == 0 else max(at, holds.get(place, at))
        for feed in feeds:
            if feed.source == place and feed.target not in been:
                then = ends + (feed.delay_s or 0.0)
                best[feed.target] = min(best.get(feed.target, then), then)
                go(feed.target, then, been | {feed.target})

    go(0, 0.0, frozenset({0}))
    return best


@given(_feeds, _holds)
def test_each_place_below_is_named_once_at_the_earliest_moment_of_any_way(
    feeds: list[Feed], holds: dict[int, float]
) -> None:
    found = starved_below(0, 0.0, feeds, holds)
    assert {one.equipment_id: one.at_s for one in found} == by_all_ways(feeds, holds)
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
