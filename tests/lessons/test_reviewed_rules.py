"""What a review asks for, by itself: which facts ask for what, and in which words."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.alarms.evaluation import Rule
from backend.alarms.parameters import Limit, Threshold
from backend.lessons.models import SuggestionKind
from backend.lessons.reviewed.facts import Facts, FirstSign, Gap, LeftAlone, Missed, Named, Root, Turned
from backend.lessons.reviewed.limits import Course
from backend.lessons.reviewed.rules import LATE_S, wishes

VALVE = Named(3, "冷却水阀", "Cooling valve")
POST = Named(4, "反应岗", "Reactor post")
NOTHING = Facts(9, "SJ-20261127-001", "gas_leak", 7, 1, Named(7, "反应器", "Reactor"))
ROOT = Root(
    VALVE, "valve.sticking", "阀杆卡涩", "Stem sticks", "就地做行程测试", "Do a stroke test on site", alarms=[5]
)


def kinds(**facts: Any) -> list[str]:
    return [wish.kind for wish in wishes(replace(NOTHING, **facts))]


def test_a_review_without_anything_asks_for_nothing() -> None:
    assert wishes(NOTHING) == []


def test_a_cause_of_the_library_is_asked_about_in_its_words_with_its_advice() -> None:
    [wish] = wishes(replace(NOTHING, root=ROOT))
    assert wish.words == "冷却水阀有没有“阀杆卡涩”的迹象：就地做行程测试"
    assert wish.words_en == "Cooling valve: any sign of “Stem sticks”: Do a stroke test on site"
    assert wish.refs == ("incident:9", "alarm:5") and wish.equipment_id == 3


def test_what_the_plan_asks_already_is_not_suggested() -> None:
    [wish] = wishes(replace(NOTHING, root=ROOT))
    assert kinds(root=replace(ROOT, asked=frozenset({wish.words}))) == []


def test_a_root_without_a_name_for_its_cause_says_where_to_look_first() -> None:
    [wish] = wishes(replace(NOTHING, root=Root(VALVE, onset=Named(0, "冷却水流量", "Cooling flow"))))
    assert wish.words == "冷却水阀有没有异样，先看冷却水流量"
    [wish] = wishes(replace(NOTHING, root=Root(VALVE, note="管线被异物堵住")))
    assert "管线被异物堵住" in wish.words and wish.key.endswith("cause=管线被异物堵住")


@settings(deadline=None)
@given(st.text(min_size=1, max_size=300), st.text(max_size=300))
def test_a_check_item_fits_the_checklist_whatever_the_cause_is_called(title: str, advice: str) -> None:
    [wish] = wishes(replace(NOTHING, root=Root(VALVE, "x.y", title, title, advice, advice)))
    assert max(len(wish.words), len(wish.words_en)) <= 110


def gap(lapse_id: int, person_id: int, post: Named | None = POST) -> Gap:
    return Gap(lapse_id, "氨的危害", "Ammonia", 8, person_id, post, None)


def test_several_people_of_a_post_get_the_course_together_one_alone_for_themselves() -> None:
    [wish] = wishes(replace(NOTHING, gaps=[gap(1, 11), gap(2, 12)]))
    assert wish.proposal == {"course_id": 8, "target": "post:4"} and wish.words == "补上“氨的危害”培训（反应岗）"
    [wish] = wishes(replace(NOTHING, gaps=[gap(1, 11), gap(2, 11)]))
    assert wish.proposal["target"] == "person:11" and wish.refs == ("incident:9", "lapse:1", "lapse:2")
    assert len(wishes(replace(NOTHING, gaps=[gap(1, 11, None), gap(2, 12, None)]))) == 2


def test_missed_rounds_and_warnings_left_alone_ask_for_a_measure_each() -> None:
    found = wishes(replace(NOTHING, missed=[Missed(VALVE, [1, 2])], left_alone=[LeftAlone(Named(6, "压力高"), [3])]))
    assert [wish.kind for wish in found] == [SuggestionKind.MEASURE] * 2
    assert {wish.refs for wish in found} == {("incident:9", "lapse:1", "lapse:2"), ("incident:9", "lapse:3")}
    assert all("“压力高”" in wish.words_en for wish in found if "left-alone" in wish.key), "its only name"


def first_sign(ahead_s: float) -> FirstSign:
    values = np.concatenate([np.full(3000, 5.0), np.linspace(5, 8, 40)])
    past = Course(60.0 * np.arange(3040), values)
    rule = Rule(Threshold({"H": Limit(8.0)}), deadband=0.1)
    return FirstSign(5, Named(6, "压力高", "Pressure high"), rule, "H", 3039 * 60.0, ahead_s, "MPa", past, 7)


def test_only_a_sign_that_came_too_late_to_act_asks_for_an_earlier_limit() -> None:
    [wish] = wishes(replace(NOTHING, first=first_sign(LATE_S - 1)))
    assert wish.kind == SuggestionKind.RULE_LIMIT and wish.rule_id == 6
    assert wish.words.startswith("压力高：高报限值由 8 改为 ") and wish.words.endswith("MPa")
    assert kinds(first=first_sign(LATE_S)) == []


def test_of_each_sort_of_deed_that_turned_readings_back_one_becomes_a_step() -> None:
    turned = [
        Turned(1, "isolate", "关了进料阀", 5, Named(2, "压力", "Pressure"), 8.2, 5.0, "MPa"),
        Turned(2, "isolate", "又关了旁路", 5, Named(2, "压力", "Pressure"), 5.1, 4.0, "MPa"),
        Turned(3, "check", "看了仪表", 5, Named(2, "压力", "Pressure"), 8.2, 5.0, "MPa"),
    ]
    [wish] = wishes(replace(NOTHING, turned=turned))
    assert wish.words == "切断隔离：关了进料阀" and wish.refs == ("incident:9", "disposal:1", "alarm:5")
    assert kinds(turned=turned, steps=frozenset({wish.words})) == []
