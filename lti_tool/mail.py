"""
Outgoing mail, by SMTP. What is sent and when is decided by others.
"""

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from lti_tool.config import Settings

TIMEOUT = 20.0


class MailError(Exception):
    """The mail server refused, or did not answer. Trying again later may help."""


def send(settings: Settings, message: EmailMessage) -> None:
    """Hand *message* to the operator's mail server, or raise :class:`MailError`."""
    if settings.smtp_url is None:
        raise MailError("mail is off")
    parts = urlsplit(settings.smtp_url)
    is_tls = parts.scheme == "smtps"
    host, port = parts.hostname or "", parts.port or (465 if is_tls else 25)
    try:
        # ssl's default context checks the server's certificate and name.
        context = ssl.create_default_context(cafile=str(settings.ca_bundle) if settings.ca_bundle else None)
        opened = (
            smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
            if is_tls
            else smtplib.SMTP(host, port, timeout=TIMEOUT)
        )
        with opened as server:
            if parse_qs(parts.query).get("starttls") == ["1"]:
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as err:
        # Answers of a server may quote the address, so only their kind is told.
        raise MailError(type(err).__name__) from err
