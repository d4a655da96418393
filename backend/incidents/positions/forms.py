"""Reads what people and phones send about positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Form
from pydantic import AwareDatetime, BaseModel, Field

from backend.checkins.position import Position
from backend.incidents.positions.judging import Fix
from backend.incidents.positions.rule import Rule, read_rule

MOST_FIXES = 200
_Short = Annotated[str, Form(max_length=30)]


class FixIn(BaseModel):
    """One position: degrees of WGS 84, within how many metres it is true, and the phone's time of it."""

    at: AwareDatetime
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float = Field(ge=0, lt=1e6, allow_inf_nan=False)


class PositionsIn(BaseModel):
    """What a phone has gathered; ``device_now`` is its own time as it sends."""

    device_now: AwareDatetime
    fixes: Annotated[Sequence[FixIn], Field(min_length=1, max_length=MOST_FIXES)]

    def read(self) -> tuple[datetime, list[Fix]]:
        """As the command takes it."""
        return self.device_now, [Fix(one.at, Position(one.lat, one.lon, one.accuracy_m)) for one in self.fixes]


@dataclass
class RuleForm:
    """A site's rule as typed."""

    keep_days: _Short = ""
    lat: _Short = ""
    lon: _Short = ""
    radius_m: _Short = ""

    @classmethod
    def of(cls, rule: Rule) -> "RuleForm":
        """The form as it shows the rule in force."""
        ground = rule.ground
        place = (f"{ground.lat:.6f}", f"{ground.lon:.6f}", f"{ground.radius_m:g}") if ground else ("", "", "")
        return cls(str(rule.keep_days), *place)

    def read(self) -> Rule:
        """As the command takes it. Raises Invalid by field."""
        return read_rule(keep_days=self.keep_days, lat=self.lat, lon=self.lon, radius_m=self.radius_m)
