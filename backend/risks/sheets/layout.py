"""The workbook's columns: what they are called when written, and by which names they are found when read. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from backend.alarms.models import Level
from backend.core.errors import N_
from backend.risks.codes import Control, MeasureKind, PointKind


@dataclass(frozen=True)
class Column:
    """A column: its field, its group (words over it; "" for none), its words, its width in letters."""

    field: str
    group: str
    words: str
    width: int


TITLE = "安全风险分级管控清单"
EXAMPLE = "示例：填写前请删除这一行"
"""Stands in the template's example, which is passed over where it was left."""
INHERENT, RESIDUAL = "固有风险", "现有风险（采取措施后）"
_SCORES = (
    ("l", "L", 6),
    ("e", "E", 6),
    ("c", "C", 6),
    ("s", "S", 6),
    ("value", "风险值", 8),
    ("level", "风险等级", 10),
)
_MEASURES = {
    MeasureKind.ENGINEERING: "工程技术措施",
    MeasureKind.MANAGEMENT: "管理措施",
    MeasureKind.TRAINING: "培训教育措施",
    MeasureKind.PROTECTION: "个体防护措施",
    MeasureKind.EMERGENCY: "应急处置措施",
}
COLUMNS = (
    Column("code", "", "编号", 10),
    Column("name", "", "风险点", 18),
    Column("kind", "", "类型", 10),
    Column("area", "", "区域", 14),
    Column("stage", "", "环节", 12),
    Column("equipment", "", "设备", 14),
    Column("source", "", "危险源", 24),
    Column("accidents", "", "可能导致的事故类型", 18),
    Column("factor", "", "因素", 8),
    Column("consequence", "", "可能的后果", 24),
    *(Column(f"inherent.{name}", INHERENT, words, width) for name, words, width in _SCORES),
    *(Column(f"residual.{name}", RESIDUAL, words, width) for name, words, width in _SCORES),
    *(Column(f"measures.{kind}", "管控措施", words, 30) for kind, words in _MEASURES.items()),
    Column("control", "", "管控层级", 12),
    Column("unit", "", "责任单位", 14),
    Column("post", "", "责任岗位", 12),
    Column("keeper", "", "责任人", 12),
    Column("basis", "", "法规标准依据", 30),
)

COLUMN_WORDS = {
    "code": N_("编号"),
    "name": N_("风险点"),
    "kind": N_("类型"),
    "area": N_("区域"),
    "stage": N_("环节"),
    "equipment": N_("设备"),
    "source": N_("危险源"),
    "accidents": N_("事故类型"),
    "factor": N_("因素"),
    "consequence": N_("后果"),
    "inherent": N_("固有风险"),
    "residual": N_("现有风险"),
    "measures": N_("管控措施"),
    "control": N_("管控层级"),
    "unit": N_("责任单位"),
    "post": N_("责任岗位"),
    "keeper": N_("责任人"),
    "basis": N_("法规依据"),
}
"""What columns are called where a row is refused."""

_NAMES = {
    "code": "编号 风险点编号 风险点代码 代码 风险编号 code id",
    "name": "风险点 风险点名称 风险点单元 评价单元 单元 作业活动 设备设施 设备设施名称 作业活动名称 名称 riskpoint",
    "kind": "类型 风险点类型 类别 风险点类别 kind type",
    "area": "区域 所在区域 区域位置 所在位置 位置 部位 场所 地点 area place",
    "stage": "环节 生产环节 工序 stage",
    "equipment": "设备 对应设备 设备编号 设备位号 equipment",
    "source": "危险源 危险源名称 危险源或潜在事件 危险源或潜在事件人物环境管理 危险因素 危险有害因素 风险因素 风险描述 "
    "主要风险 检查项目 作业步骤 潜在事件 hazardsource hazard",
    "accidents": "事故类型 可能导致的事故类型 可能导致的事故 可能发生的事故类型 可能造成的事故类型 潜在事故类型 "
    "易发生事故类型 可能发生的事故类型及后果 accident accidents",
    "factor": "因素 因素类别 人物环管 危险有害因素分类 factor",
    "consequence": "后果 可能的后果 可能后果 主要后果 可能造成的后果 危害后果 consequence",
    "control": "管控层级 管控级别 控制层级 管控等级 分级管控 管控层次 controllevel control",
    "unit": "责任单位 责任部门 管控单位 部门 车间 unit department",
    "post": "责任岗位 岗位 post",
    "keeper": "责任人 管控责任人 负责人 责任人员 personresponsible owner",
    "basis": "法规标准依据 法规依据 依据 法律法规依据 标准依据 评价依据 管控依据 basis",
    "measures.engineering": "工程技术措施 工程技术 工程控制 工程措施 技术措施 工程控制措施 engineering",
    "measures.management": "管理措施 管理 管理控制措施 administrative management",
    "measures.training": "培训教育措施 培训教育 教育培训 教育培训措施 安全培训 training",
    "measures.protection": "个体防护措施 个体防护 个人防护 个人防护措施 ppe protection",
    "measures.emergency": "应急处置措施 应急处置 应急措施 应急 emergency",
}
_FOUND = {name: field for field, names in _NAMES.items() for name in names.split()}
_SCORE_NAMES = {
    "l": "l 可能性 可能性l l可能性 l值 事故发生的可能性 事故发生的可能性l likelihood",
    "e": "e 频次 暴露频次 频繁程度 暴露频繁程度 e暴露频次 频次e 频繁程度e 暴露频次e e值 exposure",
    "c": "c 后果c c后果 严重性c c值",
    "s": "s 严重性 严重程度 严重性s s严重性 后果严重性 后果严重性s 严重程度s s值 severity",
    "value": "d r 风险值 风险值d 风险值r d值 r值 风险度 风险度r 风险度d 危险性 危险性d 评价值 score value",
    "level": "风险等级 等级 风险级别 级别 评价级别 风险分级 风险颜色 颜色 管控颜色 level",
}
_SCORE_FOUND = {name: field for field, names in _SCORE_NAMES.items() for name in names.split()}
_BEFORE = ("固有", "初始", "原始", "措施前", "管控前", "控制前", "inherent")
_AFTER = ("剩余", "残余", "现有", "措施后", "管控后", "控制后", "现状", "residual")


