"""Draws the questions of a try and grades its answers. Pure: the seed kept in the attempt repeats the draw."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.training.content import Content, Question

Answers = Mapping[int, Sequence[int]]
"""Index of a question in its version → chosen indices of its options."""


@dataclass(frozen=True)
class Drawn:
    """A question as it is asked: where it stands in the bank, and the order of its options."""

    index: int
    question: Question
    order: list[int]


@dataclass(frozen=True)
class Grade:
    """``right`` are the questions answered wholly right; ``score`` is their percent, rounded down."""

    right: frozenset[int]
    score: int
    passed: bool


def drawn(content: Content, seed: int) -> list[Drawn]:
    """The questions that ``seed`` asks, in its order; true and false keep theirs."""
    chance = random.Random(seed)  # noqa: S311 - shuffles questions, keeps no secret
    asked = []
    for index in chance.sample(range(len(content.questions)), content.draw):
        question = content.questions[index]
        order = list(range(len(question.options)))
        if question.kind != "true_false":
            chance.shuffle(order)
        asked.append(Drawn(index, question, order))
    return asked


def grade(content: Content, seed: int, answers: Answers) -> Grade:
    """How good ``answers`` are; a question counts when exactly its right options were chosen."""
    asked = drawn(content, seed)
    right = frozenset(d.index for d in asked if set(answers.get(d.index, ())) == set(d.question.right))
    return Grade(right, len(right) * 100 // len(asked), len(right) * 100 >= content.pass_mark * len(asked))
