"""What to do about each type, place, time and cause that is most frequent, and by which rule. Pure.

Each rule names only what it rests on for certain: the work safety law of 2021 by article, and GB/T 45001-2020 (equal to
ISO 45001:2018) for the order of controls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.core.errors import N_
from backend.operations.distribution.asked import Source


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


RECTIFY = (Link("/rectifications/new", N_("开整改"), "rectifications.open"),)
LESSONS = (Link("/lessons", N_("看规律和建议"), "lessons.see"),)
TRAIN = (Link("/courses", N_("派培训"), "training.assign"), *LESSONS)
ROUNDS = (Link("/plans", N_("看巡检计划"), "plans.see"), *RECTIFY)
MAINTAIN = (Link("/maintenance", N_("看维护保养"), "maintenance.see"), *RECTIFY)
LIMITS = (Link("/rules", N_("看预警规则"), "rules.see"),)

CONTROLS = N_("GB/T 45001-2020 8.1.2：消除、替代、工程控制、管理控制、个体防护，依次选用")
UPKEEP = N_("《安全生产法》第三十六条：安全设备要经常维护、保养，定期检测，保证正常运转")
TAUGHT = N_("《安全生产法》第二十八条：从业人员要接受安全生产教育和培训")
OBEYED = N_("《安全生产法》第四十四条：教育和督促从业人员严格执行规章制度和操作规程")
DUTIES = N_("《安全生产法》第二十二条：全员安全生产责任制要明确各岗位的责任人员、责任范围和考核标准")
GRADED = N_("《安全生产法》第四十一条：风险分级管控，及时发现并消除事故隐患")

RULES: Mapping[tuple[Source, str], Rule] = {
    (Source.HAZARD, "object"): Rule(
        N_("先从设备和设施上治：能消除的消除，能改造的加防护、联锁，最后才靠提醒和劳保。"), CONTROLS, RECTIFY
    ),
    (Source.HAZARD, "person"): Rule(
        N_("先弄清为什么这样做：规程不好用就改规程，不会就培训，图省事就加强现场监督。"), TAUGHT, TRAIN
    ),
    (Source.HAZARD, "environment"): Rule(
        N_("先从源头改善作业环境：通风、照明、防滑、隔离；做不到的再缩短停留时间、配防护用品。"), CONTROLS, RECTIFY
    ),
    (Source.HAZARD, "management"): Rule(N_("把缺的制度补上，写清谁负责、多久查一次，再排进巡检计划。"), DUTIES, ROUNDS),
    (Source.ALARM, "equipment"): Rule(N_("把预警最多的设备排进保养和检测，查有没有带病运行。"), UPKEEP, MAINTAIN),
    (Source.ALARM, "environment"): Rule(N_("先查泄漏源和通风，再查探测器的位置和校准。"), UPKEEP, RECTIFY),
    (Source.ALARM, "quality"): Rule(N_("查原料和工艺条件有没有变，限值还合不合适。"), GRADED, LIMITS),
    (Source.ALARM, "operation"): Rule(
        N_("对照操作规程看这些操作：规程不好用就改，没按规程就培训和监督。"), OBEYED, TRAIN
    ),
    (Source.INCIDENT, "equipment_failure"): Rule(
        N_("按设备找规律：到了寿命的更换，保养不够的加密。"), UPKEEP, MAINTAIN
    ),
    (Source.INCIDENT, "gas_leak"): Rule(N_("先消除泄漏点，再查通风、探测和切断是不是都能用。"), CONTROLS, RECTIFY),
    (Source.INCIDENT, "fire"): Rule(N_("先隔开可燃物和火源，再查消防设施能不能用。"), CONTROLS, RECTIFY),
    (Source.INCIDENT, "injury"): Rule(N_("先加防护、隔离危险，再对接触这项作业的人重新培训。"), CONTROLS, RECTIFY),
    (Source.INCIDENT, "operation_violation"): Rule(
        N_("弄清为什么违规：规程不好用就改规程，不会就培训，图省事就加强监督。"), OBEYED, TRAIN
    ),
    (Source.INCIDENT, "near_miss"): Rule(N_("未遂是没有代价的提醒：逐条查根源，同类作业一起整改。"), GRADED, LESSONS),
}
"""By source and type."""
OF_PLACE = Rule(N_("先集中整治这里：排查这里的风险点，加密巡检，由一位负责人跟到底。"), GRADED, ROUNDS)
OF_TIME = Rule(N_("把一次巡检放到这段时间之前，交接班时专门讲这一项。"), GRADED, ROUNDS)
OF_CAUSE = Rule(N_("同一个原因反复出现：从根源上改，不要只处理每一次。"), CONTROLS, LESSONS)