def plain(words: object) -> str:
    """A heading without blanks, brackets and signs: as it is looked up."""
    text = unicodedata.normalize("NFKC", str(words if words is not None else "")).lower()
    return re.sub(r"[\s()\[\]【】《》/、,，:：*＊\-—_.·=×x]+", "", text)


def field_of(group: object, heading: object) -> str | None:
    """The field of a column with ``heading`` under ``group``; a score without a group is of the present risk."""
    over, own = plain(group), plain(heading)
    stage = "inherent" if any(word in over + own for word in _BEFORE) else "residual"
    if own in _FOUND and not any(word in over for word in (*_BEFORE, *_AFTER)):
        return _FOUND[own]
    bare = own
    for word in (*_BEFORE, *_AFTER):
        bare = bare.replace(word, "")
    for name in (own, bare, bare.removeprefix("风险")):
        if name in _SCORE_FOUND:
            return f"{stage}.{_SCORE_FOUND[name]}"
    return _FOUND.get(own) or (f"{stage}.level" if bare in ("风险", "风险等级及颜色") else None)


def headings(rows: Sequence[Sequence[object]]) -> tuple[int, dict[str, int]]:
    """In which row the list begins and which column each field is in; (0, {}) where no heading is found.

    ``rows``: the first rows, merged cells filled. One row of headings, or two with groups over them.
    """
    best: tuple[int, dict[str, int]] = (0, {})
    for at, row in enumerate(rows):
        below = rows[at + 1] if at + 1 < len(rows) else ()
        for upper, lower, begins in (((), row, at + 1), (row, below, at + 2)):
            found = _columns(upper, lower)
            if {"name", "source"} & set(found) and len(found) > max(len(best[1]), 2):
                best = (begins, found)
    return best


def _columns(upper: Sequence[object], lower: Sequence[object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, heading in enumerate(lower):
        over = upper[place] if place < len(upper) else ""
        field = field_of(over, heading) or (field_of("", over) if upper else None)
        if field is not None:
            found.setdefault(field, place)
    return found


KINDS = {PointKind.PLACE: "部位", PointKind.EQUIPMENT: "设备设施", PointKind.ACTIVITY: "作业活动"}
CONTROLS = {
    Control.COMPANY: "公司级",
    Control.WORKSHOP: "车间（部门）级",
    Control.TEAM: "班组级",
    Control.POST: "岗位级",
}
LEVELS = {Level.MAJOR: "重大风险", Level.SIGNIFICANT: "较大风险", Level.GENERAL: "一般风险", Level.LOW: "低风险"}
"""Words that are written."""
KIND_NAMES = {
    "部位": PointKind.PLACE,
    "场所": PointKind.PLACE,
    "区域": PointKind.PLACE,
    "设备": PointKind.EQUIPMENT,
    "设备设施": PointKind.EQUIPMENT,
    "设施": PointKind.EQUIPMENT,
    "作业活动": PointKind.ACTIVITY,
    "作业": PointKind.ACTIVITY,
    "操作及作业活动": PointKind.ACTIVITY,
}
CONTROL_NAMES = {
    **dict.fromkeys(("公司级", "公司", "厂级", "企业级", "企业", "厂"), Control.COMPANY),
    **dict.fromkeys(("车间部门级", "车间级", "部门级", "车间", "部门", "车间部门"), Control.WORKSHOP),
    **dict.fromkeys(("班组级", "班组"), Control.TEAM),
    **dict.fromkeys(("岗位级", "岗位"), Control.POST),
}
LEVEL_NAMES = {
    **dict.fromkeys(("重大风险", "重大", "红", "红色", "1级", "一级", "i级", "a级", "major"), Level.MAJOR),
    **dict.fromkeys(("较大风险", "较大", "橙", "橙色", "2级", "二级", "ii级", "b级", "significant"), Level.SIGNIFICANT),
    **dict.fromkeys(("一般风险", "一般", "黄", "黄色", "3级", "三级", "iii级", "c级", "general"), Level.GENERAL),
    **dict.fromkeys(("低风险", "低", "蓝", "蓝色", "4级", "四级", "iv级", "d级", "low"), Level.LOW),
}
"""Words that are understood, as ``plain`` makes them."""
