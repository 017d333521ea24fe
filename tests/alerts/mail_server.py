"""A mail server that asks for TLS and a password. It prints its port, then each message it accepts, a line of JSON each.

Usage: mail_server.py starttls|tls CERTIFICATE KEY
"""

import email
import email.policy
import json
import socket
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
        print(json.dumps({"to": envelope.rcpt_tos, "headers": dict(message.items()), "parts": parts}), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    known = (data.login, data.password) == (b"export", b"a secret")
    return AuthResult(success=known, handled=not known)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


mode, certificate, key = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
tls = (
    {"tls_context": context, "require_starttls": True}
    if mode == "starttls"
    else {"ssl_context": context, "auth_require_tls": False}
)
port = free_port()
controller = Controller(
    Handler(), hostname="127.0.0.1", port=port, authenticator=authenticate, auth_required=True, **tls
)
controller.start()
print(port, flush=True)
threading.Event().wait()
