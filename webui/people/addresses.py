"""E-mail addresses: which ones are taken, so that nothing in one can reach a header or another server than it names."""

import re

from contracts.errors import Finding, Invalid

MOST = 254  #: characters, RFC 5321
#: ASCII local part without quotes, and a domain name with at least one dot, or localhost.
_FORM = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])",
    re.ASCII,
)


def check_email(text: str) -> str:
    """Give an address in the spelling that is kept, lower case; raises Invalid."""
    address = text.strip().lower()
    if len(address) > MOST or len(address.partition("@")[0]) > 64 or not _FORM.fullmatch(address):  # noqa: PLR2004 - the most that RFC 5321 takes
        raise Invalid("the e-mail address is at fault", [Finding("email", "malformed", "an address such as anna@works.example is wanted")])
    return address


def check_line(text: str, field: str, most: int = 120) -> str:
    """Give one line of readable text, trimmed; raises Invalid. Control characters and line breaks have no place in a name."""
    line = text.strip()
    if not 1 <= len(line) <= most or not line.isprintable():
        raise Invalid(f"{field} is at fault", [Finding(field, "malformed", f"one line of 1 to {most} characters is wanted")])
    return line
