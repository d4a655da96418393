"""Reads what people type about risk points."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

from fastapi import Form, UploadFile

from backend.core.errors import N_, Invalid
from backend.risks.grading import Bands, Method, Score
from backend.risks.sheets.book import MOST_BYTES, Book, open_book
from backend.risks.terms import MeasureTerms, PointTerms, SourceTerms

_Short = Annotated[str, Form(max_length=60)]
_Words = Annotated[str, Form(max_length=8000)]
_POINT_WORDS = ("code", "name", "name_en", "unit", "keeper")
_POINT_IDS = ("stage_id", "area_id", "equipment_id", "post_id")
_Several = Annotated[Sequence[str], Form(max_length=40)]


def database_id(typed: str) -> int | None:
    """A database id as typed; None for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and 0 < int(typed) < 2**63 else None


def plain(words: str) -> str:
    """Words that PostgreSQL takes."""
    return words.replace("\0", "").replace("\r\n", "\n")


def one_line(words: str) -> str:
    """The same on one line."""
    return " ".join(plain(words).split())


@dataclass
class PointForm:
    """A risk point as typed."""

    code: _Words = ""
    name: _Words = ""
    name_en: _Words = ""
    kind: _Short = "equipment"
    control: _Short = "team"
    stage_id: _Short = ""
    area_id: _Short = ""
    equipment_id: _Short = ""
    post_id: _Short = ""
    unit: _Words = ""
    keeper: _Words = ""
    version: _Short = ""

    @classmethod
    def of(cls, terms: PointTerms, version: int) -> "PointForm":
        """As it would be typed."""
        return cls(**{name: str(value or "") for name, value in asdict(terms).items()}, version=str(version))

    def read(self) -> PointTerms:
        """What is wished for."""
        words: dict[str, Any] = {name: one_line(getattr(self, name)) for name in _POINT_WORDS}
        ids: dict[str, Any] = {name: database_id(getattr(self, name)) for name in _POINT_IDS}
        return PointTerms(kind=self.kind, control=self.control, **words, **ids)


@dataclass
class SourceForm:
    """A source as typed."""

    name: _Words = ""
    name_en: _Words = ""
    accidents: _Several = ()
    factor: _Short = ""
    consequence: _Words = ""
    consequence_en: _Words = ""
    basis: _Words = ""
    basis_en: _Words = ""

    @classmethod
    def of(cls, terms: SourceTerms) -> "SourceForm":
        """As it would be typed."""
        return cls(**{one.name: getattr(terms, one.name) for one in fields(cls)})

    def read(self) -> SourceTerms:
        """What is wished for."""
        lines = {name: plain(getattr(self, name)) for name in ("consequence", "consequence_en", "basis", "basis_en")}
        accidents = tuple(dict.fromkeys(self.accidents))
        return SourceTerms(one_line(self.name), one_line(self.name_en), accidents, self.factor, **lines)


@dataclass
class MeasureForm:
    """A measure as typed. ``check``: an inspection plan's id, or ``id/title`` of an item."""

    kind: _Short = "engineering"
    words: _Words = ""
    words_en: _Words = ""
    post_id: _Short = ""
    check: _Words = ""
    maintenance_plan_id: _Short = ""

    @classmethod
    def of(cls, terms: MeasureTerms) -> "MeasureForm":
        """As it would be typed."""
        check = str(terms.plan_id or "") + (f"/{terms.check_item}" if terms.check_item else "")
        ids = {"post_id": str(terms.post_id or ""), "maintenance_plan_id": str(terms.maintenance_plan_id or "")}
        return cls(terms.kind, terms.words, terms.words_en, check=check, **ids)

    def read(self) -> MeasureTerms:
        """What is wished for."""
        plan, _, item = plain(self.check).partition("/")
        return MeasureTerms(
            self.kind,
            one_line(self.words),
            one_line(self.words_en),
            database_id(self.post_id),
            database_id(plan),
            item,
            database_id(self.maintenance_plan_id),
        )


@dataclass
class GradeForm:
    """Scores as picked; only those of the method count."""

    method: _Short = "lec"
    l: _Short = ""  # noqa: E741 - the letters of the methods
    e: _Short = ""
    c: _Short = ""
    ls_l: _Short = ""
    s: _Short = ""
    level: _Short = ""
    why: _Words = ""

    @classmethod
    def of(cls, score: Score | None) -> "GradeForm":
        """As it would be picked."""
        if score is None:
            return cls()
        said = {name: "" if (value := getattr(score, name)) is None else f"{value:g}" for name in "lecs"}
        matrix = score.method is Method.LS
        return cls(
            method=score.method,
            l="" if matrix else said["l"],
            e=said["e"],
            c=said["c"],
            ls_l=said["l"] if matrix else "",
            s=said["s"],
            level=score.level,
        )

    def read(self) -> Score:
        """What was picked. Raises Invalid for another method."""
        if self.method not in set(Method):
            raise Invalid(fields={"method": N_("请选择评价方法")})
        method = Method(self.method)
        if method is Method.LEC:
            return Score(method, _score(self.l), _score(self.e), _score(self.c))
        if method is Method.LS:
            return Score(method, _score(self.ls_l), s=_score(self.s))
        return Score(method, level=self.level)


def _score(typed: str) -> float | None:
    try:
        return float(typed)
    except ValueError:
        return None


@dataclass
class BandsForm:
    """Where levels begin, as typed: the highest values that are still low, general, significant."""

    lec_low: _Short = ""
    lec_general: _Short = ""
    lec_significant: _Short = ""
    ls_low: _Short = ""
    ls_general: _Short = ""
    ls_significant: _Short = ""

    @classmethod
    def of(cls, bands: Bands) -> "BandsForm":
        """As they would be typed."""
        return cls(*(f"{value:g}" for value in (*bands.lec, *bands.ls)))

    def read(self) -> Bands:
        """What is wished for; -1, which no band may be, stands for what is no number."""
        lec = (self.lec_low, self.lec_general, self.lec_significant)
        ls = (self.ls_low, self.ls_general, self.ls_significant)
        return Bands(tuple(map(_band, lec)), tuple(map(_band, ls)))


def _band(typed: str) -> float:
    value = _score(typed)
    return value if value is not None and 0 < value < 1e6 else -1.0


async def read_book(file: UploadFile | None) -> tuple[str, Book]:
    """The workbook that was sent, with its name. Raises Invalid or TooLarge beside the field."""
    if file is None or not file.filename:
        raise Invalid(fields={"file": N_("请选择 Excel 文件")})
    if not file.filename.lower().endswith((".xlsx", ".xlsm")):
        raise Invalid(fields={"file": N_("请选择 .xlsx 文件；旧的 .xls 请先另存为 .xlsx")})
    return one_line(file.filename), open_book(await file.read(MOST_BYTES + 1))
