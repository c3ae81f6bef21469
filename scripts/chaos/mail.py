"""A mail server that accepts everything and remembers what arrived, and when."""
import email
import re
import socketserver
import threading
import time

LINK = re.compile(r"/([0-9a-f-]{36})\?code=([0-9A-Za-z]+)")


class Mailbox:
    """All mails by Message-ID. A mail that is delivered twice keeps its first arrival and counts its copies."""

    def __init__(self):
        self.lock = threading.Lock()
        self.copies = {}
        self.keys = {}
        self.arrivals = {}
        self.waiting = threading.Condition(self.lock)

    def add(self, text):
        message = email.message_from_string(text)
        body = "".join(
            part.get_payload(decode=True).decode("utf-8", "replace")
            for part in message.walk() if not part.is_multipart())
        identifier = message["Message-ID"] or f"{message['To']} {message['Subject']}"
        with self.lock:
            self.copies[identifier] = self.copies.get(identifier, 0) + 1
            link = LINK.search(body)
            if link:
                self.keys.setdefault(link.group(1), link.group(2))
                self.arrivals.setdefault(link.group(1), time.monotonic())
            self.waiting.notify_all()

    def key(self, lead, deadline):
        """The key mailed to a lead; None when none arrives before the deadline."""
        with self.lock:
            while lead not in self.keys:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return None
                self.waiting.wait(remaining)
            return self.keys[lead]

    def arrival(self, lead):
        with self.lock:
            return self.arrivals[lead]


class Conversation(socketserver.StreamRequestHandler):
    timeout = 120

    def handle(self):
        self.reply("220 chaos ESMTP")
        while True:
            line = self.rfile.readline(4096)
            if not line:
                return
            verb = line.split()[0].upper() if line.split() else b""
            if verb in (b"EHLO", b"HELO"):
                self.wfile.write(b"250-chaos\r\n250 8BITMIME\r\n")
            elif verb == b"DATA":
                self.reply("354 go on")
                if not self.receive():
                    return
            elif verb == b"QUIT":
                self.reply("221 bye")
                return
            else:
                self.reply("250 ok")

    def receive(self):
        lines = []
        while True:
            line = self.rfile.readline(65536)
            if not line:
                return False
            if line in (b".\r\n", b".\n"):
                break
            lines.append(line[1:] if line.startswith(b"..") else line)
        # A mail takes a moment, so that kills meet senders in the middle.
        time.sleep(0.02)
        self.server.mailbox.add(b"".join(lines).decode("utf-8", "replace"))
        self.reply("250 accepted")
        return True

    def reply(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mailbox = Mailbox()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """A killed sender is what this is for."""
