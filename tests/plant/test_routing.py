"""Pipes on the floor plan."""

import random
from itertools import pairwise
from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.plant.drawing import Flow, PlacedArea, PlacedEquipment, draw, hidden
from backend.plant.routing import Box, route
from backend.starter.pack import PACKS, read_pack


def _crosses(box: Box, a: tuple[float, float], b: tuple[float, float]) -> bool:
    steps = 40
    return any(
        box.holds(a[0] + (b[0] - a[0]) * i / steps, a[1] + (b[1] - a[1]) * i / steps, -0.5) for i in range(steps + 1)
    )


def test_a_pipe_goes_straight_where_nothing_is_in_the_way() -> None:
    [pipe] = route([Box(50, 50, 40, 20), Box(150, 50, 40, 20)], [(0, 1)], 200, 100)
    assert pipe == ((70, 50), (130, 50))


def test_a_pipe_goes_round_what_stands_between() -> None:
    boxes = [Box(50, 50, 40, 20), Box(150, 50, 40, 20), Box(250, 50, 40, 20)]
    [pipe] = route(boxes, [(0, 2)], 300, 100)
    assert len(pipe) > 2
    assert not any(_crosses(boxes[1], a, b) for a, b in pairwise(pipe))


def test_a_plan_whose_marks_stand_anywhere_is_drawn_in_a_moment() -> None:
    """18 marks with 33 pipes took 17 s of the web role's processor when first looked at."""
    random_ = random.Random(3)
    marks = [Box(random_.uniform(10, 290), random_.uniform(10, 190), 63, 33) for _ in range(18)]
    ends = [(number, number + step) for step in (1, 2) for number in range(18 - step)]
    began = process_time()
    pipes = route(marks, ends, 300, 200)
    assert process_time() - began < 2
    assert all(len(pipe) >= 2 for pipe in pipes)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=10), st.data())
def test_no_pipe_crosses_foreign_equipment_and_each_joins_its_ends(
    cells: set[tuple[int, int]], data: st.DataObject
) -> None:
    boxes = [Box(60 + 100 * x, 50 + 80 * y, 84, 44) for x, y in sorted(cells)]
    index = st.integers(0, len(boxes) - 1)
    ends = data.draw(st.lists(st.tuples(index, index).filter(lambda e: e[0] != e[1]), min_size=1, max_size=12))
    for (source, target), pipe in zip(ends, route(boxes, ends, 420, 340), strict=True):
        assert boxes[source].holds(*pipe[0], 0.1) and boxes[target].holds(*pipe[-1], 0.1)
        for a, b in pairwise(pipe):
            assert a[0] == b[0] or a[1] == b[1]
            foreign = [box for n, box in enumerate(boxes) if n not in (source, target)]
            assert not any(_crosses(box, a, b) for box in foreign)


def test_what_flows_both_ways_is_one_pipe_with_two_heads() -> None:
    equipment = tuple(PlacedEquipment(n, f"E{n}", "设备", "Unit", None, 60 + 120 * n, 60) for n in (1, 2))
    drawing = draw(400, 200, (), equipment, (Flow(1, 2, "energy"), Flow(2, 1, "energy")))
    assert [(pipe.source_id, pipe.target_id, pipe.both) for pipe in drawing.pipes] == [(1, 2, True)]


def test_a_path_finds_its_pipes_in_order() -> None:
    equipment = tuple(PlacedEquipment(n, f"E{n}", "设备", "Unit", None, 60 + 100 * n, 60) for n in (0, 1, 2))
    drawing = draw(400, 200, (), equipment, (Flow(1, 2, "material"), Flow(0, 1, "material")))
    assert [(pipe.source_id, pipe.target_id) for pipe in drawing.pipes_along([0, 1, 2])] == [(0, 1), (1, 2)]


def test_an_area_is_named_at_its_top_left_corner() -> None:
    area = PlacedArea(1, "A", "反应区", "Reaction", ((10, 20), (90, 20), (90, 80), (10, 80)))
    assert area.corner == (10, 20) and area.points == "10,20 90,20 90,80 10,80"


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 200)), max_size=60), st.integers(1, 80), st.integers(1, 60)
)
def test_whose_centre_lies_under_another_mark_is_counted(
    centres: list[tuple[int, int]], across: int, high: int
) -> None:
    marks = [PlacedEquipment(n, f"E{n}", "", "", None, x, y) for n, (x, y) in enumerate(centres)]
    plainly = sum(
        any(abs(a.x - b.x) < across / 2 and abs(a.y - b.y) < high / 2 for b in marks if b.id != a.id) for a in marks
    )
    assert hidden(marks, across, high) == plainly


def test_a_plan_whose_names_would_hide_each_other_has_dots_and_the_demo_plant_has_names() -> None:
    pack = read_pack(PACKS / "tep")
    demo = tuple(PlacedEquipment(n, e.code, e.name, "", None, e.x, e.y) for n, e in enumerate(pack.equipment))
    assert not draw(pack.floor_plan.width, pack.floor_plan.height, (), demo, ()).crowded
    heap = tuple(PlacedEquipment(n, f"E{n}", "", "", None, 100 + n, 100) for n in range(9))
    crowded = draw(1000, 600, (), heap, ())
    assert crowded.crowded and crowded.dot < 30


def test_marks_of_the_demo_plant_do_not_touch_and_lie_within_their_areas() -> None:
    pack = read_pack(PACKS / "tep")
    width = pack.floor_plan.width
    boxes = {e.code: Box(e.x, e.y, width * 0.21, width * 0.11) for e in pack.equipment}
    areas = {a.code: a.polygon for a in pack.areas}
    for e in pack.equipment:
        xs, ys = zip(*areas[e.area], strict=True)
        assert min(xs) <= e.x - width * 0.105 and e.x + width * 0.105 <= max(xs)
        assert min(ys) <= e.y - width * 0.055 and e.y + width * 0.055 <= max(ys)
        for code, other in boxes.items():
            apart = abs(other.x - e.x) >= width * 0.21 or abs(other.y - e.y) >= width * 0.11
            assert code == e.code or apart
