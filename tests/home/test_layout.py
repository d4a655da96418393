"""Which cards stand on a page: whatever layouts and people say, danger first, nothing twice, nothing unseen."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from backend.home.catalogue import CATALOGUE, Kind
from backend.home.layout import USUAL, Arrangement, Layout, moved, optional, ordered, page, runs
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.modules import Module

_codes = st.lists(st.sampled_from([*CATALOGUE, "gone", "of-an-older-version", ""]), max_size=40)
_layouts = st.builds(Layout, _codes.map(tuple), st.booleans(), st.integers(0, 9))
_own = st.builds(Arrangement, _codes.map(tuple), _codes.map(frozenset))
_actors = st.builds(
    Actor,
    st.just(1),
    st.just(1),
    st.sampled_from(Role),
    st.just("李"),
    modules_off=st.frozensets(st.sampled_from([one.value for one in Module])),
)
CRITICAL = ["evacuations", "incidents", "standing", "floods"]


@given(_layouts, _own, _actors)
def test_danger_stands_first_nothing_twice_and_nothing_that_one_may_not_see(
    layout: Layout, own: Arrangement, actor: Actor
) -> None:
    cards = page(layout, own, lambda one: one.allowed(actor))
    codes = [one.code for one in cards]
    assert codes[:5] == [*CRITICAL, "doors"]
    assert len(set(codes)) == len(codes) and set(codes) <= set(CATALOGUE)
    assert all(actor.can(need) for one in cards for need in one.needs)


@given(_layouts, _own)
def test_people_move_and_hide_but_never_get_a_card_that_their_role_does_not_have(
    layout: Layout, own: Arrangement
) -> None:
    shown = [one.code for one in page(layout, own, lambda one: True) if one.optional]
    base = optional(layout.cards)
    assert sorted(ordered(layout, own)) == sorted(base)
    assert shown == [code for code in ordered(layout, own) if not layout.free or code not in own.hidden]
    if not layout.free:
        assert shown == base


@given(_layouts)
def test_who_has_moved_nothing_has_their_roles_page(layout: Layout) -> None:
    assert ordered(layout, Arrangement()) == optional(layout.cards)


def test_a_card_that_the_role_gets_later_stands_behind_the_one_that_it_follows() -> None:
    layout = Layout(("own", "to_confirm", "urgent", "courses"))
    assert ordered(layout, Arrangement(("courses", "own"))) == ["courses", "own", "to_confirm", "urgent"]


def test_taps_move_by_one_add_at_the_end_and_take_away() -> None:
    codes = ["own", "urgent", "courses"]
    assert moved(codes, "up:urgent") == ["urgent", "own", "courses"]
    assert moved(codes, "down:urgent") == ["own", "courses", "urgent"]
    assert moved(codes, "up:own") == codes == moved(codes, "down:courses")
    assert moved(codes, "drop:own") == ["urgent", "courses"]
    assert moved(codes, "add:duty") == [*codes, "duty"] == moved([*codes, "duty"], "add:duty")
    assert moved(codes, "add:incidents") == codes == moved(codes, "drop:gone") == moved(codes, "nonsense")


@given(_codes, _codes.map(lambda codes: f"up:{codes[0]}" if codes else ""))
def test_moving_loses_and_doubles_nothing(codes: list[str], move: str) -> None:
    assert sorted(moved(codes, move)) == sorted(optional(codes))


@given(_layouts)
def test_runs_hold_all_optional_cards_in_their_order(layout: Layout) -> None:
    cards = page(layout, Arrangement(), lambda one: True)
    found = runs(cards)
    assert [one for run in found for one in run.cards] == [one for one in cards if one.optional]
    for one, two in itertools.pairwise(found):
        assert one.kind != two.kind or one.kind in {Kind.LIST, Kind.LATER}
    assert len({run.key for run in found}) == len(found)


def test_what_each_role_has_at_first_is_all_theirs_to_see() -> None:
    for role, layout in USUAL.items():
        actor = Actor(1, 1, role, "李")
        assert optional(layout.cards) == list(layout.cards)
        assert all(CATALOGUE[code].allowed(actor) for code in layout.cards), role
    later = [code for code in USUAL[Role.WORKER].cards if CATALOGUE[code].kind in {Kind.FIGURE, Kind.LATER}]
    assert later == [], "a worker's page is whole at once"
