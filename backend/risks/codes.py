"""Code tables of risk points, with their words. Pure.

Kinds of accident are those of ``hazards.accidents`` (GB 6441-2025, which replaced GB/T 6441-1986); where a list still
says the names of 1986, ``FORMER`` translates what has one meaning. Factors are the four groups of GB/T 13861-2022, as
of hazard reports.
"""

import enum

from backend.alarms.models import Level
from backend.core.errors import N_
from backend.hazards.accidents import Accident
from backend.hazards.reports.models import Factor

RANK = {"": 0, Level.LOW: 1, Level.GENERAL: 2, Level.SIGNIFICANT: 3, Level.MAJOR: 4}
"""How high a level is; 0: not graded."""


def highest(levels: "list[str] | tuple[str, ...]") -> str:
    """The highest of ``levels``; "" for none."""
    return max((str(level) for level in levels), key=lambda level: RANK[level], default="")


class PointKind(enum.StrEnum):
    """What a risk point is."""

    PLACE = "place"
    EQUIPMENT = "equipment"
    ACTIVITY = "activity"


class Control(enum.StrEnum):
    """Who holds a risk, from the whole company down to one post."""

    COMPANY = "company"
    WORKSHOP = "workshop"
    TEAM = "team"
    POST = "post"


class MeasureKind(enum.StrEnum):
    """The five kinds of measures, in the order in which they count."""

    ENGINEERING = "engineering"
    MANAGEMENT = "management"
    TRAINING = "training"
    PROTECTION = "protection"
    EMERGENCY = "emergency"


KINDS = {PointKind.PLACE: N_("部位"), PointKind.EQUIPMENT: N_("设备设施"), PointKind.ACTIVITY: N_("作业活动")}
CONTROLS = {
    Control.COMPANY: N_("公司级"),
    Control.WORKSHOP: N_("车间（部门）级"),
    Control.TEAM: N_("班组级"),
    Control.POST: N_("岗位级"),
}
MEASURES = {
    MeasureKind.ENGINEERING: N_("工程技术"),
    MeasureKind.MANAGEMENT: N_("管理措施"),
    MeasureKind.TRAINING: N_("培训教育"),
    MeasureKind.PROTECTION: N_("个体防护"),
    MeasureKind.EMERGENCY: N_("应急处置"),
}
FACTORS = {
    Factor.PERSON: N_("人的因素"),
    Factor.OBJECT: N_("物的因素"),
    Factor.ENVIRONMENT: N_("环境因素"),
    Factor.MANAGEMENT: N_("管理因素"),
}
FORMER: dict[str, tuple[Accident, ...]] = {
    "车辆伤害": (Accident.SITE_VEHICLE,),
    "机械伤害": (Accident.MACHINE,),
    "起重伤害": (Accident.LIFTING,),
    "锅炉爆炸": (Accident.VESSEL_EXPLOSION,),
    "透水": (Accident.FLOODING,),
    "冒顶片帮": (Accident.COLLAPSE,),
    "中毒和窒息": (Accident.POISONING, Accident.SUFFOCATION),
    "中毒窒息": (Accident.POISONING, Accident.SUFFOCATION),
    "中毒与窒息": (Accident.POISONING, Accident.SUFFOCATION),
    "其他伤害": (Accident.OTHER,),
}
"""Names of 1986 that became one or two of 2025. 其他爆炸 became many and needs a person."""
LEAST_CONTROL = {
    Level.MAJOR: Control.COMPANY,
    Level.SIGNIFICANT: Control.WORKSHOP,
    Level.GENERAL: Control.TEAM,
    Level.LOW: Control.POST,
}
"""Usual practice of 双重预防: the higher a risk, the higher who holds it; those below hold it too."""


def held_too_low(level: str, control: str) -> Control | None:
    """Who should hold a risk of ``level``, where ``control`` is below it; None when all is well."""
    least = LEAST_CONTROL.get(Level(level)) if level else None
    order = list(Control)
    return least if least is not None and order.index(Control(control)) > order.index(least) else None
