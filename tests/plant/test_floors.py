"""Which plan a page shows, and what lies on which; asked of the database no oftener than one plan is."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from backend.core.database import Database
from backend.core.errors import NotFound
from backend.identity.models import Role
from backend.plant.drawing import Way, draw
from backend.plant.floors import Floors, drawing_of, drawn_on, every_drawing, floors_of
from backend.plant.models import Equipment, FloorPlan, Link
from backend.plant.ways import End, ways
from tests.factories import actor_for, make_equipment, make_person, make_site
from tests.plant.two_floors import stand, two_floors

IDS = st.lists(st.integers(1, 9), unique=True, max_size=5)
SOME = st.none() | st.integers(1, 9)


def plans(*ids: int) -> list[FloorPlan]:
    return [FloorPlan(id=id_, site_id=1, name=str(id_), width=10, height=10) for id_ in ids]


@given(ids=IDS, asked=SOME, wishes=st.lists(SOME, max_size=3))
def test_what_is_asked_for_is_shown_else_the_first_wish_else_the_first_plan(
    ids: list[int], asked: int | None, wishes: list[int | None]
) -> None:
    floors = Floors(plans(*ids))
    wished = [one if one in ids else None for one in wishes]
    if asked is not None and asked not in ids:
        with pytest.raises(NotFound):
            floors.chosen(asked, *wished)
        return
    found = floors.chosen(asked, *wished)
    if asked is not None:
        assert found == asked
    elif any(wished):
        assert found == next(one for one in wished if one)
    else:
        assert found == (ids[0] if ids else None)


def test_what_is_said_of_places_is_gathered_by_plan_and_the_first_of_the_most_is_found() -> None:
    floors = Floors(plans(7, 8, 9), {1: 7, 2: 8}, {10: 8, 11: 8, 12: 9})
    assert floors.gathered({1: "low", 2: "major", 3: "major"}, {10: "general"}) == {7: ["low"], 8: ["major", "general"]}
    assert floors.most({7: 2, 8: 5, 9: 5}) == 8 and floors.most({7: 0}) is None and floors.most({}) is None
    assert [one.id for one in floors.along([12, 10, 11, 99, 12])] == [9, 8], "each once, in the order of the path"
    assert floors.tally([10, 11, 12, 99]) == {8: 2, 9: 1}
    assert (floors.of(10, 1), floors.of(99, 1), floors.of(None, 99)) == (8, 7, None), "equipment goes before its area"


@given(
    st.lists(st.tuples(st.sampled_from(["material", "air"]), st.integers(1, 6), st.integers(1, 6)), max_size=8),
    st.lists(SOME, min_size=7, max_size=7),
)
def test_a_link_between_two_plans_is_told_on_both_one_within_a_plan_or_to_none_on_neither(
    links: list[tuple[str, int, int]], on: list[int | None]
) -> None:
    floors = plans(1, 2, 3)
    ends = [End(id_, plan_id, f"E{id_}", "") for id_, plan_id in enumerate(on)]
    found = ways(((kind, ends[source], ends[target]) for kind, source, target in links), floors)
    every = [way for some in found.values() for way in some]
    told = sorted((way.mark_id, way.other_id) if way.out else (way.other_id, way.mark_id) for way in every)
    crossing = [
        (source, target)
        for _, source, target in links
        if on[source] in (1, 2, 3) and on[target] in (1, 2, 3) and on[source] != on[target]
    ]
    assert told == sorted(crossing * 2)
    for plan_id, some in found.items():
        assert all(on[way.mark_id] == plan_id and on[way.other_id] == way.plan_id for way in some)
        assert all(way.plan_name == str(way.plan_id) and way.name == f"E{way.other_id}" for way in some)


def test_a_mark_says_each_other_plan_once_with_an_arrow_out_in_or_both() -> None:
    def way(mark: int, out: bool, other: int, plan: int) -> Way:
        return Way(mark, out, "material", other, f"E{other}", "", plan, f"{plan} 层", f"Floor {plan}")

    drawing = draw(1000, 600, (), (), ())
    some = (way(5, True, 7, 2), way(5, True, 8, 2), way(5, False, 9, 3), way(6, False, 8, 2), way(6, True, 7, 2))
    doors = replace(drawing, ways=some).doors
    assert [(one.arrow, one.plan_name, sorted(one.others)) for one in doors[5]] == [
        ("↗", "2 层", [7, 8]),
        ("↙", "3 层", [9]),
    ]
    assert [(one.arrow, one.plan_name, sorted(one.others)) for one in doors[6]] == [("↕", "2 层", [7, 8])]
    assert len(doors) == 2


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def hear(*told: Any) -> None:
        statements.append(told[2])

    event.listen(database.engine.sync_engine, "before_cursor_execute", hear)
    try:
        yield statements
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", hear)


async def test_areas_and_marks_are_found_on_their_plans_those_out_of_use_on_none(database: Database) -> None:
    async with database.session() as session:
        site, other = await make_site(session), await make_site(session)
        actor = await actor_for(session, await make_person(session, site, Role.WORKER))
        floors, elsewhere = await two_floors(session, site), await two_floors(session, other)
        below, above, gone, nowhere, first = [await make_equipment(session, site) for _ in range(5)]
        foreign = await make_equipment(session, other)
        await stand(session, floors.ground, below)
        await stand(session, floors.upper, above, gone)
        await stand(session, elsewhere.upper, foreign)
        kept = await session.get_one(Equipment, first.id)
        kept.x, kept.y = 5.0, 5.0
        (await session.get_one(Equipment, gone.id)).retired_at = datetime(2026, 1, 1, tzinfo=UTC)
        await session.flush()
        ids = [one.id for one in (below, above, gone, nowhere, first, foreign)]
        found = await floors_of(session, actor, [floors.loft.id, elsewhere.loft.id, None], [*ids, None])
        assert found.areas == {floors.loft.id: floors.upper.id}
        on = {below.id: floors.ground.id, above.id: floors.upper.id, first.id: floors.ground.id}
        assert found.equipment == on, "a mark that names no plan stands on the first"
        drawn = await every_drawing(session, actor, found)
        assert drawn_on(drawn.values(), above.id, None) == floors.upper.id
        assert drawn_on(drawn.values(), nowhere.id, floors.loft.id) == floors.upper.id
        assert drawn_on(drawn.values(), nowhere.id, None) is None
        with pytest.raises(NotFound):
            found.chosen(elsewhere.upper.id)


async def test_what_leaves_a_floor_is_told_on_it_and_where_it_comes_to(database: Database) -> None:
    async with database.session() as session:
        site, other = await make_site(session), await make_site(session)
        actor = await actor_for(session, await make_person(session, site, Role.WORKER))
        floors, elsewhere = await two_floors(session, site), await two_floors(session, other)
        below, above, gone = [await make_equipment(session, site, name=name) for name in ("泵", "槽", "旧槽")]
        foreign = [await make_equipment(session, other) for _ in range(2)]
        await stand(session, floors.ground, below)
        await stand(session, floors.upper, above, gone)
        await stand(session, elsewhere.ground, foreign[0])
        await stand(session, elsewhere.upper, foreign[1])
        (await session.get_one(Equipment, gone.id)).retired_at = datetime(2026, 1, 1, tzinfo=UTC)
        for source, target in ((below, above), (below, gone), (foreign[0], foreign[1])):
            link = Link(site_id=source.site_id, source_equipment_id=source.id, target_equipment_id=target.id)
            session.add(link)
        await session.flush()
        drawn = await every_drawing(session, actor, await floors_of(session, actor))
        ground, upper = drawn[floors.ground.id], drawn[floors.upper.id]
        told = [[(way.mark_id, way.out, way.name, way.plan_name) for way in one.ways] for one in (ground, upper)]
        assert told == [[(below.id, True, "槽", "二层")], [(above.id, False, "泵", "一层")]]
        assert ground.pipes == upper.pipes == ()


async def test_one_plan_costs_what_it_did_and_many_are_drawn_in_as_many_queries_as_one(database: Database) -> None:
    async with database.session() as session:
        site = await make_site(session)
        actor = await actor_for(session, await make_person(session, site, Role.WORKER))
        floors = await two_floors(session, site)
        units = [await make_equipment(session, site) for _ in range(3)]
        await stand(session, floors.upper, *units)
        await session.flush()
        with counted(database) as several:
            found = await floors_of(session, actor, [floors.loft.id], [one.id for one in units])
            drawn = await every_drawing(session, actor, found)
        assert len(several) == 5 and len(drawn) == 2 and len(drawn[floors.upper.id].equipment) == 3
        (await session.get_one(FloorPlan, floors.ground.id)).retired_at = datetime(2026, 1, 1, tzinfo=UTC)
        await session.flush()
        with counted(database) as one:
            found = await floors_of(session, actor, [floors.loft.id], [one.id for one in units])
            shown = await drawing_of(session, actor, found, found.chosen(None))
        assert len(one) == 4 and shown and shown.id == floors.upper.id and not found.several
        assert len(shown.equipment) == 3
