"""Templates that are compiled once for all processes."""

import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from backend.core.compiled import CompiledTemplates

TRIMMED = {"autoescape": True, "trim_blocks": True}
TEXT = "{% if true %}\n安溯 {{ 1 + 1 }}{% endif %}"


@pytest.fixture(autouse=True)
def _may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def rendered(folder: Path, text: str = TEXT, *, trim_blocks: bool = True) -> str:
    options = TRIMMED | {"trim_blocks": trim_blocks}
    environment = Environment(
        loader=DictLoader({"page.html": text}),
        autoescape=True,
        trim_blocks=trim_blocks,
        bytecode_cache=CompiledTemplates(folder, options),
    )
    return environment.get_template("page.html").render()


def test_what_one_process_compiled_another_takes_and_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "compiled"
    assert rendered(folder) == "安溯 2"
    (kept,) = folder.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o644
    before = kept.stat().st_mtime_ns
    assert rendered(folder) == "安溯 2"
    assert [(one, one.stat().st_mtime_ns) for one in folder.iterdir()] == [(kept, before)]


def test_a_changed_template_or_other_options_are_compiled_anew(tmp_path: Path) -> None:
    folder = tmp_path / "compiled"
    rendered(folder)
    assert rendered(folder, TEXT.replace("1 + 1", "1 + 2")) == "安溯 3"
    assert rendered(folder, trim_blocks=False) == "\n安溯 2"


def test_a_broken_file_and_a_folder_that_cannot_be_written_keep_no_page_from_anybody(tmp_path: Path) -> None:
    folder = tmp_path / "compiled"
    rendered(folder)
    (kept,) = folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:-40])
    assert rendered(folder) == "安溯 2"
    assert rendered(tmp_path / "not" / "there") == "安溯 2"


def test_who_wants_nothing_written_has_nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(tmp_path / "compiled") == "安溯 2"
    assert list(tmp_path.iterdir()) == []


def test_all_templates_can_be_compiled_for_an_image() -> None:
    assert subprocess.run([sys.executable, "-m", "backend.core.compiled"], check=False).returncode == 0
