"""Words for the parts of a trade pack. Pure."""

from backend.core.errors import N_

PARTS = {
    "equipment": N_("设备"),
    "areas": N_("区域"),
    "stages": N_("生产环节"),
    "teams": N_("班组"),
    "posts": N_("岗位"),
    "risks": N_("风险点"),
    "rounds": N_("巡检计划"),
    "maintenance": N_("保养计划"),
    "points": N_("测点"),
    "rules": N_("报警规则"),
    "courses": N_("课程"),
    "plans": N_("应急预案"),
    "causes": N_("原因"),
}
"""Keys of ``installing.Installed.counts``, in the order in which they are shown."""
