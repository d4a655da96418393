"""What a site may do without: modules that can be switched off, and the capabilities that go with them. Pure.

A module that is off has no menu, no page and no job: nobody at the site has its capabilities (``Actor.can``), its
routes answer 404 (``permissions.require``), and the worker passes the site by (``queries.modules``). What was recorded
stays.
"""

import enum
from dataclasses import dataclass

from backend.core.errors import N_


class Module(enum.StrEnum):
    """A part of AnSu that a site may switch off. The line from reading to alarm to rectification always runs."""

    CHECKINS = "checkins"
    MAINTENANCE = "maintenance"
    TRAINING = "training"
    LESSONS = "lessons"
    RISKS = "risks"
    DUTY = "duty"
    OPERATIONS = "operations"


@dataclass(frozen=True)
class About:
    """A module in words: its name, what it is for, what stops with it, its picture."""

    name: str
    does: str
    stops: str
    picture: str


ABOUT = {
    Module.CHECKINS: About(
        N_("巡检打卡"),
        N_("按计划扫码巡检，检查项不合格就上报"),
        N_("不再生成巡检任务，没做的任务撤下，不算漏检"),
        "scan-line",
    ),
    Module.MAINTENANCE: About(
        N_("维护保养"), N_("保养计划、到期提醒、保养记录"), N_("不再提醒保养，恢复后按原计划继续"), "wrench"
    ),
    Module.TRAINING: About(
        N_("培训"), N_("课程、考核、按原因派发培训"), N_("不再派发和提醒培训，已学记录保留"), "graduation-cap"
    ),
    Module.LESSONS: About(
        N_("规律与教训"), N_("从记录里找规律，给出建议并跟踪效果"), N_("不再找规律、不再给建议"), "layers"
    ),
    Module.RISKS: About(
        N_("风险分级管控"), N_("风险点、分级、管控措施和四色图"), N_("不再显示风险点和四色图"), "shield-check"
    ),
    Module.DUTY: About(N_("履职考核"), N_("履职得分、申诉和月度单"), N_("不再计算得分和生成月度单"), "award"),
    Module.OPERATIONS: About(
        N_("安全运营"), N_("风险分布、指标、报警负荷"), N_("不再显示运营页面，恢复后补算"), "chart-column"
    ),
}

_AREAS = {
    "checkins": Module.CHECKINS,
    "plans": Module.CHECKINS,
    "maintenance": Module.MAINTENANCE,
    "training": Module.TRAINING,
    "lessons": Module.LESSONS,
    "risks": Module.RISKS,
    "duty": Module.DUTY,
    "operations": Module.OPERATIONS,
    "indicators": Module.OPERATIONS,
    "adoption": Module.OPERATIONS,
}
"""What stands before the dot of a capability → its module."""


def module_of(capability: str) -> Module | None:
    """The module that ``capability`` belongs to; None for what can't be switched off."""
    return _AREAS.get(capability.partition(".")[0])
