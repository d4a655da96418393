"""Why a message or value is refused, in words that say what to do. Shown on the rejections page."""

import enum

from backend.core.errors import N_


class Reason(enum.StrEnum):
    """The code kept in ``rejection.reason``."""

    UNREADABLE = "unreadable"
    WRONG_SHAPE = "wrong_shape"
    WRONG_TOPIC = "wrong_topic"
    WRONG_SITE = "wrong_site"
    NOT_A_NUMBER = "not_a_number"
    INFINITE = "infinite"
    BOOLEAN = "boolean"
    TEXT = "text"
    BAD_TIME = "bad_time"
    BAD_CODE = "bad_code"
    RETAINED = "retained"
    TOO_LARGE = "too_large"
    TOO_MANY_UNKNOWN = "too_many_unknown"
    IGNORED_POINT = "ignored_point"
    RETIRED_POINT = "retired_point"
    NOT_STORABLE = "not_storable"


FOLDED = frozenset({Reason.IGNORED_POINT, Reason.RETIRED_POINT, Reason.TOO_MANY_UNKNOWN})
"""Refusals that a steady source repeats with ever other payloads: one row an hour, whatever the payload."""

AT_THE_POINT = frozenset({Reason.IGNORED_POINT, Reason.RETIRED_POINT, Reason.TOO_MANY_UNKNOWN, Reason.RETAINED})
"""Refusals of a value that could be read: what becomes of it is up to its point."""

TITLES: dict[Reason, str] = {
    Reason.UNREADABLE: N_("无法读取"),
    Reason.WRONG_SHAPE: N_("结构不符"),
    Reason.WRONG_TOPIC: N_("主题不符"),
    Reason.WRONG_SITE: N_("厂区不存在"),
    Reason.NOT_A_NUMBER: N_("不是数字"),
    Reason.INFINITE: N_("数值无穷大"),
    Reason.BOOLEAN: N_("是开关量"),
    Reason.TEXT: N_("是文字"),
    Reason.BAD_TIME: N_("时间无法识别"),
    Reason.BAD_CODE: N_("测点编码不合规"),
    Reason.RETAINED: N_("保留消息没有时间"),
    Reason.TOO_LARGE: N_("消息过大"),
    Reason.TOO_MANY_UNKNOWN: N_("未知测点过多"),
    Reason.IGNORED_POINT: N_("测点已忽略"),
    Reason.RETIRED_POINT: N_("测点已停用"),
    Reason.NOT_STORABLE: N_("无法存储"),
}

ADVICE: dict[Reason, str] = {
    Reason.UNREADABLE: N_("让网关发送 UTF-8 编码的 JSON。常见原因：GBK 编码、内容被截断、发送了二进制。"),
    Reason.WRONG_SHAPE: N_("内容是 JSON，但不是约定的结构。请对照文档《MQTT 主题与内容》修改网关的模板。"),
    Reason.WRONG_TOPIC: N_("主题应为 ansu/厂区/来源/point/测点，或以 batch、telemetry、gateway/telemetry 结尾。"),
    Reason.WRONG_SITE: N_("主题中的厂区编码在本系统中不存在。请在网关中改为正确的厂区编码。"),
    Reason.NOT_A_NUMBER: N_("值为空或 NaN，通常是传感器断线。请检查接线；没有值时不要发送。"),
    Reason.INFINITE: N_("值超出数字范围，通常是换算时除以零。请检查网关里的换算公式。"),
    Reason.BOOLEAN: N_("测点只收数字。请在网关中把 true/false 换成 1/0。"),
    Reason.TEXT: N_("测点只收数字。请让网关发送不带引号、不带单位的数字。"),
    Reason.BAD_TIME: N_("时间应为毫秒时间戳，或 2026-11-24T08:00:00+08:00 这样的格式；也可以不发送时间。"),
    Reason.BAD_CODE: N_("测点编码须为 1 到 200 个可见字符。"),
    Reason.RETAINED: N_("保留消息没有时间，不知道是何时的值。请在网关中关闭 retain，或在内容中带上时间。"),
    Reason.TOO_LARGE: N_("一条消息最多 1 MB。请让网关分批发送。"),
    Reason.TOO_MANY_UNKNOWN: N_("待认领的测点已达上限。请先在“测点认领”中认领或忽略，再检查网关是否在乱造名称。"),
    Reason.IGNORED_POINT: N_("有人选择了忽略这个测点。要重新使用，请在“测点认领”中恢复；否则请让网关停止发送。"),
    Reason.RETIRED_POINT: N_("有人停用了这个测点。要重新使用，请在“厂区资料”中恢复；否则请让网关停止发送。"),
    Reason.NOT_STORABLE: N_("数据库多次拒收此消息，已隔离以免阻塞其他数据。请把此页内容交给系统管理员。"),
}

WAYS: dict[Reason, tuple[str, str]] = {
    Reason.TOO_MANY_UNKNOWN: (N_("测点认领"), "/adoptions"),
    Reason.IGNORED_POINT: (N_("测点认领"), "/adoptions?ignored=true"),
    Reason.RETIRED_POINT: (N_("厂区资料"), "/plant/edit/points"),
}
"""Where the cause is mended, for those who may: the page's name and address."""
