"""A mail server of a few lines, on this machine."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class Server(socketserver.ThreadingTCPServer):
    """Takes every mail, or none of them."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mails: list[EmailMessage] = []
        self.is_full = False

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client of ours speaks."""

    server: Server

    def handle(self) -> None:
        self.say("220 ready")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"QUIT":
                return self.say("221 bye")
            if verb == b"RCPT" and self.server.is_full:
                self.say("452 later, please")
            elif verb == b"DATA":
                self.say("354 go on")
                self.take()
                self.say("250 kept")
            else:
                self.say("250 fine")
        return None

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())

    def take(self) -> None:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.server.mails.append(mail)


@contextmanager
def mail_server() -> Iterator[Server]:
    """A server that listens while the test runs."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
