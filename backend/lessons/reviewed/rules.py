"""What one incident's review asks to be changed. Pure.

| what the review holds | what is suggested |
|---|---|
| a root cause at equipment | a check item there, in the words of the cause and its advice |
| training that had lapsed, or was never done, and is lacking still | that course for the post, or the person |
| rounds there that were missed | a measure: find out why |
| warnings that nobody took up in time | a measure: settle who takes them up |
| an alarm or a warning that came within ``LATE_S`` of the outbreak | an earlier limit, replayed over the past 30 days |
| a point at the root that moved first, and no rule watches | a rule of its own that warns, replayed likewise |
| a deed that turned the readings back | a step of the emergency plan of its kind |

Each carries a key by which the same suggestion of another incident is known, the records it rests on, and what should
become fewer if it works.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from backend.checkins.checklists import MOST_LETTERS
from backend.core.i18n import translate
from backend.incidents.models import Deed
from backend.incidents.wording import DEEDS
from backend.lessons.models import SuggestionKind
from backend.lessons.reviewed.facts import Facts, Gap
from backend.lessons.reviewed.limits import first_limit, tighter

LATE_S = 600.0
"""A sign that comes less than ten minutes before people open the incident leaves no time to act: our choice."""
STEPS = (Deed.STOP, Deed.ISOLATE, Deed.RELIEVE, Deed.VENTILATE, Deed.EXTINGUISH)
"""Deeds that act on the plant, and so can stand in a plan."""
TROUBLE = "incident,alarm"
"""What the plant did by itself. What people find and report isn't counted: looking closer finds more."""


@dataclass(frozen=True)
class Wish:
    """A suggestion before it is kept."""

    kind: SuggestionKind
    key: str
    words: str
    words_en: str
    refs: tuple[str, ...]
    watch: Mapping[str, str] = field(default_factory=dict)
    proposal: Mapping[str, Any] = field(default_factory=dict)
    equipment_id: int | None = None
    rule_id: int | None = None


def wishes(facts: Facts) -> list[Wish]:
    """All of them, each key once, in the order of the keys."""
    found = {
        wish.key: wish
        for rule in (_check_item, _courses, _missed_rounds, _left_alone, _earlier_limit, _new_rule, _plan_steps)
        for wish in rule(facts)
    }
    return [found[key] for key in sorted(found)]


def _check_item(facts: Facts) -> Iterator[Wish]:
    root = facts.root
    if root is None:
        return
    unit = root.equipment
    if root.title or root.note:
        title, title_en = root.title or root.note, root.title_en or root.note
        words, words_en = f"{unit.name}有没有“{title}”的迹象", f"{unit.english}: any sign of “{title_en}”"
        advised = f"{words}：{root.advice}", f"{words_en}: {root.advice_en or root.advice}"
        if root.advice and max(map(len, advised)) <= MOST_LETTERS:
            words, words_en = advised
    elif root.onset is not None:
        words = f"{unit.name}有没有异样，先看{root.onset.name}"
        words_en = f"{unit.english}: is anything unusual, {root.onset.english} first"
    else:
        words, words_en = f"{unit.name}有没有异样", f"{unit.english}: is anything unusual"
    words, words_en = words[:MOST_LETTERS], words_en[:MOST_LETTERS]
    if words in root.asked:
        return
    yield Wish(
        SuggestionKind.CHECK_ITEM,
        f"{SuggestionKind.CHECK_ITEM}:equipment={unit.id}|cause={root.cause or root.note}",
        words,
        words_en,
        (f"incident:{facts.incident_id}", *(f"alarm:{id_}" for id_ in root.alarms)),
        {"equipment": str(unit.id), "sort": TROUBLE},
        equipment_id=unit.id,
    )


def _courses(facts: Facts) -> Iterator[Wish]:
    """One for a post if several of its people lack the course, else one for each person."""
    people: dict[tuple[str, int], set[int]] = defaultdict(set)
    for gap in facts.gaps:
        people[gap.course, gap.post.id if gap.post else 0].add(gap.person_id)
    asked: dict[tuple[str, str], list[Gap]] = defaultdict(list)
    for gap in facts.gaps:
        together = gap.post is not None and len(people[gap.course, gap.post.id]) > 1
        target = f"post:{gap.post.id}" if gap.post and together else f"person:{gap.person_id}"
        asked[gap.course, target].append(gap)
    for (course, target), gaps in asked.items():
        one = gaps[0]
        of_post = f"（{one.post.name}）" if one.post else ""
        of_post_en = f" ({one.post.english})" if one.post else ""
        equipment_id = one.equipment_id or facts.equipment_id
        yield Wish(
            SuggestionKind.COURSE,
            f"{SuggestionKind.COURSE}:{one.course_id or course}|{target}",
            f"补上“{course}”培训{of_post}",
            f"Make up for the training “{one.course_en or course}”{of_post_en}",
            (f"incident:{facts.incident_id}", *(f"lapse:{gap.lapse_id}" for gap in gaps)),
            _at(equipment_id),
            {"course_id": one.course_id, "target": target},
            equipment_id,
        )


