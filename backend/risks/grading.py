"""Makes a level of scores, by LEC, by the matrix or as a person judged it directly. Pure."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.alarms.models import Level
from backend.core.errors import N_, Invalid
from backend.risks import lec, matrix


class Method(enum.StrEnum):
    """How a source is graded. ``direct``: by a rule or a person, without scores."""

    LEC = "lec"
    LS = "ls"
    DIRECT = "direct"


METHODS = {Method.LEC: N_("LEC 法"), Method.LS: N_("风险矩阵 LS"), Method.DIRECT: N_("直接判定")}


@dataclass(frozen=True)
class Bands:
    """The highest values that are still low, general, significant, by method."""

    lec: tuple[float, ...] = lec.BANDS
    ls: tuple[float, ...] = matrix.BANDS

    def of(self, method: str) -> tuple[float, ...]:
        """Those of ``method``; none where a level is given directly."""
        return {Method.LEC: self.lec, Method.LS: self.ls}.get(Method(method), ())


@dataclass(frozen=True)
class Score:
    """What somebody gave: three scores, two, or a level."""

    method: Method
    l: float | None = None  # noqa: E741 - the letters of the methods
    e: float | None = None
    c: float | None = None
    s: float | None = None
    level: str = ""
    """Of the direct method alone."""


@dataclass(frozen=True)
class Graded:
    """The value (None for the direct method) and its level."""

    value: float | None
    level: Level


def grade(score: Score, bands: Bands) -> Graded:
    """The level of ``score``. Raises Invalid by field for what is missing or not in a table."""
    if score.method is Method.DIRECT:
        if score.level not in set(Level):
            raise Invalid(fields={"level": N_("请选择级别")})
        return Graded(None, Level(score.level))
    if score.method is Method.LEC:
        value = lec.danger(*_all_of({"l": score.l, "e": score.e, "c": score.c}, _LEC))
    else:
        value = matrix.risk(*_all_of({"l": score.l, "s": score.s}, _LS))
    return Graded(value, lec.level_of(value, bands.of(score.method)))


_LEC = {"l": lec.LIKELIHOOD, "e": lec.EXPOSURE, "c": lec.CONSEQUENCE}
_LS = {"l": matrix.LIKELIHOOD, "s": matrix.SEVERITY}


def _all_of(given: dict[str, float | None], tables: Mapping[str, Sequence[tuple[float, str]]]) -> list[float]:
    wrong = {name: N_("请选一项") for name, score in given.items() if score not in {one for one, _ in tables[name]}}
    if wrong:
        raise Invalid(fields=wrong)
    return [score for score in given.values() if score is not None]


def check_bands(bands: Bands) -> None:
    """Raises Invalid by field unless each method's bands rise and every level can be reached."""
    wrong = {}
    for method, limits, most in ((Method.LEC, bands.lec, 10_000.0), (Method.LS, bands.ls, 25.0)):
        if not rising(limits, most):
            wrong[f"{method}_bands"] = N_("三个数要大于 0，从小到大，并小于该方法的最大值")
    if wrong:
        raise Invalid(fields=wrong)


def rising(limits: Sequence[float], most: float) -> bool:
    """Whether three limits rise strictly between 0 and ``most``, the greatest value of the method."""
    return len(limits) == 3 and all(a < b for a, b in zip((0.0, *limits), (*limits, most), strict=True))
