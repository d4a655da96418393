"""docs/mqtt-topics.md is true: its examples are decoded and sent as they are, its tables name every reason and flag."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from backend.core.database import Database
from backend.telemetry.formats import decode, read_topic
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.models import Quality
from backend.telemetry.plant_map import MAX_PENDING
from backend.telemetry.reasons import Reason
from tests.liveserver import ROOT
from tests.telemetry.line import ingesting, lay_line, publish
from tests.telemetry.mosquitto import TestedBroker

DOCUMENT = (ROOT / "docs" / "mqtt-topics.md").read_text(encoding="utf-8")
_READING = re.compile(r"(\S+) = (\S+)(?: at (\S+))?")


@dataclass
class Example:
    """A message of the document, and what the document says becomes of it."""

    topic: str
    payload: bytes
    readings: list[tuple[str, float, datetime | None]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def examples() -> list[Example]:
    """The document's examples, in order."""
    found: list[Example] = []
    for word, rest in re.findall(r"^ {4}(topic|payload|reading|refused) +(.*)$", DOCUMENT, re.MULTILINE):
        if word == "topic":
            found.append(Example(rest, b""))
        elif word == "payload":
            found[-1].payload = rest.encode()
        elif word == "refused":
            found[-1].refused.append(rest)
        else:
            read = _READING.fullmatch(rest)
            assert read, rest
            code, number, at = read.groups()
            found[-1].readings.append((code, float(number), datetime.fromisoformat(at) if at else None))
    return found


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.topic.partition("tep/")[2])
def test_an_example_becomes_what_the_document_says(example: Example) -> None:
    decoded = decode(read_topic(example.topic), example.payload, ZoneInfo("Asia/Shanghai"))
    expected = [(code, number, from_datetime(at) if at else None) for code, number, at in example.readings]
    assert [(value.alias or value.code, value.number, value.at) for value in decoded.values] == expected
    assert [str(refusal.reason) for refusal in decoded.refusals] == example.refused
    assert example.readings or example.refused


async def test_the_examples_are_stored_and_refused_by_the_real_line(database: Database, broker: TestedBroker) -> None:
    line = await lay_line(database, broker)
    async with ingesting(line):
        for example in examples():
            await publish(line, [(example.topic.replace("ansu/tep/", f"ansu/{line.site_code}/"), example.payload)])
        told = [code for example in examples() for code, _, _ in example.readings]
        refused = [reason for example in examples() for reason in example.refused]
        for source in ("gateway-1", "gateway-2", "pump-7"):
            mine = [e for e in examples() if f"/{source}/" in e.topic]
            values = sum(len(e.readings) for e in mine)
            refusals = sum(len(e.refused) for e in mine)
            assert await line.received(values + refusals, source) == (values + refusals, values, 0, refusals)
    for code in set(told):
        assert len(await line.readings(code)) == told.count(code)
    kept = [reason for reason, _, count in await line.refusals() for _ in range(count)]
    assert sorted(kept) == sorted(refused)


def test_every_reason_is_described_and_no_other() -> None:
    table = DOCUMENT.partition("| reason | when |")[2].partition("\n\n")[0]
    first_cells = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
    assert sorted(re.findall(r"`(\w+)`", first_cells)) == sorted(Reason)
    assert f"{MAX_PENDING:,} points" in table


def test_every_quality_flag_is_described() -> None:
    section = DOCUMENT.partition("## 质量")[2].partition("\n## ")[0]
    assert [int(flag) for flag in re.findall(r"(?<![\w,]) ?(\d+): ", section)] == [
        int(flag) for flag in Quality if flag
    ]
