"""What each thing of the plant is described by, and what may stand there. Pure.

Forms and workbooks read through here, so that both refuse alike. Codes are given once: gateways, labels and workbooks
know a thing by its code.
"""

import enum
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.core.errors import N_, Invalid
from backend.plant.age import read_commissioning
from backend.plant.models import LinkKind, PointKind

LONGEST_NAME, LONGEST_UNIT, LONGEST_CODE, MOST_POINT_CODE = 60, 20, 40, 200
LONGEST_DELAY_S = 30 * 86_400
LONGEST_INTERVAL_S = 7 * 86_400
_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,3})?")
_CODE = re.compile(r"[^\s/+#\x00-\x1f\x7f]+")
"""No space, and nothing that means something in MQTT topics."""


class How(enum.StrEnum):
    """How a field is filled in."""

    CODE = "code"
    TEXT = "text"
    NUMBER = "number"
    COUNT = "count"
    DAY = "day"
    CHOICE = "choice"
    """One of a few words of ours."""
    THING = "thing"
    """The id of something else of the site."""
    FLAG = "flag"


@dataclass(frozen=True)
class Field:
    """One thing one can say. ``least`` and ``most``: letters of a text, else the number itself."""

    name: str
    words: str
    how: How = How.TEXT
    required: bool = False
    least: float = -1e15
    most: float = 1e15
    options: Mapping[str, str] | None = None
    things: str = ""
    unit: str = ""
    hint: str = ""
    refusal: str = N_("请填写数字")
    """Of a number that can't be."""


POINT_KINDS: dict[str, str] = {
    PointKind.EQUIPMENT: N_("设备状态"),
    PointKind.ENVIRONMENT: N_("环境"),
    PointKind.QUALITY: N_("产品质量"),
    PointKind.OPERATION: N_("人工操作"),
}
LINK_KINDS: dict[str, str] = {
    LinkKind.MATERIAL: N_("物料"),
    LinkKind.ENERGY: N_("能量"),
    LinkKind.CONTROL: N_("控制"),
    LinkKind.AIR: N_("通风"),
    LinkKind.PEOPLE: N_("人员"),
}

_NAME = Field("name", N_("名称"), required=True, most=LONGEST_NAME)
_NAME_EN = Field("name_en", N_("英文名"), most=LONGEST_NAME)
_STAGE = Field("stage_id", N_("环节"), How.THING, things="stages")
_AREA = Field("area_id", N_("区域"), How.THING, things="areas")
_CODE_HINT = N_("定了就不再改：网关、标签、表格都按它认")


def _code(longest: int) -> Field:
    return Field("code", N_("编号"), How.CODE, required=True, most=longest, hint=_CODE_HINT)


FIELDS: dict[str, tuple[Field, ...]] = {
    "stage": (_code(LONGEST_CODE), _NAME, _NAME_EN),
    "area": (_code(LONGEST_CODE), _NAME, _NAME_EN, _STAGE, Field("team_id", N_("班组"), How.THING, things="teams")),
    "equipment": (
        _code(LONGEST_CODE),
        _NAME,
        _NAME_EN,
        Field("equipment_class", N_("类型"), most=LONGEST_NAME, things="classes", hint=N_("溯源按类型查可能的原因")),
        _AREA,
        _STAGE,
        Field("owner_post_id", N_("责任岗位"), How.THING, things="posts"),
        Field("commissioned_on", N_("投用日期"), How.DAY, hint=N_("不清楚可以留空")),
    ),
    "point": (
        _code(MOST_POINT_CODE),
        _NAME,
        _NAME_EN,
        Field("equipment_id", N_("设备"), How.THING, things="equipment"),
        _AREA,
        Field("kind", N_("测什么"), How.CHOICE, required=True, options=POINT_KINDS),
        Field("unit", N_("单位"), most=LONGEST_UNIT),
        Field("range_low", N_("量程下限"), How.NUMBER),
        Field("range_high", N_("量程上限"), How.NUMBER),
        Field("decimals", N_("小数位数"), How.COUNT, least=0, most=6, refusal=N_("请填写 0 到 6 的整数")),
        Field(
            "expected_interval_s",
            N_("多久一次读数"),
            How.NUMBER,
            least=0.1,
            most=LONGEST_INTERVAL_S,
            unit=N_("秒"),
            refusal=N_("请填写 0.1 秒到 604800 秒（7 天）"),
        ),
        Field("manipulated", N_("由控制系统调节（如阀门开度）"), How.FLAG),
    ),
    "link": (
        Field("kind", N_("传什么"), How.CHOICE, required=True, options=LINK_KINDS),
        Field(
            "delay_s",
            N_("多久传到"),
            How.NUMBER,
            least=0,
            most=LONGEST_DELAY_S,
            unit=N_("秒"),
            hint=N_("不清楚可以留空"),
            refusal=N_("请填写 0 秒到 2592000 秒（30 天）"),
        ),
    ),
}
"""Kind of thing → what a form asks for it."""


