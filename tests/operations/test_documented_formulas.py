"""Every indicator is worked out by hand in the documentation, in Chinese, and the numbers are those of the formula."""

import re
from pathlib import Path

import pytest

from backend.operations.indicators.figures import Sums, duration, effect, share
from backend.operations.indicators.registry import INDICATORS

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = (DOCS / "indicators.zh.md").read_text(encoding="utf-8").partition("### 手算例子")[2].partition("\n## ")[0]
WORKED = {number: words for number, words in re.findall(r"^(\d+)\. (.*)$", EXAMPLES, re.MULTILINE)}


@pytest.mark.parametrize("code", INDICATORS)
def test_every_indicator_has_an_example_with_its_result(code: str) -> None:
    own = [words for words in WORKED.values() if words.startswith(INDICATORS[code].name)]
    assert own and re.search(r"\*\*[−\d.]+ ?(%|分钟|起/岗)?\*\*", own[0]), INDICATORS[code].name


@pytest.mark.parametrize(("name", "counted", "base"), [
    ("整改及时率", 1, 4), ("整改率", 3, 5), ("风险复发率", 1, 3),
    ("预警准确率", 2, 3), ("溯源精准率", 2, 5), ("巡检完成率", 2, 4), ("应用率", 5, 17),
])  # fmt: skip
def test_the_shares_that_are_written_are_those_of_the_formula(name: str, counted: int, base: int) -> None:
    value = share(Sums(base, counted, base)).value
    assert value is not None
    own = next(words for words in WORKED.values() if words.startswith(name))
    assert f"**{value * 100:.1f}%**" in own


def test_the_median_and_the_effect_that_are_written_are_those_of_the_formula() -> None:
    assert duration(Sums(4, 3, 4, [120.0, 240, 540])).value == 240 and "**4 分钟**" in WORKED["3"]
    assert effect(Sums(4, 5, 12), Sums(5, 9, 10)).value == pytest.approx(-1.55) and "**−1.55 起/岗**" in WORKED["4"]


@pytest.mark.parametrize("doc", ["alarm-load.md", "duty.zh.md", "risks.md", "distribution.md", "where-to-act.md"])
def test_what_is_reckoned_elsewhere_is_worked_out_where_it_is_explained(doc: str) -> None:
    assert re.search(r"例(（[^）]*）)?\*{0,2}：|### 例", (DOCS / doc).read_text(encoding="utf-8"))
