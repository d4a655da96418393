"""One e-mail over SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the start (RFC 8314).

The standard library's client in a thread: mails are few, and a further dependency would have to be kept.
"""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

from backend.channels.answers import Answer, Outcome, Reason, answer_of_reply, plain, refused, unreached
from backend.channels.kinds import STARTTLS, TLS
from backend.channels.reaching import NotReached, Place, answer_of_error, connect, hung_up_after, place
from backend.core.clock import now

PATIENCE_S = 30.0
_READY = 220


@dataclass(frozen=True)
class Attachment:
    """A file that goes along."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """What is written; ``id`` names it, the same when it is sent again."""

    subject: str
    text: str
    html: str
    id: str
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True)
class Server:
    """Where mails are handed over, as the channel's setting says it."""

    where: Place
    security: str
    user: str
    password: str
    sender: str
    sender_name: str
    recipients: Sequence[str]


def server_of(setting: Mapping[str, Any], password: str, sender_name: str) -> Server:
    """From a channel's setting and its secret."""
    where = place(str(setting["host"]), int(setting["port"]), inside=bool(setting.get("inside")))
    return Server(
        where,
        str(setting["security"]),
        str(setting["user"]),
        password,
        str(setting["sender"]),
        sender_name,
        tuple(setting["recipients"]),
    )


def message_of(mail: Mail, server: Server) -> EmailMessage:
    """``mail`` as it goes over the line."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = " ".join(mail.subject.split())
    message["From"] = formataddr((" ".join(server.sender_name.split()), server.sender))
    message["To"] = ", ".join(server.recipients)
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{mail.id}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice answers it
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    for one in mail.attachments:
        main, _, sub = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return message


def send(mail: Mail, server: Server) -> Answer:
    """Hand it over; blocks up to ``PATIENCE_S`` and the search for the name. Never raises for what the server does."""
    try:
        answer = _send(mail, server)
    except smtplib.SMTPException as error:
        answer = _answer_of(error)
    except (OSError, NotReached, ValueError) as error:
        answer = answer_of_error(error)
    return Answer(answer.outcome, answer.reason, plain(answer.detail, server.password), answer.after_s)


class _Client(smtplib.SMTP):
    """Speaks over the line that it is given."""

    def __init__(self, line: socket.socket, host: str) -> None:
        self._line = line
        super().__init__(timeout=PATIENCE_S, local_hostname="ansu")
        self._host = host  # the name that the certificate must bear

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._line


def _send(mail: Mail, server: Server) -> Answer:
    line = connect(server.where)
    try:
        with hung_up_after(PATIENCE_S, line) as cut:
            try:
                return _converse(mail, server, line)
            except (smtplib.SMTPServerDisconnected, OSError):
                if cut.is_set():
                    raise TimeoutError from None
                raise
    finally:
        line.close()


def _converse(mail: Mail, server: Server, line: socket.socket) -> Answer:
    host = server.where.host
    line.settimeout(PATIENCE_S)
    if server.security == TLS:
        line = ssl.create_default_context().wrap_socket(line, server_hostname=host)
    client = _Client(line, host)
    code, words = client.connect(host, server.where.port)
    if code != _READY:
        return answer_of_reply(code, words, Reason.OTHER)
    client.ehlo_or_helo_if_needed()
    if server.security == STARTTLS:
        if not client.has_extn("starttls"):
            return refused(Reason.NO_ENCRYPTION)
        client.starttls(context=ssl.create_default_context())
        client.ehlo()
    if server.user:
        client.login(server.user, server.password)
    not_taken = client.send_message(message_of(mail, server), server.sender, list(server.recipients))
    with contextlib.suppress(smtplib.SMTPException, OSError):  # it has taken the mail already
        client.quit()
    if not_taken:
        return Answer(Outcome.TAKEN, Reason.SOME_RECIPIENTS, ", ".join(not_taken))
    return Answer(Outcome.TAKEN)


def _answer_of(error: smtplib.SMTPException) -> Answer:
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return unreached(Reason.NO_CONNECTION, str(error))
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return refused(Reason.SIGN_IN, str(error))
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return answer_of_reply(code, words, Reason.RECIPIENTS)
    if isinstance(error, smtplib.SMTPResponseException):
        reason = Reason.OTHER
        if isinstance(error, smtplib.SMTPAuthenticationError):
            reason = Reason.SIGN_IN
        elif isinstance(error, smtplib.SMTPSenderRefused):
            reason = Reason.SENDER
        return answer_of_reply(error.smtp_code, error.smtp_error, reason)
    return unreached(Reason.OTHER, str(error))
