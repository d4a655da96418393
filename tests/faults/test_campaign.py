"""Many faults of all kinds at random moments, some while the line still recovers from the one before.

``ANSU_FAULTS`` says how many (a release run takes 1,000), ``ANSU_FAULTS_SEED`` which; the failure names the seed.
"""

import os
import random
from collections.abc import Iterator

import pytest

from backend.core.database import Database
from tests.faults.line import Line
from tests.faults.shift import Fault, flush_and_kill_valkey, kill, work_a_shift

FAULTS = int(os.environ.get("ANSU_FAULTS", "24"))
SEED = int(os.environ.get("ANSU_FAULTS_SEED", "20261126"))
VICTIMS = ("web", "ingest", "worker", "broker", "postgres", "valkey")
FAULTS_A_SHIFT = 100
"""A long campaign balances its books now and then: what is wrong is then found near its cause."""


def random_faults(count: int, choice: random.Random) -> Iterator[Fault]:
    """``count`` faults: one victim mostly, two at once now and then, and a Valkey that forgets."""
    for _ in range(count):
        kind = choice.random()
        if kind < 0.15:
            yield flush_and_kill_valkey
        else:
            victims = choice.sample(VICTIMS, 1 if kind < 0.85 else 2)
            yield kill(*victims, down_s=choice.choice((0.1, 0.1, 0.5, 2.0)))


@pytest.mark.timeout(60 + 10 * FAULTS)
async def test_faults_of_all_kinds_at_random_moments_do_no_harm(line: Line, books: Database) -> None:
    choice = random.Random(SEED)
    left = FAULTS
    while left:
        now = min(left, FAULTS_A_SHIFT)
        left -= now
        faults = list(random_faults(now, choice))
        wrong = await work_a_shift(line, books, faults, seed=choice.randrange(10**6), between_s=(0.2, 1.5))
        assert wrong == [], "\n".join([f"seed {SEED}, {left} faults left", *wrong, line.logs()])
    assert line.deaths == []
