"""The mail server that a deployment names: its address taken apart, its password never shown."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over."""

    host: str
    port: int
    tls: bool  #: from the first byte; otherwise STARTTLS where the server offers it, and always before a password is sent
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_here(self) -> bool:
        """Tell whether it runs on this very machine, so that nothing travels."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def read_mail_server(url: str) -> MailServer:
    """Read smtp://user:password@host:port or smtps://…; raises ValueError with words that show no part of it."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise ValueError("the port is none") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("write smtp://user:password@host:port or smtps://user:password@host:port")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("a user and a password are wanted, or neither")
    user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
    if any(re.search(r"[\x00-\x1f\x7f]", text or "") for text in (parts.hostname, user, password)):
        raise ValueError("it holds control characters")
    return MailServer(parts.hostname, port, parts.scheme == "smtps", user, password)
