"""From things with labels to a PDF: which address their QR carries, in which language, on which paper."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from backend.core.errors import N_, Invalid
from backend.labels.codes import spelled, token_of
from backend.labels.keys import label_key
from backend.labels.qr import matrix
from backend.labels.queries import Thing
from backend.labels.sheets import LAYOUTS, Printed, sheet

MOST = 1200
"""Labels that a page prints at once: some ten seconds of work. The console has no such bound."""


@dataclass(frozen=True)
class Print:
    """How to print: ``layout`` is a key of ``LAYOUTS``, ``base`` the address people open, ``site`` its name."""

    layout: str
    base: str
    site: tuple[str, str]
    english: bool = False


async def pdf_of(things: Sequence[Thing], wanted: Print, *, most: int = MOST) -> bytes:
    """The sheets of those ``things`` that have a label. Raises Invalid for another paper, none, too many."""
    if wanted.layout not in LAYOUTS:
        raise Invalid(fields={"layout": N_("请选择纸张")})
    labelled = [thing for thing in things if thing.label is not None]
    if not labelled:
        raise Invalid(fields={"things": N_("请先勾选要打印的设备或区域")})
    if len(labelled) > most:
        raise Invalid(fields={"things": N_("一次最多打印 1200 个标签，请按区域分批打印")})
    return await asyncio.to_thread(_pdf, labelled, wanted)


def _pdf(things: Sequence[Thing], wanted: Print) -> bytes:
    key = label_key()
    title = "AnSu labels" if wanted.english else "安溯标签"
    return sheet((_printed(thing, wanted, key) for thing in things), LAYOUTS[wanted.layout], title)


def _printed(thing: Thing, wanted: Print, key: bytes) -> Printed:
    assert thing.label is not None
    return Printed(
        matrix(wanted.base, token_of(thing.label.token_name, key)),
        _either(wanted.english, thing.name, thing.name_en),
        thing.code,
        spelled(thing.label.code),
        _either(wanted.english, *wanted.site),
    )


def _either(english: bool, chinese: str, other: str) -> str:
    return other if english and other else chinese
