"""What a clone gets is whole by itself."""

import subprocess

from backend.core.settings import PROJECT_ROOT


def test_nothing_in_the_repository_is_a_link_to_a_place_that_only_one_machine_has() -> None:
    listed = subprocess.run(["git", "ls-files", "-s"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    lines = listed.stdout.splitlines()
    assert lines
    assert [line.split("\t")[1] for line in lines if line.startswith("120000")] == []
