"""Playing recorded runs over a real broker."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from backend.cli import main as ansu
from backend.starter.gateway import BrokerUnreachable
from backend.starter.pack import PACKS, Pack
from backend.starter.replay import list_of_runs, main, schedule
from backend.starter.runs import read_run

ROOT = Path(__file__).resolve().parents[2]


class Heard:
    """Messages below a topic, in order."""

    def __init__(self, url: str, topic: str) -> None:
        parts = urlsplit(url)
        self.messages: Queue[paho.MQTTMessage] = Queue()
        subscribed: Queue[bool] = Queue()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self.client.username_pw_set(parts.username or "", parts.password)
        self.client.on_message = lambda _client, _data, message: self.messages.put(message)
        self.client.on_subscribe = lambda *_: subscribed.put(True)
        self.client.connect(parts.hostname or "", parts.port or 1883)
        self.client.loop_start()
        self.client.subscribe(topic, qos=1)
        subscribed.get(timeout=10)

    def next(self) -> tuple[str, dict[str, dict[str, float]]]:
        """Topic and content of the next message."""
        message = self.messages.get(timeout=10)
        return message.topic, json.loads(message.payload)


@pytest.fixture
def listen(mqtt_url: str) -> Iterator[Callable[[str], Heard]]:
    heard: list[Heard] = []

    def subscribe(topic: str) -> Heard:
        heard.append(Heard(mqtt_url, topic))
        return heard[-1]

    yield subscribe
    for one in heard:
        one.client.disconnect()
        one.client.loop_stop()


def test_what_was_recorded_is_what_the_broker_gets(
    tep: Pack, listen: Callable[[str], Heard], gateway_mqtt_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSU_MQTT_URL", gateway_mqtt_url)
    heard = listen("ansu/replay-a/gateway-1/batch")
    arguments = ["tep", "--fault", "6", "--from-normal", "2", "--rows", "3", "--rate", "500", "--site", "replay-a"]
    assert main(arguments) == 0
    recorded = read_run(PACKS / "tep", tep, 6).rows[158:163]
    got = [heard.next()[1] for _ in recorded]
    assert [message["values"] for message in got] == recorded
    times = [str(message["at"]) for message in got]
    assert times == sorted(times) and len(set(times)) == len(times)


def test_normal_rows_come_before_the_fault(tep: Pack) -> None:
    run = read_run(PACKS / "tep", tep, 1)
    steps = schedule(run, normal_rows=20, rows=None)
    assert [step.disturbed for step in steps] == [False] * 20 + [True] * 800
    assert steps[20].row == run.rows[160]


def test_a_run_of_normal_work_is_never_shown_as_disturbed(tep: Pack) -> None:
    steps = schedule(read_run(PACKS / "tep", tep, 0), normal_rows=20, rows=50)
    assert len(steps) == 50 and not any(step.disturbed for step in steps)


def test_the_list_names_every_fault_in_both_languages(tep: Pack) -> None:
    listed = list_of_runs(tep)
    for run in tep.runs:
        assert f"--fault {run.fault}" in listed
        assert run.name in listed and run.name_en in listed


def test_a_fault_that_was_not_recorded_is_refused_with_those_that_were(capsys: pytest.CaptureFixture[str]) -> None:
    assert ansu(["replay", "tep", "--fault", "2"]) == 1
    assert "0, 1, 3, 4, 6" in capsys.readouterr().err


def test_a_broker_that_is_not_there_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSU_MQTT_URL", "mqtt://127.0.0.1:1")
    with pytest.raises(BrokerUnreachable, match=r"127\.0\.0\.1:1"):
        main(["tep", "--rows", "1"])


def test_wrong_credentials_are_said_in_a_sentence(mqtt_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = urlsplit(mqtt_url)
    monkeypatch.setenv("ANSU_MQTT_URL", f"mqtt://gateway:wrong@{parts.hostname}:{parts.port}")
    with pytest.raises(BrokerUnreachable):
        main(["tep", "--rows", "1"])


def test_without_a_running_ansu_the_console_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANSU_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("ANSU_MQTT_URL", raising=False)
    assert ansu(["replay", "tep", "--fault", "6"]) == 1
    assert "ANSU_MQTT_URL" in capsys.readouterr().err


def test_ctrl_c_ends_an_endless_replay_with_everything_acknowledged(
    listen: Callable[[str], Heard], gateway_mqtt_url: str, tmp_path: Path
) -> None:
    heard = listen("ansu/replay-b/gateway-1/batch")
    command = [sys.executable, "-m", "backend.cli", "replay", "tep", "--loop", "--rate", "50", "--rows", "5"]
    process = subprocess.Popen(
        [*command, "--site", "replay-b"],
        cwd=ROOT,
        env={"ANSU_MQTT_URL": gateway_mqtt_url, "ANSU_DATA_DIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(12):  # more than one round of five rows
        heard.next()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert err == ""
    counted = [line for line in out.splitlines() if "acknowledged" in line]
    assert len(counted) == 1 and int(counted[0].split("acknowledged ")[1].split()[0]) >= 12
