"""Reads what people send about duty performance: a rule, an appeal with its picture, days."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import File, Form, UploadFile

from backend.core.errors import N_, Invalid
from backend.core.pictures import convert, read_upload
from backend.operations.duty.commands import Complaint
from backend.operations.duty.months import read_month
from backend.operations.duty.rules import Item, Kind, Rule

_INTEGERS = (
    *("disposal_hours", "few", "excellent", "good", "fair", "perfect_from", "remind_below"),
    *("appeal_days", "answer_days"),
)
_AMOUNTS = ("grave_points", "grave_yuan", "perfect_points", "perfect_yuan", "poor_points", "poor_yuan")
_LONGEST = 12


@dataclass
class AppealForm:
    """An appeal as sent."""

    month: Annotated[str, Form(max_length=10)] = ""
    row: Annotated[str, Form(max_length=80)] = ""
    reason: Annotated[str, Form(max_length=4000)] = ""
    photos: Annotated[Sequence[UploadFile], File()] = ()

    @property
    def used(self) -> list[UploadFile]:
        """Files that came along; browsers send an empty one for a field nobody used."""
        return [upload for upload in self.photos if upload.filename or upload.size]

    async def read(self, present: date) -> Complaint:
        """What was sent, its picture made safe. Raises Invalid, TooLarge or TooMany beside the field."""
        if len(self.used) > 1:
            raise Invalid(fields={"photos": N_("最多附 1 张照片")})
        return Complaint(
            read_month(self.month, present),
            self.row.replace("\0", ""),
            self.reason.replace("\0", ""),
            [await convert(await read_upload(upload)) for upload in self.used],
        )


def typed_of(rule: Rule) -> dict[str, str]:
    """A rule as it would be typed."""
    numbers = {name: getattr(rule, name) for name in (*_INTEGERS, *_AMOUNTS)}
    found = {
        **{f"weight_{item}": rule.weights[item] for item in Item},
        **{f"full_{item}": rule.full_pct[item] for item in Item},
        **{f"points_{kind}": rule.points[kind] for kind in Kind},
        **numbers,
    }
    return {name: f"{value:g}" for name, value in found.items()}


def read_rule(typed: Mapping[str, str]) -> Rule:
    """The rule that was typed. Raises Invalid by field for what isn't a number; bounds are the rule's own business."""
    wrong: dict[str, str] = {}

    def whole(name: str) -> int:
        text = typed.get(name, "").strip()
        if text.isascii() and text.isdigit() and len(text) <= _LONGEST:
            return int(text)
        wrong[name] = N_("请填写整数")
        return 0

    def amount(name: str) -> float:
        try:
            value = float(typed.get(name, "").strip()[:_LONGEST])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            wrong[name] = N_("请填写数字")
            return 0.0
        return round(value, 2)

    terms: dict[str, Any] = {
        "weights": {item: whole(f"weight_{item}") for item in Item},
        "full_pct": {item: whole(f"full_{item}") for item in Item},
        "points": {kind: amount(f"points_{kind}") for kind in Kind},
        **{name: whole(name) for name in _INTEGERS},
        **{name: amount(name) for name in _AMOUNTS},
    }
    rule = Rule(**terms)
    if wrong:
        raise Invalid(fields=wrong)
    return rule


def read_day(typed: str) -> date | None:
    """A day as a date field sends it; None for anything else."""
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None


def read_start(typed: str) -> date | None:
    """``2026-12`` as the month it names; None for anything else."""
    return read_day(f"{typed.strip()}-01")


def database_id(typed: str) -> int | None:
    """A database id as typed; None for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and 0 < int(typed) < 2**63 else None
