"""People's words in the languages of robots: harmless, on one line, cut on whole characters. Pure.

企业微信 and 钉钉 know no way to escape a mark of their Markdown, so marks become their full-width twins: a title can't
open a link, call a person (``<@…>``) or begin a heading. An address that somebody typed isn't made a link by the app.
"""

import unicodedata

_TWINS = str.maketrans(
    {
        "<": "＜",
        ">": "＞",
        "[": "［",
        "]": "］",
        "(": "（",
        ")": "）",
        "*": "＊",
        "_": "＿",
        "`": "｀",
        "~": "～",
        "#": "＃",
        "|": "｜",
        "\\": "＼",
        "!": "！",
        "@": "＠",
        "&": "＆",
    }
)
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
"""They turn the direction of what follows, so that it reads as something else."""
_JOINS = ("Mn", "Me", "Mc")
_JOINER = "\u200d"
ELLIPSIS = "…"


def one_line(words: str, most: int = 0) -> str:
    """``words`` without line breaks, control characters and turned directions; at most ``most`` characters when
    given."""
    kept = "".join(
        " " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter
        for letter in words
        if letter not in _TURNING and unicodedata.category(letter) not in {"Cs", "Cn", "Co"}
    )
    line = " ".join(kept.split())
    return cut(line, most) if most else line


def robot_words(words: str) -> str:
    """A line of people's words for Markdown that knows no escapes."""
    return one_line(words).replace("://", "：//").translate(_TWINS)


def cut(words: str, most: int) -> str:
    """``words`` of at most ``most`` characters, ended with … when something is missing; no character is torn from its
    accents or its joined emoji."""
    return words if len(words) <= most else words[: _whole(words, max(most - 1, 0))].rstrip() + ELLIPSIS * (most > 0)


def cut_bytes(words: str, most: int) -> str:
    """``words`` of at most ``most`` bytes of UTF-8; like ``cut``."""
    if len(words.encode()) <= most:
        return words
    room = most - len(ELLIPSIS.encode())
    if room < 0:
        return ""
    end = len(words.encode()[:room].decode(errors="ignore"))
    return words[: _whole(words, end)].rstrip() + ELLIPSIS


def _whole(words: str, end: int) -> int:
    """The last place up to ``end`` at which ``words`` may be parted."""
    while 0 < end < len(words) and (
        unicodedata.category(words[end]) in _JOINS or _JOINER in (words[end], words[end - 1]) or _is_tone(words[end])
    ):
        end -= 1
    return end


def _is_tone(letter: str) -> bool:
    return "\U0001f3fb" <= letter <= "\U0001f3ff"
