"""What may go wrong where, in the words of the starter packs: at a class of equipment, in activities, at places."""

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec

from backend.core.strict import Strict
from backend.risks.codes import PointKind
from backend.starter.pack import PACKS as DEMOS
from backend.starter.risks import RiskPointSpec, SourceSpec
from backend.starter.trades.pack import PACKS as TRADES

_OF_CLASS: Mapping[str, Sequence[str]] = {
    "feed_line": ("R-06",),
    "reactor": ("R-01",),
    "cooling_water": ("R-02",),
    "separator": ("R-04",),
    "compressor": ("R-03",),
    "condenser": ("CH-09", "R-02"),
    "mixer": ("FD-03", "CH-03"),
    "stripper": ("R-05",),
    "product_line": ("R-08",),
}
"""Risk points of the packs whose sources a class has."""
_ELSEWHERE = (
    *("CH-13", "WH-05", "CH-14", "MC-09", "FD-10", "WH-03", "CH-15", "WH-10"),
    *("MC-10", "CH-12", "CH-04", "CH-08", "CH-09", "WH-07"),
)


class _File(Strict, frozen=True):
    risk_points: list[RiskPointSpec]


@cache
def _known() -> Mapping[str, RiskPointSpec]:
    files = [*DEMOS.glob("*/risks.json"), *TRADES.glob("*/risks.json")]
    read = [msgspec.json.decode(file.read_bytes(), type=_File) for file in sorted(files)]
    return {one.code: one for file in read for one in file.risk_points}


def of_class(kind: str) -> Sequence[SourceSpec]:
    """What may go wrong at a piece of equipment. Raises LookupError for a class that nobody described."""
    return [source for code in _OF_CLASS[kind] for source in _known()[code].sources]


def elsewhere(number: int) -> RiskPointSpec:
    """The activity or place of this number; after the last comes the first again."""
    return _known()[_ELSEWHERE[number % len(_ELSEWHERE)]]


def kind_of(spec: RiskPointSpec) -> PointKind:
    """An activity, else a place."""
    return PointKind.ACTIVITY if spec.kind is PointKind.ACTIVITY else PointKind.PLACE