def _missed_rounds(facts: Facts) -> Iterator[Wish]:
    for one in facts.missed:
        yield Wish(
            SuggestionKind.MEASURE,
            f"{SuggestionKind.MEASURE}:missed|plan={one.plan.id}",
            f"查明“{one.plan.name}”为什么漏检，落实补检和接替的人",
            f"Find out why rounds of “{one.plan.english}” were missed; settle who makes up for them and who stands in",
            (f"incident:{facts.incident_id}", *(f"lapse:{id_}" for id_ in one.lapse_ids)),
            _at(facts.equipment_id),
            equipment_id=facts.equipment_id,
        )


def _left_alone(facts: Facts) -> Iterator[Wish]:
    for one in facts.left_alone:
        yield Wish(
            SuggestionKind.MEASURE,
            f"{SuggestionKind.MEASURE}:left-alone|rule={one.rule.id}",
            f"查明“{one.rule.name}”的预警为什么没人及时确认，落实由谁接",
            f"Find out why warnings of “{one.rule.english}” were left alone; settle who takes them up",
            (f"incident:{facts.incident_id}", *(f"lapse:{id_}" for id_ in one.lapse_ids)),
            _at(facts.equipment_id),
            equipment_id=facts.equipment_id,
        )


def _earlier_limit(facts: Facts) -> Iterator[Wish]:
    first = facts.first
    if first is None or first.ahead_s >= LATE_S:
        return
    found = tighter(first.judged, first.limit, first.course, first.raised_s)
    if found is None:
        return
    high = found.limit == "H"
    value = f"{found.value:g} {first.unit}".strip()
    if found.before is None:
        words = f"{first.rule.name}：增加{'高' if high else '低'}报限值 {value}"
        words_en = f"{first.rule.english}: add a {'high' if high else 'low'} limit at {value}"
    else:
        words = f"{first.rule.name}：{'高' if high else '低'}报限值由 {found.before:g} 改为 {value}"
        words_en = f"{first.rule.english}: move the {'high' if high else 'low'} limit from {found.before:g} to {value}"
    yield Wish(
        SuggestionKind.RULE_LIMIT,
        f"{SuggestionKind.RULE_LIMIT}:{first.rule.id}|{found.limit}",
        words,
        words_en,
        (f"incident:{facts.incident_id}", f"alarm:{first.alarm_id}"),
        {**_at(first.equipment_id), "sort": "incident"} if first.equipment_id else {},
        {**asdict(found), "unit": first.unit},
        first.equipment_id,
        first.rule.id,
    )


def _new_rule(facts: Facts) -> Iterator[Wish]:
    one = facts.unwatched
    found = first_limit(one.course, one.seen_s, high=one.high) if one else None
    if one is None or found is None:
        return
    limit, deadband = found
    value = f"{limit.value:g} {one.unit}".strip()
    about = {"point_id": one.point.id, "point": one.point.name, "point_en": one.point.english, "deadband": deadband}
    yield Wish(
        SuggestionKind.RULE_LIMIT,
        f"{SuggestionKind.RULE_LIMIT}:point={one.point.id}|{limit.limit}",
        f"{one.point.name}：新增预警，{'高' if one.high else '低'}于 {value} 时提醒",
        f"{one.point.english}: a new early warning {'above' if one.high else 'below'} {value}",
        (f"incident:{facts.incident_id}",),
        {**_at(one.equipment_id), "sort": "incident"} if one.equipment_id else {},
        {**asdict(limit), "unit": one.unit, **about},
        one.equipment_id,
    )


def _plan_steps(facts: Facts) -> Iterator[Wish]:
    done = set()
    for one in facts.turned:
        if one.deed not in STEPS or one.deed in done:
            continue
        done.add(one.deed)
        about = one.words or (facts.place.name if facts.place else "")
        about_en = one.words if one.words.isascii() and one.words else facts.place.english if facts.place else ""
        label = DEEDS[Deed(one.deed)]
        words = "：".join(filter(None, (translate("zh_CN", label), about)))
        words_en = ": ".join(filter(None, (translate("en", label), about_en)))
        if words in facts.steps:
            continue
        measured = {"point": one.point.name, "point_en": one.point.english, "unit": one.unit}
        yield Wish(
            SuggestionKind.PLAN_STEP,
            f"{SuggestionKind.PLAN_STEP}:{facts.kind}|{one.deed}|{facts.equipment_id or f'area={facts.area_id}'}",
            words[:300],
            words_en[:300],
            (f"incident:{facts.incident_id}", f"disposal:{one.disposal_id}", f"alarm:{one.alarm_id}"),
            proposal={
                "kind": facts.kind,
                "who": "operator",
                "basis": facts.number,
                "before": one.before,
                "after": one.after,
                **measured,
            },
            equipment_id=facts.equipment_id,
        )


def _at(equipment_id: int | None) -> dict[str, str]:
    return {"equipment": str(equipment_id), "sort": TROUBLE} if equipment_id else {}
