"""What to do about what is most frequent, by its type, with the rule it follows and where to do it. Pure.

Each rule names only what it rests on for certain: the work safety law of 2021 by article, and GB/T 45001-2020 (equal to
ISO 45001:2018) for the order of controls. No rule speaks of less than ``LEAST`` facts or of a share that isn't the
largest by far: then nothing is advised.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend.core.errors import N_
from backend.incidents.history.shares import ranked
from backend.operations.distribution.asked import Source

LEAST = 5
SHARE = 0.3
"""So much of those whose type is known the most frequent one must hold."""
TIMES = 2.0
"""So many times the mean a stretch of the week must have before it is called a busy one."""


@dataclass(frozen=True)
class Link:
    """Where something is done, what doing it is called, and who may."""

    url: str
    deed: str
    capability: str


@dataclass(frozen=True)
class Rule:
    """``words``: what to do; ``basis``: by which rule; ``links``: where, the first that who reads may open."""

    words: str
    basis: str
    links: Sequence[Link]


_RuleOf = Callable[[str], Rule | None]


@dataclass(frozen=True)
class Advice:
    """A rule with what calls for it: of ``of`` facts of ``source`` whose ``parameter`` is known ``count`` have
    ``value``."""

    source: Source | None
    parameter: str
    value: str
    count: int
    of: int
    rule: Rule


_RECTIFY = (Link("/rectifications/new", N_("开整改"), "rectifications.open"),)
_LESSONS = (Link("/lessons", N_("看规律和建议"), "lessons.see"),)
_TRAIN = (Link("/courses", N_("派培训"), "training.assign"), *_LESSONS)
_PLAN = (Link("/plans", N_("看巡检计划"), "plans.see"), *_RECTIFY)
_MAINTAIN = (Link("/maintenance", N_("看维护保养"), "maintenance.see"), *_RECTIFY)
_RULES = (Link("/rules", N_("看预警规则"), "rules.see"),)

_CONTROLS = N_("GB/T 45001-2020 8.1.2：消除、替代、工程控制、管理控制、个体防护，依次选用")
_UPKEEP = N_("《安全生产法》第三十六条：安全设备要经常维护、保养，定期检测，保证正常运转")
_TAUGHT = N_("《安全生产法》第二十八条：从业人员要接受安全生产教育和培训")
_OBEYED = N_("《安全生产法》第四十四条：教育和督促从业人员严格执行规章制度和操作规程")
_DUTIES = N_("《安全生产法》第二十二条：全员安全生产责任制要明确各岗位的责任人员、责任范围和考核标准")
_GRADED = N_("《安全生产法》第四十一条：风险分级管控，及时发现并消除事故隐患")

RULES: Mapping[tuple[Source, str], Rule] = {
    (Source.HAZARD, "object"): Rule(
        N_("先从设备和设施上治：能消除的消除，能改造的加防护、联锁，最后才靠提醒和劳保。"), _CONTROLS, _RECTIFY
    ),
    (Source.HAZARD, "person"): Rule(
        N_("先弄清为什么这样做：规程不好用就改规程，不会就培训，图省事就加强现场监督。"), _TAUGHT, _TRAIN
    ),
    (Source.HAZARD, "environment"): Rule(
        N_("先从源头改善作业环境：通风、照明、防滑、隔离；做不到的再缩短停留时间、配防护用品。"), _CONTROLS, _RECTIFY
    ),
    (Source.HAZARD, "management"): Rule(N_("把缺的制度补上，写清谁负责、多久查一次，再排进巡检计划。"), _DUTIES, _PLAN),
    (Source.ALARM, "equipment"): Rule(N_("把预警最多的设备排进保养和检测，查有没有带病运行。"), _UPKEEP, _MAINTAIN),
    (Source.ALARM, "environment"): Rule(N_("先查泄漏源和通风，再查探测器的位置和校准。"), _UPKEEP, _RECTIFY),
    (Source.ALARM, "quality"): Rule(N_("查原料和工艺条件有没有变，限值还合不合适。"), _GRADED, _RULES),
    (Source.ALARM, "operation"): Rule(
        N_("对照操作规程看这些操作：规程不好用就改，没按规程就培训和监督。"), _OBEYED, _TRAIN
    ),
    (Source.INCIDENT, "equipment_failure"): Rule(
        N_("按设备找规律：到了寿命的更换，保养不够的加密。"), _UPKEEP, _MAINTAIN
    ),
    (Source.INCIDENT, "gas_leak"): Rule(N_("先消除泄漏点，再查通风、探测和切断是不是都能用。"), _CONTROLS, _RECTIFY),
    (Source.INCIDENT, "fire"): Rule(N_("先隔开可燃物和火源，再查消防设施能不能用。"), _CONTROLS, _RECTIFY),
    (Source.INCIDENT, "injury"): Rule(N_("先加防护、隔离危险，再对接触这项作业的人重新培训。"), _CONTROLS, _RECTIFY),
    (Source.INCIDENT, "operation_violation"): Rule(
        N_("弄清为什么违规：规程不好用就改规程，不会就培训，图省事就加强监督。"), _OBEYED, _TRAIN
    ),
    (Source.INCIDENT, "near_miss"): Rule(N_("未遂是没有代价的提醒：逐条查根源，同类作业一起整改。"), _GRADED, _LESSONS),
}
"""By source and type."""
_PLACE = Rule(N_("先集中整治这里：排查这里的风险点，加密巡检，由一位负责人跟到底。"), _GRADED, _PLAN)
_TIME = Rule(N_("把一次巡检放到这段时间之前，交接班时专门讲这一项。"), _GRADED, _PLAN)
_CAUSE = Rule(N_("同一个原因反复出现：从根源上改，不要只处理每一次。"), _CONTROLS, _LESSONS)


def by_type(types: Mapping[tuple[str, str], int]) -> list[Advice]:
    """For the most frequent type of each source; ``types`` by source and type, "" unknown."""
    found = []
    for source in Source:
        known = {value: count for (of, value), count in types.items() if of == source and value}
        found += _about(source, "type", known, _rules_of(source))
    return found


def _rules_of(source: Source) -> _RuleOf:
    return lambda value: RULES.get((source, value))


def by_cause(causes: Mapping[str, int]) -> list[Advice]:
    """For the most frequent cause; a bare place (``equipment:3``) says where and not why, and doesn't count."""
    return _about(None, "cause", {code: n for code, n in causes.items() if code and ":" not in code}, lambda _: _CAUSE)


