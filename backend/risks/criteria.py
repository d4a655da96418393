"""Whether what somebody wrote of a hazard reads like a published criterion of 重大事故隐患. Pure.

It proposes, a person decides. Criteria stand in ``criteria.json`` with their document, number and year, and with
phrases: a criterion is proposed only where one sentence has a phrase of every group of one of its rules, and none of
those that speak against it. Precise rather than complete: most hazards that meet a criterion are worded otherwise.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from backend.core.strict import Strict

_FILE = Path(__file__).with_name("criteria.json")


class Document(Strict, frozen=True):
    """A published document with its number and year in its name."""

    code: str
    name: str
    name_en: str


class Criterion(Strict, frozen=True):
    """One item. ``rules``: any of them; each a list of groups, all of them; each a list of phrases, any of them."""

    document: str
    at: str
    at_en: str
    words: str
    words_en: str
    rules: list[list[list[str]]]
    unless: list[str]


class _Published(Strict, frozen=True):
    documents: list[Document]
    criteria: list[Criterion]


@dataclass(frozen=True)
class Proposal:
    """A criterion that the words may meet, with the phrases that say so."""

    criterion: Criterion
    document: Document
    because: tuple[str, ...]


@cache
def published() -> tuple[dict[str, Document], tuple[Criterion, ...]]:
    """Documents by code, and all criteria in their order."""
    read = msgspec.json.decode(_FILE.read_bytes(), type=_Published)
    return {one.code: one for one in read.documents}, tuple(read.criteria)


def proposals(*texts: str) -> list[Proposal]:
    """What the texts (title, details, cause) may meet, in the order of the documents."""
    documents, criteria = published()
    sentences = [sentence for text in texts for sentence in _sentences(text)]
    found = []
    for one in criteria:
        for sentence in sentences:
            because = _met(one, sentence)
            if because:
                found.append(Proposal(one, documents[one.document], because))
                break
    return found


def _sentences(text: str) -> list[str]:
    plain = re.sub(r"[^\S\n]+", "", unicodedata.normalize("NFKC", text)).upper()
    return [one for one in re.split(r"[。！!？?；;\n]+", plain) if one]


def _met(one: Criterion, sentence: str) -> tuple[str, ...]:
    if any(phrase.upper() in sentence for phrase in one.unless):
        return ()
    for rule in one.rules:
        hits = [_first(group, sentence) for group in rule]
        if all(hits):
            return tuple(dict.fromkeys(hits))
    return ()


def _first(group: Sequence[str], sentence: str) -> str:
    return next((phrase for phrase in group if _stands(phrase.upper(), sentence)), "")


_HARMLESS = ("不是没有", "并非没有", "有无", "是否", "防止", "避免", "严禁", "禁止")
"""Before a phrase: it then asks or warns, and does not tell of something."""


def _stands(phrase: str, sentence: str) -> bool:
    at = sentence.find(phrase)
    while at >= 0:
        if not any(sentence[max(at - len(word), 0) : at] == word for word in _HARMLESS):
            return True
        at = sentence.find(phrase, at + 1)
    return False
