"""Reads what people send about a suggestion."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated

from fastapi import Form

from backend.alarms.drafts import read_number
from backend.core.errors import N_, Invalid
from backend.hazards.forms import database_id
from backend.lessons.commands import Choice
from backend.maintenance.forms import whole_number

_Text = Annotated[str, Form(max_length=4000)]
_Short = Annotated[str, Form(max_length=40)]


@dataclass
class ChoiceForm:
    """How it is to be adopted, all as typed; each kind of suggestion sends its own fields."""

    words: _Text = ""
    words_en: _Text = ""
    plan_id: _Short = ""
    interval_days: _Short = ""
    post_id: _Short = ""
    course_id: _Short = ""
    target: _Short = ""
    due_on: _Short = ""
    owner_id: _Short = ""
    on_delay_s: _Short = ""
    limit_value: _Short = ""
    who: _Short = ""
    reason: _Text = ""

    def typed(self) -> dict[str, str]:
        """Field to what was typed."""
        return asdict(self)

    def read(self) -> Choice:
        """The choice. Raises Invalid beside what can't be read."""
        wrong: dict[str, str] = {}
        due_on = None
        try:
            due_on = date.fromisoformat(self.due_on) if self.due_on else None
        except ValueError:
            wrong["due_on"] = N_("请选择日期")
        numbers: dict[str, float | None] = {}
        for name in ("on_delay_s", "limit_value"):
            typed = getattr(self, name)
            numbers[name] = read_number(typed, 0.0) if typed.strip() else None
            if typed.strip() and numbers[name] is None:
                wrong[name] = N_("请填写数字")
        if wrong:
            raise Invalid(fields=wrong)
        return Choice(
            words=self.words.replace("\0", ""),
            words_en=self.words_en.replace("\0", ""),
            plan_id=database_id(self.plan_id),
            interval_days=whole_number(self.interval_days),
            post_id=database_id(self.post_id),
            course_id=database_id(self.course_id),
            target=self.target,
            due_on=due_on,
            owner_id=database_id(self.owner_id),
            who=self.who,
            **numbers,
            reason=self.reason.replace("\0", ""),
        )
