"""What people type about an alarm. Texts stay as they are, so that a refused form shows them again."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Header

from backend.alarms.drafts import read_number


@dataclass
class DeedForm:
    """A deed as it was sent; ``idempotency_key`` may also come as the header ``Idempotency-Key``."""

    note: Annotated[str, Form(max_length=2000)] = ""
    reason: Annotated[str, Form(max_length=200)] = ""
    other_reason: Annotated[str, Form(max_length=200)] = ""
    minutes: Annotated[str, Form(max_length=20)] = ""
    verdict: Annotated[str, Form(max_length=10)] = ""
    idempotency_key: Annotated[str, Form(max_length=64)] = ""
    key_header: Annotated[str, Header(alias="Idempotency-Key", max_length=64)] = ""

    @property
    def key(self) -> str:
        """What marks a repeat."""
        return self.idempotency_key or self.key_header

    @property
    def why(self) -> str:
        """The reason in one's own words, else the one that was tapped."""
        return self.other_reason.strip() or self.reason.strip()

    @property
    def shelved_minutes(self) -> float:
        """For how long; 0, which is refused, for what is no number."""
        return read_number(self.minutes, 0.0) or 0.0
