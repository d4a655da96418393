"""``ansu up --lan`` as a whole: who trusts the authority gets in, the door leads there, a phone is secure."""

import asyncio
import base64
import hashlib
import http.client
import json
import plistlib
import shutil
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from playwright.async_api import async_playwright, expect

from backend.core.settings import Settings
from backend.governance.doctor import examine
from backend.lan.serving import trusting
from tests.browser.conftest import FLAGS, WHOLE_CHROMIUM
from tests.embedded.running import Up, ups_in
from tests.liveserver import free_port


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """A running ``ansu up --lan``."""
    home = Path(tempfile.mkdtemp(prefix="ansu-lan-"))
    home.chmod(0o711)
    try:
        with ups_in(home) as new_up:
            yield new_up("data", ANSU_HTTPS_PORT=str(free_port())).start("--lan").wait_running()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def secure(up: Up) -> str:
    return f"https://127.0.0.1:{up.environment['ANSU_HTTPS_PORT']}"


def plain(up: Up) -> str:
    return f"http://127.0.0.1:{up.environment['ANSU_PORT']}"


def trusting_flag(up: Up) -> str:
    """With it Chromium takes the server's certificate for trusted."""
    server = x509.load_pem_x509_certificate((up.data / "tls" / "server.crt").read_bytes())
    key = server.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"--ignore-certificate-errors-spki-list={base64.b64encode(hashlib.sha256(key).digest()).decode()}"


def get(url: str, context: ssl.SSLContext | None = None) -> http.client.HTTPResponse:
    answer: http.client.HTTPResponse = urllib.request.urlopen(url, timeout=5, context=context)
    return answer


def test_only_who_trusts_the_authority_gets_in(up: Up) -> None:
    with get(f"{secure(up)}/readyz", trusting(up.data)) as answer:
        assert answer.status == 200
        assert "Strict-Transport-Security" not in answer.headers
    with pytest.raises(urllib.error.URLError) as refused:
        get(f"{secure(up)}/readyz", ssl.create_default_context())
    assert isinstance(refused.value.reason, ssl.SSLCertVerificationError)


def test_the_door_hands_out_the_certificate_and_leads_to_https(up: Up) -> None:
    with get(f"{plain(up)}/trust/ansu.crt") as answer:
        der = answer.read()
    fingerprint = hashlib.sha256(der).digest().hex(":").upper()
    assert fingerprint[:47] in up.said()
    with get(f"{plain(up)}/trust") as answer:
        assert fingerprint in answer.read().decode().replace("<wbr>", "")
    with get(f"{plain(up)}/trust/ansu.mobileconfig") as answer:
        assert plistlib.loads(answer.read())["PayloadContent"][0]["PayloadContent"] == der
    line = http.client.HTTPConnection("127.0.0.1", int(up.environment["ANSU_PORT"]), timeout=5)
    line.request("GET", "/alarms/5?x=1")
    assert line.getresponse().headers["Location"] == f"{secure(up)}/alarms/5?x=1"
    line.close()


def test_the_web_role_shows_a_renewed_certificate_without_a_restart(up: Up) -> None:
    from backend.lan.authority import Authority
    from backend.lan.names import own_names
    from backend.lan.serving import tls_folder

    def shown() -> bytes:
        port = int(up.environment["ANSU_HTTPS_PORT"])
        return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))

    before = shown()
    (tls_folder(up.data) / "server.crt").unlink()
    Authority(tls_folder(up.data)).ensure(own_names())
    assert shown() != before
    with get(f"{secure(up)}/readyz", trusting(up.data)) as answer:
        assert answer.status == 200


async def test_the_doctor_tells_of_the_certificate(up: Up) -> None:
    found = {f.check: f for f in await examine(Settings(data_dir=up.data))}
    assert found["web"].verdict == "ok"
    assert found["certificate"].verdict == "ok"
    assert found["certificate"].values["days_left"] > 300


async def test_a_phone_that_trusts_us_is_secure_and_the_check_says_so(up: Up, tmp_path: Path) -> None:
    flags = [*FLAGS, trusting_flag(up)]
    async with async_playwright() as playwright:
        for trusts, words in ((False, "还没有信任"), (True, "成功")):
            context = await playwright.chromium.launch_persistent_context(
                tmp_path / str(trusts),
                executable_path=WHOLE_CHROMIUM,
                args=flags if trusts else list(FLAGS),
                locale="zh-CN",
            )
            page = await context.new_page()
            await page.goto(f"{plain(up)}/trust")
            await page.click("[data-trust-check]")
            await expect(page.locator("#trust-answer")).to_contain_text(words)
            if trusts:
                await page.goto(f"{secure(up)}/sign-in")
                assert await page.evaluate("isSecureContext && 'serviceWorker' in navigator")
            await context.close()


async def test_a_push_shows_a_notice_with_its_level(up: Up, tmp_path: Path) -> None:
    told = {"title": "反应器压力 高报", "url": "/alarms/7", "level": "major", "level_word": "重大", "tag": "alarm:7"}
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "phone", executable_path=WHOLE_CHROMIUM, args=[*FLAGS, trusting_flag(up)], locale="zh-CN"
        )
        await context.grant_permissions(["notifications"], origin=secure(up))
        page = await context.new_page()
        await page.goto(f"{secure(up)}/sign-in")
        line = await context.new_cdp_session(page)
        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def note(said: dict[str, Any]) -> None:
            for one in said["registrations"]:
                if not found.done() and not one["isDeleted"]:
                    found.set_result(one["registrationId"])

        line.on("ServiceWorker.workerRegistrationUpdated", note)
        await line.send("ServiceWorker.enable")
        await page.evaluate("navigator.serviceWorker.register('/service-worker.js').then(() => {})")
        await page.evaluate("navigator.serviceWorker.ready.then(() => {})")
        wanted = {"origin": secure(up), "registrationId": await asyncio.wait_for(found, 10), "data": json.dumps(told)}
        shown = None
        for _ in range(10):  # one that reaches a worker which is only just starting is lost
            await line.send("ServiceWorker.deliverPushMessage", wanted)
            shown = await page.evaluate(
                """async () => {
                    const registration = await navigator.serviceWorker.ready;
                    for (let look = 0; look < 40; look += 1) {
                        const [one] = await registration.getNotifications();
                        if (one) return [one.title, one.tag, one.requireInteraction, one.data.url];
                        await new Promise((later) => setTimeout(later, 50));
                    }
                }"""
            )
            if shown:
                break
        assert shown == ["◆ 重大 · 反应器压力 高报", "alarm:7", True, "/alarms/7"]
        await context.close()
