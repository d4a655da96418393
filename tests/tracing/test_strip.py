"""The onset strip: the first movers in order, each within the stretch of its onset."""

from datetime import UTC, datetime, timedelta
from typing import Any

from backend.tracing.strip import WIDTH, onset_strip

BEGAN = datetime(2026, 11, 26, 12, tzinfo=UTC)


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat()


def mover(point: str, seconds: float, form: str = "step", size: float = 5.0) -> dict[str, Any]:
    return {"point": point, "form": form, "at": at(seconds), "size": size}


def result(*movers: dict[str, Any]) -> dict[str, Any]:
    cause = {"node": "point:2", "onset_at": at(10), "onset_earliest": at(6), "onset_latest": at(14)}
    return {"movers": list(movers), "causes": [cause], "scope": []}


def test_points_stand_in_order_with_their_forms_and_the_stretch_that_is_known() -> None:
    later = mover("point:2", 10, "drift", -4.0)
    marks = onset_strip(result(later, mover("point:1", 2), mover("point:3", 90, "oscillation")))
    assert [(mark.node, mark.form, mark.direction) for mark in marks] == [
        ("point:1", "step", 1),
        ("point:2", "drift", -1),
        ("point:3", "oscillation", 0),
    ]
    assert [mark.after_s for mark in marks] == [0, 8, 88]
    assert (marks[1].earliest, marks[1].latest) == (BEGAN + timedelta(seconds=6), BEGAN + timedelta(seconds=14))
    assert marks[0].x < marks[1].left < marks[1].x < marks[1].left + marks[1].width < marks[2].x < WIDTH


def test_one_point_alone_is_no_order_and_those_that_moved_together_fit_the_drawing() -> None:
    assert onset_strip(result(mover("point:1", 0))) == [] and onset_strip({"causes": [], "scope": []}) == []
    together = onset_strip(result(*(mover(f"point:{n}", 5) for n in range(3, 12))))
    assert len(together) == 5 and all(0 < mark.x < WIDTH and mark.after_s == 0 for mark in together)
