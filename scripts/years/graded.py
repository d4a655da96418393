"""How a source is graded over the years: once at the beginning, each year anew, and after an incident. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backend.alarms.models import Level
from backend.risks import lec
from backend.risks.grading import Method, Score
from backend.starter.risks import SourceSpec
from scripts.years.rhythm import Span

_L = [score for score, _ in lec.LIKELIHOOD]
"""From the likeliest to the least."""
_TO_LS_L = {10.0: 5.0, 6.0: 4.0, 3.0: 3.0, 1.0: 2.0, 0.5: 1.0, 0.2: 1.0, 0.1: 1.0}
_TO_LS_S = {100.0: 5.0, 40.0: 5.0, 15.0: 4.0, 7.0: 3.0, 3.0: 2.0, 1.0: 1.0}
FIRST_DAYS = 40
"""Within so many days after the beginning everything is graded for the first time."""
_KEPT, _BETTER, _WORSE = "年度评审：维持原评级", "年度评审：措施已落实，可能性下调", "发生事件后复评：可能性上调"


@dataclass(frozen=True)
class Given:
    """A grading that somebody gave. ``why`` is "" for the first."""

    at: datetime
    residual: bool
    score: Score
    why: str


@dataclass(frozen=True)
class Aims:
    """Where the gradings of a source end: without and with its measures."""

    inherent: Score
    residual: Score


def aims(source: SourceSpec, watched: str, *, low: bool, matrix: bool) -> Aims:
    """``watched``: the highest level of the rules that watch its equipment, "" for none: what can come to that is
    graded so. ``low``: it is graded as if nobody could be hurt badly. ``matrix``: by LS instead of LEC."""
    inherent, residual = source.inherent.score(), source.residual.score()
    if low:
        inherent, residual = _harmless(inherent), _harmless(residual)
    elif watched == Level.MAJOR:
        major = Score(Method.DIRECT, level=Level.MAJOR)
        return Aims(major, major)
    elif watched == Level.SIGNIFICANT:
        inherent, residual = (Score(Method.LEC, likely, 6.0, 40.0) for likely in (3.0, 1.0))
    return Aims(_by_matrix(inherent), _by_matrix(residual)) if matrix else Aims(inherent, residual)


def history(dice: random.Random, span: Span, aim: Aims, setbacks: Sequence[datetime]) -> list[Given]:
    """All gradings before the end of ``span`` in order of time. ``setbacks``: when an incident there was over."""
    begins = span.since + timedelta(minutes=dice.randrange(FIRST_DAYS * 1440))
    above = dice.choice((0, 0, 1, 1, 2))
    given = [Given(begins, False, aim.inherent, ""), Given(begins, True, _worse(aim, above), "")]
    for at, setback in _looks(dice, span, begins, setbacks):
        better = not setback and above > 0 and dice.random() < 0.6
        why = _WORSE if setback else _BETTER if better else _KEPT
        above = min(above + 1, 2) if setback else above - better
        given.append(Given(at, True, _worse(aim, above), why))
    return given


def _looks(
    dice: random.Random, span: Span, begins: datetime, setbacks: Sequence[datetime]
) -> Iterator[tuple[datetime, bool]]:
    """When it is graded anew, and whether because of an incident."""
    yearly = [begins + timedelta(days=365 * n + dice.randrange(-20, 20)) for n in range(1, round(span.years) + 2)]
    after = [at + timedelta(days=dice.randrange(2, 14)) for at in setbacks]
    looks = [(at, False) for at in yearly] + [(at, True) for at in after if at > begins]
    yield from ((at, setback) for at, setback in sorted(looks) if at < span.until)


def _harmless(score: Score) -> Score:
    return replace(score, c=min(score.c or 0.0, 7.0)) if score.method is Method.LEC else score


def _worse(aim: Aims, steps: int) -> Score:
    """With its measures, likelier by so many steps of its table; never likelier than without them."""
    score, most = aim.residual, aim.inherent.l
    if score.l is None or most is None:
        return score
    worse = _L[max(_L.index(score.l) - steps, 0)] if score.method is Method.LEC else score.l + steps
    return replace(score, l=max(min(worse, most), score.l))


def _by_matrix(score: Score) -> Score:
    if score.method is not Method.LEC or score.l is None or score.c is None:
        return score
    return Score(Method.LS, l=_TO_LS_L[score.l], s=_TO_LS_S[score.c])