def read_all(kind: str, typed: Mapping[str, str], today: date, only: Sequence[str] = ()) -> dict[str, Any]:
    """Column → value of what was typed for a ``kind`` of thing. ``only``: these fields, where not all were asked for.

    ``today`` is the site's. Raises Invalid by field, all refusals at once. Ids are read, not looked up.
    """
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in FIELDS[kind]:
        if only and field.name not in only:
            continue
        try:
            found[field.name] = read(field, typed.get(field.name, ""), today)
        except Invalid as refused:
            wrong |= refused.fields
    low, high = found.get("range_low"), found.get("range_high")
    if low is not None and high is not None and low >= high:
        wrong["range_high"] = N_("量程上限应大于下限")
    if wrong:
        raise Invalid(fields=wrong)
    return found


def read(field: Field, typed: str, today: date) -> Any:
    """The value of one field. Raises Invalid beside it."""
    plain = typed.strip()
    if field.how is How.FLAG:
        return plain in ("on", "true", "1")
    if not plain:
        if field.required:
            raise _refused(field, N_("请填写"))
        return 2 if field.name == "decimals" else "" if field.how is How.TEXT else None
    if field.how is How.DAY:
        return read_commissioning(plain, today)
    return _READERS.get(field.how, _text)(field, plain)


def _text(field: Field, plain: str) -> str:
    if len(plain) > field.most:
        raise Invalid(fields={field.name: N_("太长了，请缩短一些")})
    if not all(c.isprintable() for c in plain):
        raise _refused(field, N_("含有看不见的字符，请重新输入"))
    if field.how is How.CODE and (not _CODE.fullmatch(plain) or plain.startswith("_")):
        raise _refused(field, N_("编号不能有空格、/、+、#，也不能以下划线开头"))
    return plain


def _number(field: Field, plain: str) -> float | int:
    value = float(plain) if _NUMBER.fullmatch(plain) else math.nan
    whole = field.how is not How.COUNT or value.is_integer()
    if not field.least <= value <= field.most or not whole:
        raise _refused(field, field.refusal)
    return int(value) if field.how is How.COUNT else value


def _id(field: Field, plain: str) -> int:
    if not (plain.isascii() and plain.isdigit() and 0 < int(plain) < 2**63):
        raise _refused(field, N_("请选择"))
    return int(plain)


def _choice(field: Field, plain: str) -> str:
    if plain not in (field.options or {}):
        raise _refused(field, N_("请选择"))
    return plain


_READERS: dict[How, Callable[[Field, str], Any]] = {
    How.NUMBER: _number,
    How.COUNT: _number,
    How.CHOICE: _choice,
    How.THING: _id,
}


def _refused(field: Field, words: str) -> Invalid:
    return Invalid(fields={field.name: words})


def shown(value: Any) -> str:
    """A value as its field shows it to be typed again."""
    if value is None or value is False:
        return ""
    if value is True:
        return "on"
    if isinstance(value, float):
        return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)
