"""Words of retention: what holds data back and where it leads, sizes, what was just done. Pure."""

from backend.core.errors import N_

WHYS = {
    "incident": N_("未结束的事件"),
    "review": N_("未关闭的复盘"),
    "rectification": N_("未关闭的整改"),
    "trace": N_("未完成的溯源"),
    "appeal": N_("未答复的申诉"),
}
ADDRESSES = {
    "incident": "/incidents/",
    "review": "/incidents/",
    "rectification": "/rectifications/",
    "trace": "/traces/",
    "appeal": "/duty/appeals/",
}
DONE = {
    "now": N_("保留期已保存，马上生效"),
    "later": N_("保留期已保存，24 小时后生效；在那之前可以撤销"),
    "withdrawn": N_("已撤销，保留期不变"),
}
_UNITS = ("B", "KB", "MB", "GB", "TB")


def size_words(size: float) -> str:
    """``1.5 GB``; of a thousand each."""
    place = 0
    while size >= 1000 and place < len(_UNITS) - 1:
        size, place = size / 1000, place + 1
    return f"{size:.0f} {_UNITS[place]}" if place == 0 or size >= 100 else f"{size:.1f} {_UNITS[place]}"
