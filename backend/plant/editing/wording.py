"""Codes of the log in words: msgids (Chinese) that templates translate."""

from backend.core.errors import N_
from backend.plant.editing.fields import FIELDS, LINK_KINDS, POINT_KINDS
from backend.plant.models import PointStatus

KINDS: dict[str, str] = {
    "stage": N_("环节"),
    "area": N_("区域"),
    "equipment": N_("设备"),
    "point": N_("测点"),
    "floor_plan": N_("平面图"),
    "link": N_("关联"),
}
STATES: dict[str, str] = {
    PointStatus.ACTIVE: N_("在用"),
    PointStatus.PENDING: N_("待认领"),
    PointStatus.IGNORED: N_("已忽略"),
    PointStatus.RETIRED: N_("已停用"),
}
COLUMN_WORDS: dict[str, str] = {field.name: field.words for fields in FIELDS.values() for field in fields} | {
    "kind": N_("种类"),
    "position": N_("次序"),
    "polygon": N_("图上的形状"),
    "floor_plan_id": N_("平面图"),
    "x": N_("图上横向"),
    "y": N_("图上纵向"),
    "width_m": N_("图宽（米）"),
    "picture_path": N_("底图"),
    "retired_at": N_("停用"),
    "status": N_("状态"),
}
"""Column of the log → what people call it; those that aren't here say nothing to people."""
VALUES: dict[str, dict[str, str]] = {"kind": POINT_KINDS | LINK_KINDS, "status": STATES}
"""Column → value → words."""
