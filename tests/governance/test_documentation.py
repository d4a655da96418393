"""The documents against the code: settings, metrics, subcommands and links are what they say."""

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import backend.app
import backend.ingest_role
import workers.main
from backend.cli import COMMANDS
from backend.core.settings import PROJECT_ROOT, Settings
from backend.governance.doctor import LABELS

DOCS = [*sorted((PROJECT_ROOT / "docs").rglob("*.md")), *sorted(PROJECT_ROOT.glob("*.md"))]
OF_SCRIPTS = {"ANSU_PYTHON", "ANSU_ENVIRONMENT_LOCKED"}
MADE_LATER = ("deploy/secrets/",)
"""What ``deploy/make-secrets`` writes."""
_ROW = re.compile(r"^\| `(ANSU_[A-Z_]+)` \|(.*?)\| (.+) \|$", re.MULTILINE)


def read(path: str) -> str:
    return (PROJECT_ROOT / path).read_text(encoding="utf-8")


def shown(name: str) -> str:
    """The default of a setting as the table shows it."""
    default = Settings.model_fields[name].default
    if name == "data_dir":
        return "`.ansu` in the checkout"
    word = str(default).lower() if isinstance(default, bool) else str(default)
    return "" if default is None or default == "" else f"`{word}`"


def test_every_setting_is_described_with_its_default() -> None:
    described = {name: default.strip() for name, default, _meaning in _ROW.findall(read("docs/configuration.md"))}
    assert described == {f"ANSU_{name.upper()}": shown(name) for name in Settings.model_fields}


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: path.name)
def test_no_document_names_a_setting_that_does_not_exist(doc: Path) -> None:
    named = set(re.findall(r"\bANSU_[A-Z_]+[A-Z]\b", doc.read_text(encoding="utf-8")))
    assert named <= {f"ANSU_{name.upper()}" for name in Settings.model_fields} | OF_SCRIPTS


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(doc: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", doc.read_text(encoding="utf-8"))
    assert [link for link in links if not (doc.parent / link).exists()] == []


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: path.name)
def test_every_file_a_document_names_is_there(doc: Path) -> None:
    named = set(
        re.findall(r"`((?:backend|tests|scripts|deploy|workers|docs|migrations|web)/[\w./-]+)`", doc.read_text())
    )
    absent = [name for name in sorted(named) if not (PROJECT_ROOT / name).exists()]
    assert [name for name in absent if not name.startswith(MADE_LATER)] == []


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: path.name)
def test_every_subcommand_a_document_names_exists(doc: Path) -> None:
    named = set(re.findall(r"`(?:\./scripts/)?ansu ([a-z]+)", doc.read_text(encoding="utf-8")))
    assert named <= set(COMMANDS)


def test_the_metrics_that_are_described_are_the_metrics_there_are() -> None:
    assert backend.app.create_app() and backend.ingest_role and workers.main
    registered = {family.name for family in REGISTRY.collect() if family.name.startswith("ansu_")}
    described = {name.removesuffix("_total") for name in re.findall(r"`(ansu_[a-z_]+)`", read("docs/operating.md"))}
    assert described == registered


def test_every_check_of_the_doctor_is_described() -> None:
    described = set(re.findall(r"^\| `([a-z]+)` \|", read("docs/operating.md"), re.MULTILINE))
    assert described >= set(LABELS)


def test_every_test_that_is_named_as_a_proof_exists() -> None:
    named = re.findall(r"`((?:\w+/)?\w+)::(test_\w+)`", read("docs/acceptance.md"))
    assert len(named) > 50
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not re.search(rf"^(?:async )?def {test}\(", _text_of(file), re.MULTILINE)
    ]
    assert missing == []


def _text_of(file: str) -> str:
    path = PROJECT_ROOT / "tests" / f"{file}.py"
    return path.read_text(encoding="utf-8") if path.exists() else ""
