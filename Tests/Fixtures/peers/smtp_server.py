"""Mail servers of aiosmtpd on ports of 127.0.0.1, each with a certificate of its own.

usage: smtp_server.py PORT:MODE:CERTIFICATE:KEY ...     MODE is starttls, implicit or plain. Prints "ready", and a line for each mail.
"""

import asyncio
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Printer:
    def __init__(self, port):
        self.port = port

    async def handle_DATA(self, server, session, envelope):
        print("mail", self.port, *envelope.rcpt_tos, flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"me" and data.password == b"hunter2")


async def listen(specification):
    port, mode, certificate, key = specification.split(":")
    context = None
    if mode != "plain":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    starttls = context if mode == "starttls" else None

    def factory():
        return SMTP(Printer(port), tls_context=starttls, require_starttls=starttls is not None,
                    authenticator=authenticate, auth_require_tls=starttls is not None, hostname="mail.example")

    await asyncio.get_running_loop().create_server(
        factory, "127.0.0.1", int(port), ssl=context if mode == "implicit" else None)


async def main():
    for specification in sys.argv[1:]:
        await listen(specification)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
