"""The data folder: one AnSu at a time, of one version, with room, and every hindrance told in a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.embedded import DataFolder
from backend.embedded.folder import FORMAT, is_running
from backend.embedded.ports import free_port, is_free
from backend.embedded.refusals import DiskFull, FolderInUse, NotWritable, OtherVersion, refusal_of
from tests.embedded.home import occupied_port


def test_a_folder_is_new_only_the_first_time(tmp_path: Path) -> None:
    newness = []
    for _ in range(2):
        folder = DataFolder(tmp_path / "data")
        folder.open()
        newness.append(folder.new)
        folder.close()
    assert newness == [True, False]


def test_a_second_opener_is_told_who_has_the_folder(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    first.open()
    with pytest.raises(FolderInUse, match=f"进程 {os.getpid()}"):
        DataFolder(tmp_path).open()
    assert is_running(tmp_path)
    first.close()
    assert not is_running(tmp_path)


def test_servers_that_outlive_their_supervisor_keep_the_folder_until_they_end(tmp_path: Path) -> None:
    """A supervisor that was killed, a server of its that takes half a second more to stop."""
    dying = (
        "import subprocess; from pathlib import Path; from backend.embedded import DataFolder\n"
        f"folder = DataFolder(Path({str(tmp_path)!r})); folder.open()\n"
        "subprocess.Popen(['sleep', '0.5'], pass_fds=[folder.lock_descriptor])\n"
    )
    subprocess.run([sys.executable, "-c", dying], check=True, cwd=Path(__file__).parents[2])
    with pytest.raises(FolderInUse):
        DataFolder(tmp_path).open(patience_s=0.05)
    patient = DataFolder(tmp_path)
    patient.open(patience_s=5)
    patient.close()


@pytest.mark.parametrize("name", FORMAT)
def test_a_folder_of_another_version_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "VERSION").write_text("".join(f"{n} {'99' if n == name else v}\n" for n, v in FORMAT.items()))
    with pytest.raises(OtherVersion, match=f"{name} 为 99"):
        DataFolder(tmp_path).open()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["VERSION", "lock"]


def test_a_full_disk_is_told_with_figures(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match=r"仅剩 \d+ MB"):
        DataFolder(tmp_path).open(needed_mb=10**12)


def test_running_out_of_space_is_told_too(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as full, Path("/dev/full").open("w") as stream:
        stream.write("x")
        stream.flush()
    assert isinstance(refusal_of(full.value, tmp_path), DiskFull)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotWritable, match="ANSU_DATA_DIR"):
        DataFolder(tmp_path / "file" / "data").open()


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    first = folder.secret("broker")
    assert (len(first) >= 32, folder.secret("broker"), folder.secret("other") == first) == (True, first, False)


def test_a_port_is_kept_while_it_is_free(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.private("run")
    assert folder.port("valkey") == folder.port("valkey")


def test_a_free_port_cannot_be_taken_by_an_outgoing_connection() -> None:
    first_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(free_port() < first_ephemeral for _ in range(20))


def test_a_listened_port_is_not_free() -> None:
    with occupied_port() as port:
        assert not is_free(port)
    assert is_free(port)
