"""Codes in words: msgids (Chinese) that templates translate."""

from backend.alarms.models import RuleKind
from backend.core.errors import N_
from backend.plant.models import LinkKind

LIMITS: dict[str, str] = {"LL": N_("低低限"), "L": N_("低限"), "H": N_("高限"), "HH": N_("高高限")}
SPANS: dict[int, str] = {1: N_("1 小时"), 8: N_("8 小时"), 24: N_("24 小时"), 168: N_("7 天")}
"""Hours a trend may show."""
LINK_KINDS: dict[str, str] = {
    LinkKind.MATERIAL: N_("物料"),
    LinkKind.ENERGY: N_("能量"),
    LinkKind.CONTROL: N_("控制"),
    LinkKind.AIR: N_("通风"),
    LinkKind.PEOPLE: N_("人员"),
}
RULE_KINDS: dict[str, str] = {
    RuleKind.THRESHOLD: N_("限值"),
    RuleKind.RATE: N_("变化速率"),
    RuleKind.SILENCE: N_("无数据"),
    RuleKind.DEVIATION: N_("多变量偏离"),
    RuleKind.SYSTEM: N_("系统自检"),
}
EQUIPMENT_CLASSES: dict[str, str] = {
    "feed_line": N_("进料管线"),
    "mixer": N_("混合"),
    "reactor": N_("反应器"),
    "cooling_water": N_("冷却水"),
    "condenser": N_("冷凝器"),
    "separator": N_("分离器"),
    "compressor": N_("压缩机"),
    "purge": N_("放空"),
    "stripper": N_("汽提塔"),
    "steam": N_("蒸汽"),
    "product_line": N_("成品管线"),
}
"""Classes that the packs of AnSu use; one that isn't here is shown as it is written."""
