"""Makes lines of a workbook's cells, and says of each row what can't be understood. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backend.core.errors import N_, Invalid
from backend.hazards.accidents import ACCIDENTS, Accident
from backend.risks.codes import FACTORS, FORMER, MeasureKind
from backend.risks.grading import Bands, Method, Score, grade
from backend.risks.sheets.book import Book, Cells
from backend.risks.sheets.layout import (
    COLUMN_WORDS,
    CONTROL_NAMES,
    EXAMPLE,
    KIND_NAMES,
    LEVEL_NAMES,
    LEVELS,
    headings,
    plain,
)
from backend.risks.sheets.lines import Line, SheetMeasure, Trouble
from backend.risks.terms import most_of

_LOOKED_AT = 15
"""Headings stand in the first rows."""
_NOT_UNDERSTOOD = N_("看不懂“%(said)s”，请从下拉或说明里的写法中选")
_NO_HEADINGS = N_("没有找到表头：至少要有“风险点”或“危险源”一列，可以下载模板对照")
_TAIL = re.compile(r"【(岗位|检查|保养)[:：]([^】]*)】\s*$")
_ACCIDENT_NAMES: dict[str, tuple[Accident, ...]] = {plain(words): (code,) for code, words in ACCIDENTS.items()}
_ACCIDENT_NAMES |= {plain(words): codes for words, codes in FORMER.items()}
_ACCIDENT_NAMES["可燃液体蒸汽爆炸"] = (Accident.VAPOUR_EXPLOSION,)
_FACTOR_NAMES = {plain(words): code for code, words in FACTORS.items()}
_FACTOR_NAMES |= {plain(words)[0]: code for code, words in FACTORS.items()}


def read_lines(book: Book, bands: Bands) -> tuple[list[Line], list[Trouble]]:
    """Lines that can be taken over, and troubles by row. Raises Invalid where no sheet has headings."""
    for _, cells in book.sheets:
        begins, columns = headings(cells[:_LOOKED_AT])
        if columns:
            return _Reader(columns, bands).read(cells, begins)
    raise Invalid(_NO_HEADINGS, fields={"file": _NO_HEADINGS})


class _Reader:
    """Goes down the rows; what is empty below a point's first row is as in the row before."""

    def __init__(self, columns: dict[str, int], bands: Bands) -> None:
        self._columns, self._bands = columns, bands
        self._troubles: list[Trouble] = []
        self._seen: dict[tuple[str, str], int] = {}

    def read(self, cells: Cells, begins: int) -> tuple[list[Line], list[Trouble]]:
        lines: list[Line] = []
        for at, cell in enumerate(cells[begins:], start=begins + 1):
            said = {field: cell[place] if place < len(cell) else None for field, place in self._columns.items()}
            if not any(_text(value) for value in said.values()) or EXAMPLE in said.values():
                continue
            self._take(at, said, lines)
        bad = {one.row for one in self._troubles if one.bad}
        return [one for one in lines if one.row not in bad], self._troubles

    def _take(self, row: int, said: dict[str, Any], lines: list[Line]) -> None:
        last = lines[-1] if lines else None
        code, name, source = (_one_line(said.get(field)) for field in ("code", "name", "source"))
        measures = self._measures(row, said)
        same_point = (
            last is not None
            and (code in ("", last.code))
            and (name in ("", last.name))
            and not (code == "" and name == "" and not source and not measures)
        )
        if last is not None and same_point and not source and measures and last.source:
            lines[-1] = replace(last, measures=(*last.measures, *(one for one in measures if one not in last.measures)))
            return
        line = self._line(row, said, last if same_point else None, measures)
        if not line.name:
            self._say(row, "name", N_("请填写风险点"))
        elif (line.code or line.name, line.source) in self._seen:
            earlier = self._seen[line.code or line.name, line.source]
            self._say(row, "source", N_("与第 %(earlier)s 行重复"), earlier=earlier)
        else:
            self._seen[line.code or line.name, line.source] = row
        lines.append(line)

    def _line(self, row: int, said: dict[str, Any], above: Line | None, measures: Sequence[SheetMeasure]) -> Line:
        def point_words(field: str) -> str:
            own = self._words(row, said, field)
            return own or (str(getattr(above, field)) if above else "")

        kind = self._coded(row, said, "kind", KIND_NAMES) or (above.kind if above else "")
        control = self._coded(row, said, "control", CONTROL_NAMES) or (above.control if above else "")
        return Line(
            code=point_words("code"),
            name=point_words("name"),
            kind=kind,
            area=point_words("area"),
            stage=point_words("stage"),
            equipment=point_words("equipment"),
            control=control,
            unit=point_words("unit"),
            post=point_words("post"),
            keeper=point_words("keeper"),
            source=self._words(row, said, "source"),
            accidents=self._accidents(row, said),
            factor=self._coded(row, said, "factor", _FACTOR_NAMES),
            consequence=self._words(row, said, "consequence", lines=True),
            basis=self._words(row, said, "basis", lines=True),
            inherent=self._score(row, said, "inherent"),
            residual=self._score(row, said, "residual"),
            measures=tuple(measures),
            row=row,
        )

    def _words(self, row: int, said: dict[str, Any], field: str, *, lines: bool = False) -> str:
        words = _text(said.get(field)) if lines else _one_line(said.get(field))
        if len(words) > most_of("name" if field in ("source", "area", "stage", "equipment", "post") else field):
            self._say(row, field, N_("太长，请精简"))
            return ""
        return words

    def _coded(self, row: int, said: dict[str, Any], field: str, names: dict[str, Any]) -> str:
        words = plain(said.get(field))
        if not words:
            return ""
        if words not in names:
            self._say(row, field, _NOT_UNDERSTOOD, said=_one_line(said.get(field))[:40])
            return ""
        return str(names[words])

    def _accidents(self, row: int, said: dict[str, Any]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for words in re.split(r"[、,，;；/\n]+", _text(said.get("accidents"))):
            name = plain(words)
            if not name:
                continue
            if name in _ACCIDENT_NAMES:
                found |= dict.fromkeys(str(code) for code in _ACCIDENT_NAMES[name])
                continue
            found[Accident.OTHER.value] = None
            note = N_("GB 6441-2025 没有“%(said)s”，先记为“其他事故”，请改成细分的类型")
            self._say(row, "accidents", note, bad=False, said=words.strip()[:40])
        return tuple(found)

    def _score(self, row: int, said: dict[str, Any], which: str) -> Score | None:
        given = {name: _number(said.get(f"{which}.{name}")) for name in "lecs"}
        level = self._level(row, said, which)
        if not any(value is not None for value in given.values()):
            return Score(Method.DIRECT, level=level) if level else None
        if given["e"] is None and given["s"] is None and given["c"] is not None:
            given["s"], given["c"] = given["c"], None  # L and the consequence alone: the matrix
        lec = given["e"] is not None
        score = (
            Score(Method.LEC, given["l"], given["e"], given["c"]) if lec else Score(Method.LS, given["l"], s=given["s"])
        )
        try:
            reckoned = grade(score, self._bands).level
        except Invalid as error:
            wrong = "、".join(name.upper() for name in error.fields)
            self._say(row, which, N_("%(wrong)s 没有填，或不是该方法的分值"), wrong=wrong)
            return None
        if level and level != reckoned:
            note = N_("表里写“%(said)s”，按分值应为“%(level)s”，以分值为准")
            self._say(row, which, note, bad=False, said=LEVELS[level], level=LEVELS[reckoned])
        return score

    def _level(self, row: int, said: dict[str, Any], which: str) -> Any:
        words = plain(said.get(f"{which}.level"))
        if words and words not in LEVEL_NAMES:
            self._say(row, which, _NOT_UNDERSTOOD, said=_one_line(said.get(f"{which}.level"))[:40])
        return LEVEL_NAMES.get(words, "")

    def _measures(self, row: int, said: dict[str, Any]) -> list[SheetMeasure]:
        return [
            measure
            for kind in MeasureKind
            for words in _text(said.get(f"measures.{kind}")).split("\n")
            if (measure := read_measure(kind, words)).words
        ]

    def _say(self, row: int, field: str, words: str, *, bad: bool = True, **values: Any) -> None:
        self._troubles.append(Trouble(row, COLUMN_WORDS[field], words, values, bad))


def read_measure(kind: str, words: str) -> SheetMeasure:
    """One line of a cell: words, then who and what checks it in 【】."""
    tails: dict[str, str] = {}
    rest = " ".join(words.split())
    while match := _TAIL.search(rest):
        tails.setdefault(match[1], match[2].strip())
        rest = rest[: match.start()].rstrip()
    return SheetMeasure(kind, rest, tails.get("岗位", ""), tails.get("检查", ""), tails.get("保养", ""))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "\n".join(" ".join(line.split()) for line in str(value).replace("\0", "").split("\n")).strip()


def _one_line(value: Any) -> str:
    return " ".join(_text(value).split())


def _number(value: Any) -> float | None:
    """A score; -1, which no table has, for what is no number."""
    text = _text(value)
    if not text or text in ("/", "-", "—"):
        return None
    try:
        return float(text)
    except ValueError:
        return -1.0
