"""How alike two short texts are, and how odd a number is among its like. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from statistics import median

ALIKE = 0.5
"""From here on two reports of one place within a day say the same; by hand on pairs of Chinese sentences: rewordings
of one fault lie at 0.53 to 0.9, two different faults of one thing below 0.45. What is proposed falsely costs a tap."""
FEW_LETTERS = 4
"""Shorter texts (漏油) are alike only when they are the same."""
EARLIER_WANTED = 8
"""With fewer earlier answers nobody knows what is usual."""
TIMES_SPREAD = 10.0
"""An answer so many spreads away from the usual isn't a bad reading of the plant but a slip of the thumb."""
LEAST_SPREAD = 0.05
"""Of the usual value: instruments that always show the same have no spread of their own."""
_SILENT = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """Letters and digits alone, in one width and case: ``A泵，漏油！`` → ``a泵漏油``."""
    return _SILENT.sub("", unicodedata.normalize("NFKC", text).casefold())


def likeness(one: str, other: str) -> float:
    """0 … 1: Dice's coefficient of the pairs of neighbouring letters (L. R. Dice, Ecology 26, 1945), which needs no
    words and so serves Chinese too.

    泵在漏油 and 泵又漏油: {泵在 在漏 漏油} and {泵又 又漏 漏油} share one of three each: 2 × 1 ÷ 6 = 0.33.
    """
    first, second = plain(one), plain(other)
    if not first or not second:
        return 0.0
    if min(len(first), len(second)) < FEW_LETTERS:
        return float(first == second)
    pairs, others = _pairs(first), _pairs(second)
    return 2 * (pairs & others).total() / (pairs.total() + others.total())


def _pairs(text: str) -> Counter[str]:
    return Counter(text[place : place + 2] for place in range(len(text) - 1))


def implausible(value: float, earlier: Sequence[float]) -> bool:
    """Whether ``value`` lies ``TIMES_SPREAD`` spreads off the median of ``earlier`` answers to the same question.

    The spread is 1.4826 × the median distance (a normal's standard deviation), at least 5 % of the median. Earlier
    0.4 … 0.6 with median 0.5 and median distance 0.05 make 0.074: 5.0 (a forgotten point) is implausible, 1.0 isn't.
    """
    if len(earlier) < EARLIER_WANTED:
        return False
    usual = median(earlier)
    spread = max(1.4826 * median(abs(one - usual) for one in earlier), LEAST_SPREAD * abs(usual))
    return spread > 0 and abs(value - usual) > TIMES_SPREAD * spread
