"""The moments of a trace for the slider, and each cause in one sentence."""

from typing import Any

import pytest

from backend.core.i18n import translate
from backend.tracing.engine import Form, Reason
from backend.tracing.sentences import shortest_first
from backend.tracing.steps import reached_equipment, scope_of, steps_of
from backend.tracing.telling import FORMS, told_cause
from backend.tracing.timeline import latest_seen, timeline
from tests.tracing.test_steps import affected, cause, result

PLACES = {"point:1": 1, "point:2": 2, "equipment:9": 9, "point:3": 3, "point:4": 4}


def story(*scope: dict[str, Any], onset: int | None = 5, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    first = cause("point:1", ("point:1", "point:2", "equipment:9", "point:3"), onset, **{"deviation": 4.0} | more)
    return result([first], list(scope)), first


def test_the_slider_goes_from_the_root_through_the_path_to_what_is_still_to_come() -> None:
    told, first = story(
        affected("point:2", 12, equipment=2),
        affected("point:3", 20, equipment=3),
        affected("point:4", 15, equipment=4, direction=-1),
        affected("point:5", 50, moving=False, equipment=5),
        affected("point:6", 8, moving=False, equipment=6),
    )
    moments = timeline(steps_of(told, first), reached_equipment(told), PLACES)
    assert [(m.equipment_id, m.part.value, m.at.second) for m in moments] == [
        (1, "root", 5),
        (2, "path", 12),
        (4, "reached", 15),
        (3, "path", 20),
        (6, "coming", 8),
        (5, "coming", 50),
    ]
    assert moments[latest_seen(moments)].equipment_id == 3 and moments[2].direction == -1


def test_a_trace_in_which_nothing_moved_has_no_moments() -> None:
    told, first = story(onset=None)
    moments = timeline(steps_of(told, first), [], PLACES)
    assert moments == [] and latest_seen(moments) == 0


def test_each_cause_has_a_scope_of_its_own_where_one_was_made() -> None:
    one, other = cause("point:1"), cause("point:7")
    told = result([one, other], [affected("point:5", 5, equipment=5)])
    told["forward"] = {"point:7": [affected("point:6", 9, equipment=6)]}
    assert [item["node"] for rank in (0, 1, 9) for item in scope_of(told, rank)] == ["point:5", "point:6", "point:5"]
    assert [item.equipment_id for item in reached_equipment(told, 1)] == [6]


def sentence(told: dict[str, Any], of: dict[str, Any], locale: str = "zh_CN") -> str:
    names = {"point:1": "阀位", "point:2": "流量", "point:3": "压力", "": ""}
    parts = []
    for clause in told_cause(told, of):
        moved = translate(locale, clause.moved) if clause.moved else ""
        parts.append(
            translate(
                locale,
                clause.text,
                name=names[clause.name],
                symptom=names[clause.symptom],
                next=names[clause.next],
                moved=moved,
                time=f"{clause.time_s:g} s",
            )
        )
    return "；".join(parts)


def test_a_cause_is_told_by_its_lead_its_direction_and_what_it_did_next() -> None:
    told, first = story(affected("point:2", 12, direction=-1), affected("point:3", 45))
    assert sentence(told, first) == "阀位 先于 压力 40 s开始上升；7 s后 流量 下降"
    assert sentence(told, first, "en") == "阀位 began to rise 40 s before 压力 moved；7 s later 流量 began to fall"


@pytest.mark.parametrize(
    ("form", "words", "english"),
    [
        (
            "drift",
            "阀位 先于 压力 40 s开始上升；表现为缓慢漂移",
            "阀位 began to rise 40 s before 压力 moved；this is a slow drift",
        ),
        (
            "step",
            "阀位 先于 压力 40 s开始上升；表现为阶跃",
            "阀位 began to rise 40 s before 压力 moved；this is a step",
        ),
        (
            "new_state",
            "阀位 先于 压力 40 s开始上升；表现为新状态",
            "阀位 began to rise 40 s before 压力 moved；this is a new state",
        ),
        (
            "oscillation",
            "阀位 先于 压力 40 s开始变化；表现为振荡",
            "阀位 began to change 40 s before 压力 moved；this is an oscillation",
        ),
        (
            "variance",
            "阀位 先于 压力 40 s开始变化；表现为波动变大",
            "阀位 began to change 40 s before 压力 moved；this is a wider spread",
        ),
        (
            "stuck",
            "阀位 先于 压力 40 s开始变化；表现为卡住不动",
            "阀位 began to change 40 s before 压力 moved；this is a reading that is stuck",
        ),
    ],
)
def test_a_cause_is_told_with_the_form_in_which_it_moved(form: str, words: str, english: str) -> None:
    told, first = story(affected("point:3", 45))
    told["movers"] = [{"point": "point:1", "form": form, "at": "", "size": 5.0}]
    assert sentence(told, first) == words
    assert sentence(told, first, "en") == english


def test_every_form_of_the_engine_has_words() -> None:
    assert FORMS.keys() == {form.value for form in Form}


@pytest.mark.parametrize(
    ("onset", "scope", "more", "words"),
    [
        (5, [affected("point:3", 5)], {}, "阀位 与 压力 同时开始变化，阀位 上升"),
        (30, [affected("point:3", 10)], {"deviation": -4.0}, "阀位 比 压力 晚 20 s才开始下降"),
        (5, [], {}, "阀位 开始上升，压力 还看不出变化"),
        (None, [affected("point:3", 5)], {"deviation": -4.0}, "阀位 比平时低，看不出从何时开始"),
    ],
)
def test_what_is_not_clear_is_told_as_not_clear(
    onset: int | None, scope: list[dict[str, Any]], more: dict[str, Any], words: str
) -> None:
    told, first = story(*scope, onset=onset, **more)
    assert sentence(told, first) == words


def test_the_symptom_as_its_own_cause_and_a_cause_without_symptom_have_a_sentence_too() -> None:
    itself = cause("point:3", (), 5, deviation=3.0)
    assert sentence(result([itself]), itself) == "压力 就是报警的测点，自己开始上升"
    alone = cause("point:1", (), 5, deviation=3.0)
    assert sentence(result([alone], symptom=None), alone) == "阀位 开始上升"


def test_what_speaks_against_stands_shortest_first() -> None:
    against = [
        {"reason": Reason.COMPENSATES, "value": 1, "points": ["point:1", "point:2"]},
        {"reason": Reason.WEAK, "value": 1, "points": []},
        {"reason": Reason.MOVED_AFTER_SYMPTOM, "value": 9, "points": ["point:1"]},
    ]
    assert [item["reason"] for item in shortest_first(against)] == ["weak", "moved_after_symptom", "compensates"]