def by_place(areas: Mapping[int | None, int], *, heaped: bool) -> list[Advice]:
    """For the area with most, where counts are ``heaped`` more than chance gives."""
    known = {str(area): count for area, count in areas.items() if area is not None}
    return _about(None, "area", known, lambda _: _PLACE, share=0.0) if heaped else []


def by_time(hours: Mapping[tuple[int, int], int], cells: int) -> list[Advice]:
    """For the stretch of the day (over all weekdays) with most; ``cells``: into how many the day is cut."""
    daily: dict[str, int] = {}
    for (_, hour), count in hours.items():
        daily[str(hour)] = daily.get(str(hour), 0) + count
    return _about(None, "hour", daily, lambda _: _TIME, share=TIMES / cells)


def _about(
    source: Source | None, parameter: str, counts: Mapping[str, int], rule_of: _RuleOf, share: float = SHARE
) -> list[Advice]:
    bars, of = ranked(counts), sum(counts.values())
    if of < LEAST or not bars or bars[0].share < share:
        return []
    rule = rule_of(bars[0].key)
    return [Advice(source, parameter, bars[0].key, bars[0].count, of, rule)] if rule else []


def all_advice(
    types: Mapping[tuple[str, str], int],
    causes: Mapping[str, int],
    areas: Mapping[int | None, int],
    hours: Mapping[tuple[int, int], int],
    cells: int,
    *,
    heaped: bool,
) -> Sequence[Advice]:
    """All that there is, the type first."""
    return [*by_type(types), *by_cause(causes), *by_place(areas, heaped=heaped), *by_time(hours, cells)]
