"""The columns of a workbook of equipment and points, by the words people head them with. Pure.

One layout for template, export and import. What a sheet is about, and what a column is, is known by its words, in
Chinese or English, whatever their order; ours come first.
"""

import re
from dataclasses import dataclass

from backend.core.errors import N_
from backend.plant.editing.fields import FIELDS, POINT_KINDS, How

SHEETS: dict[str, str] = {"equipment": N_("设备"), "point": N_("测点")}
"""Kind of thing → title of its sheet."""
_TITLES = {
    "equipment": ("设备", "设备清单", "设备台账", "equipment", "units", "assets"),
    "point": ("测点", "测点清单", "点表", "位号表", "points", "tags", "pointlist", "taglist"),
}


@dataclass(frozen=True)
class Column:
    """One column: the field it fills, what it is called, and what else people call it."""

    name: str
    words: str
    also: tuple[str, ...]
    width: int = 16


def _column(kind: str, name: str, *also: str, width: int = 16) -> Column:
    words = next(field.words for field in FIELDS[kind] if field.name == name)
    return Column(name, words, also, width)


_CODES = ("编码", "代码", "code", "id", "no", "no.", "number")
_NAMES = ("中文名", "中文名称", "name", "chinesename", "description", "描述")
_ENGLISH = ("英文名称", "英文", "englishname", "nameen", "english")
_AREAS = ("所在区域", "区域编号", "位置", "area", "zone", "location")

COLUMNS: dict[str, tuple[Column, ...]] = {
    "equipment": (
        _column("equipment", "code", *_CODES, "设备编号", "设备编码", "设备代码", "equipmentcode", "equipmentid"),
        _column("equipment", "name", *_NAMES, "设备名称", "设备", "equipmentname", "equipment", width=24),
        _column("equipment", "name_en", *_ENGLISH, width=24),
        _column("equipment", "equipment_class", "设备类型", "类别", "class", "type", "equipmentclass", "equipmenttype"),
        _column("equipment", "area_id", *_AREAS),
        _column("equipment", "stage_id", "所属环节", "工序", "生产环节", "stage", "process", "step"),
        _column("equipment", "owner_post_id", "岗位", "负责岗位", "责任人岗位", "post", "owner", "responsiblepost"),
        _column("equipment", "commissioned_on", "投运日期", "启用日期", "投产日期", "inservicesince", "commissioned"),
    ),
    "point": (
        _column(
            "point", "code", *_CODES, "位号", "测点编号", "测点编码", "点号", "tag", "pointcode", "tagname", width=24
        ),
        _column("point", "name", *_NAMES, "测点名称", "测点", "pointname", "point", width=24),
        _column("point", "name_en", *_ENGLISH, width=24),
        _column("point", "equipment_id", "所属设备", "设备编号", "设备编码", "equipment", "unitcode", "equipmentcode"),
        _column("point", "area_id", *_AREAS),
        _column("point", "kind", "类型", "测点类型", "类别", "kind", "type", "measures"),
        _column("point", "unit", "计量单位", "工程单位", "unit", "units", "uom", "engineeringunit"),
        _column("point", "range_low", "下限", "量程低", "量程最小", "rangelow", "low", "min", "lowerrange"),
        _column("point", "range_high", "上限", "量程高", "量程最大", "rangehigh", "high", "max", "upperrange"),
        _column("point", "decimals", "小数", "小数位", "decimals", "decimalplaces", "precision"),
        _column("point", "expected_interval_s", "周期", "采样周期", "间隔", "interval", "intervals", "period"),
        _column("point", "manipulated", "调节变量", "是否调节", "manipulated", "controlled", width=20),
    ),
}
YES, NO = N_("是"), N_("否")
_FLAGS = {"是": "on", "yes": "on", "y": "on", "true": "on", "1": "on", "√": "on", "on": "on"}
_FLAGS |= dict.fromkeys(("否", "no", "n", "false", "0", "×", "off", ""), "")
_KIND_WORDS = {
    "equipment": ("设备状态", "设备", "工艺", "equipment", "process", "equipmentstate"),
    "environment": ("环境", "environment", "surroundings"),
    "quality": ("产品质量", "质量", "quality", "productquality"),
    "operation": ("人工操作", "操作", "operation", "manual", "operatoraction"),
}
_NOISE = re.compile(r"[\s*＊:：_\-/（）()\[\]【】]")
_UNIT = re.compile(r"[（(][^（()）]*[)）]")


def plain(words: str) -> str:
    """Words as they are compared: without case, spaces, brackets and marks."""
    return _NOISE.sub("", _UNIT.sub("", words)).lower()


def column_of(kind: str, heading: str, english: dict[str, str]) -> str:
    """The field that a column fills, "" for none. ``english``: our own words translated."""
    wanted = plain(heading)
    if not wanted:
        return ""
    for own in (True, False):
        for column in COLUMNS[kind]:
            named = (column.words, english.get(column.words, "")) if own else column.also
            if wanted in {plain(one) for one in named if one}:
                return column.name
    return ""


def kind_of_sheet(title: str) -> str:
    """What a sheet of that title is about; "" when the title doesn't say."""
    wanted = plain(title)
    return next((kind for kind, titles in _TITLES.items() if wanted in {plain(one) for one in titles}), "")


def flag_of(text: str) -> str | None:
    """A yes or no as a form sends it; None for other words."""
    return _FLAGS.get(text.strip().lower())


def kind_of_point(text: str) -> str | None:
    """What a point measures, in our code; a blank is equipment; None for other words."""
    wanted = plain(text)
    if not wanted:
        return "equipment"
    own = {plain(words): code for code, words in POINT_KINDS.items()}
    return own.get(wanted) or next((code for code, words in _KIND_WORDS.items() if wanted in words), None)


def is_thing(kind: str, name: str) -> bool:
    """Whether a column names another thing by its code."""
    return any(field.name == name and field.how is How.THING for field in FIELDS[kind])
