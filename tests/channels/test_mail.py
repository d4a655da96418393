"""E-mail over a real SMTP server: encrypted, signed in, the report's files along, refusals in plain words."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from backend.channels.kinds import Kind
from backend.core.database import Database
from backend.identity.models import Site
from backend.operations.reports.making import write_report
from tests.channels.other_sides import MailServer, OtherSide, certificate, mail_server, tls_of
from tests.channels.scene import Scene, set_scene

PASSWORD = "authorisation-code"


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await set_scene(database)


def mailbox(server: MailServer, **typed: object) -> dict[str, object]:
    about = {"host": server.host, "port": str(server.port), "security": "none", "inside": True}
    people = {"sender": "ansu@plant.example", "recipients": "hse@plant.example\nboss@plant.example"}
    return {"kind": Kind.EMAIL, **about, **people, **typed}


async def test_an_alarm_comes_as_text_and_html_to_all_recipients(scene: Scene, post_office: MailServer) -> None:
    await scene.channel(**mailbox(post_office))
    (alarm,) = await scene.alarms(title="储罐压力 <b>高</b>")
    assert await scene.work() == 1
    (mail,), (to,) = post_office.mails, post_office.recipients
    assert to == ["hse@plant.example", "boss@plant.example"] and mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "安溯 AnSu · 较大 储罐压力 <b>高</b> · 一厂"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and html is not None
    assert "负责岗位：储运岗" in plain.get_content() and f"http://ansu.test/alarms/{alarm.id}" in plain.get_content()
    assert "&lt;b&gt;高&lt;/b&gt;" in html.get_content()
    (message,) = await scene.messages()
    assert mail["Message-ID"] == f"<ansu-{scene.site.code}-{message.id}@plant.example>"


async def test_a_weekly_report_comes_with_its_pdf_and_workbook_and_a_group_gets_figures(
    scene: Scene, post_office: MailServer, side: OtherSide
) -> None:
    await scene.channel(topics=["week"])
    group = scene.channel_id
    await scene.channel(**mailbox(post_office, topics=["week"], locale="en"))
    async with scene.database.session() as session:
        payload = {"site_id": scene.site.id, "kind": "week", "first": "2026-11-16", "stage_id": 0, "by": None}
        report = await write_report(session, payload)
        assert report is not None
        await session.get_one(Site, scene.site.id)
    assert await scene.work() == 2
    (mail,) = post_office.mails
    files = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert set(files) == {"safety-week-2026-11-16-v1.pdf", "safety-week-2026-11-16-v1.xlsx"}
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(files["safety-week-2026-11-16-v1.pdf"])).pages)
    assert "Weekly safety report" in words and files["safety-week-2026-11-16-v1.xlsx"][:2] == b"PK"
    body = mail.get_body(("plain",))
    assert body is not None and "The whole report is attached" in body.get_content()
    (got,) = side.got
    assert f"[安全周报 2026-11-16 – 11-22](http://ansu.test/safety-reports/{report.id})" in got.markdown
    assert "> 巡检打卡 0（上期 0）" in got.markdown and group != scene.channel_id


async def test_starttls_and_a_sign_in_protect_password_and_mail(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, "localhost")
    with mail_server(tls=tls_of(file), user="ansu@plant.example", password=PASSWORD) as server:
        signed = {"security": "starttls", "user": "ansu@plant.example", "password": PASSWORD}
        await scene.channel(**mailbox(server, **signed))
        await scene.alarms()
        await scene.work()
        assert (await scene.row()).last_reason == "untrusted" and server.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        await scene.channel(**mailbox(server, **signed))
        await scene.alarms()
        await scene.work()
        assert server.encrypted == [True] * len(server.mails) and server.mails and all(server.signed_in)


async def test_a_server_without_encryption_gets_nothing_that_was_to_be_encrypted(
    scene: Scene, post_office: MailServer
) -> None:
    await scene.channel(**mailbox(post_office, security="starttls"))
    await scene.alarms()
    await scene.work()
    assert (await scene.row()).last_reason == "no_encryption" and post_office.mails == []


@pytest.mark.parametrize(
    ("verb", "reply", "reason", "failed"),
    [
        ("AUTH", "535 5.7.8 authentication failed", "sign_in", True),
        ("MAIL", "553 sender must be the account", "sender", True),
        ("RCPT", "550 no such user", "recipients", True),
        ("RCPT", "451 try later", "busy", True),
        ("DATA", "451 greylisted", "busy", True),
        ("EHLO", "421 too busy", "busy", True),
    ],
)
async def test_refusals_of_the_server_are_understood(
    scene: Scene, post_office: MailServer, verb: str, reply: str, reason: str, failed: bool
) -> None:
    post_office.refuses = {verb: reply, **({"HELO": reply} if verb == "EHLO" else {})}
    await scene.channel(**mailbox(post_office, user="ansu@plant.example", password=PASSWORD))
    await scene.alarms()
    await scene.work()
    row = await scene.row()
    assert row.last_reason == reason and (row.failures == 1) is failed
    assert PASSWORD not in row.last_detail and post_office.mails == []


async def test_a_mail_server_that_isnt_there_is_said(scene: Scene, post_office: MailServer) -> None:
    typed = mailbox(post_office, host="127.0.0.1", port="1")
    await scene.channel(**typed)
    await scene.alarms()
    await scene.work()
    assert (await scene.row()).last_reason == "no_connection"
