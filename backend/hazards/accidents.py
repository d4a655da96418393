"""Accident types (事故类型) of GB 6441-2025: one list of names for hazards, risk points and incidents. Pure.

GB 6441-2025 (生产安全事故分类与编码) replaced GB/T 6441-1986. The numbers of its code table are not kept: we have not
seen the standard's own text.

Of an incident the type is that of the accident it was, of a near miss and of a hazard that of the one it might have
become. Nobody has to say it: "" stands for "not told".
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from backend.core.errors import N_, Invalid

UNTOLD = "none"
"""In a form and in an address: not told. An empty field stands for one that wasn't sent, as old pages don't."""
LEADS = 0.5
"""At least so much of the sources that name any type must name one for it to be suggested. Ours."""


class Accident(enum.StrEnum):
    """Kinds of accident by GB 6441-2025."""

    STRUCK = "struck"
    SITE_VEHICLE = "site_vehicle"
    ROAD_VEHICLE = "road_vehicle"
    MACHINE = "machine"
    LIFTING = "lifting"
    ELECTRIC_SHOCK = "electric_shock"
    DROWNING = "drowning"
    BURN = "burn"
    FIRE = "fire"
    FALL_FROM_HEIGHT = "fall_from_height"
    FALL = "fall"
    COLLAPSE = "collapse"
    FLOODING = "flooding"
    VESSEL_EXPLOSION = "vessel_explosion"
    PIPE_EXPLOSION = "pipe_explosion"
    GAS_EXPLOSION = "gas_explosion"
    VAPOUR_EXPLOSION = "vapour_explosion"
    DUST_EXPLOSION = "dust_explosion"
    CIVIL_EXPLOSIVE = "civil_explosive"
    FIREWORK = "firework"
    SOLID_EXPLOSION = "solid_explosion"
    MELT_EXPLOSION = "melt_explosion"
    POISONING = "poisoning"
    SUFFOCATION = "suffocation"
    LANDSLIDE = "landslide"
    LEAK = "leak"
    OTHER = "other"


ACCIDENTS = {
    Accident.STRUCK: N_("物体打击"),
    Accident.SITE_VEHICLE: N_("厂（场）内车辆致害"),
    Accident.ROAD_VEHICLE: N_("道路（轨道）车辆致害"),
    Accident.MACHINE: N_("机械致害"),
    Accident.LIFTING: N_("起重致害"),
    Accident.ELECTRIC_SHOCK: N_("触电"),
    Accident.DROWNING: N_("淹溺"),
    Accident.BURN: N_("灼烫"),
    Accident.FIRE: N_("火灾"),
    Accident.FALL_FROM_HEIGHT: N_("高处坠落"),
    Accident.FALL: N_("跌落"),
    Accident.COLLAPSE: N_("坍塌"),
    Accident.FLOODING: N_("水害"),
    Accident.VESSEL_EXPLOSION: N_("容器爆炸"),
    Accident.PIPE_EXPLOSION: N_("管道爆炸"),
    Accident.GAS_EXPLOSION: N_("可燃气体爆炸"),
    Accident.VAPOUR_EXPLOSION: N_("可燃液体蒸气爆炸"),
    Accident.DUST_EXPLOSION: N_("粉尘爆炸"),
    Accident.CIVIL_EXPLOSIVE: N_("民用爆炸物品爆炸"),
    Accident.FIREWORK: N_("烟花爆竹爆炸"),
    Accident.SOLID_EXPLOSION: N_("其他可燃固体爆炸"),
    Accident.MELT_EXPLOSION: N_("高温熔融物爆炸"),
    Accident.POISONING: N_("中毒"),
    Accident.SUFFOCATION: N_("窒息"),
    Accident.LANDSLIDE: N_("滑坡"),
    Accident.LEAK: N_("泄漏"),
    Accident.OTHER: N_("其他事故"),
}


class Ground(enum.StrEnum):
    """What a suggested type follows from."""

    KIND = "kind"
    """What broke out says it."""
    EQUIPMENT = "equipment"
    AREA = "area"
    """Both: the risk points there."""


GROUNDS = {
    Ground.KIND: N_("建议“%(type)s”：按事件类型，请核对"),
    Ground.EQUIPMENT: N_("建议“%(type)s”：这台设备的风险点 %(of)s 个危险源中 %(n)s 个会造成它，请核对"),
    Ground.AREA: N_("建议“%(type)s”：这个区域的风险点 %(of)s 个危险源中 %(n)s 个会造成它，请核对"),
}
"""Said beside a type that is suggested."""


@dataclass(frozen=True)
class Likely:
    """A type that is suggested and never stored by itself; of ``of`` sources of risk points ``count`` name it."""

    accident: Accident
    ground: Ground
    count: int = 0
    of: int = 0


def read_accident(typed: str) -> str | None:
    """A type as it was sent: None where it wasn't, "" for not told. Raises Invalid beside the field."""
    if not typed:
        return None
    if typed == UNTOLD:
        return ""
    if typed not in set(Accident):
        raise Invalid(fields={"accident": N_("请选择事故类型")})
    return typed


def leading(named: Mapping[str, int], of: int) -> tuple[Accident, int] | None:
    """The type that clearly leads among ``of`` sources, and how many name it: more than any other, and ``LEADS`` of
    them at least. None where none does."""
    ranked = sorted(((count, code) for code, count in named.items() if code in set(Accident)), reverse=True)
    if not ranked:
        return None
    (most, code), others = ranked[0], ranked[1:]
    if most < LEADS * of or (others and others[0][0] == most):
        return None
    return Accident(code), most
