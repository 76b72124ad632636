"""Wording: the codes and states of the house in the reader's words; whatever a page says of them is said here, in one place."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.errors import Finding

FINDING = "finding: "  #: what stands before a code in the catalogues
_PROBLEMS = {
    400: (_l("This was not in the wanted form"), _l("Go back and try again; nothing was changed.")),
    401: (_l("Log in first"), _l("This page is for people who have logged in.")),
    403: (_l("This is not for you"), _l("Your keys do not hold the role that this page wants. Nothing was changed.")),
    404: (_l("Not found"), _l("There is no such page, or you may not know that it exists.")),
    405: (_l("Not like this"), _l("This address takes no such request.")),
    409: (_l("The state does not allow this"), _l("Something else happened first. Look again; nothing was changed.")),
    413: (_l("Too large"), _l("The file or form is larger than what is taken here. Nothing was kept.")),
    422: (_l("The data is at fault"), _l("Mend what is named below; nothing was changed.")),
    429: (_l("Too many attempts"), _l("Wait a minute, then try again.")),
    503: (_l("The log takes nothing at present"), _l("Reading goes on. Try again in a few seconds; nothing was lost.")),
}


def word_problem(status: int, code: str) -> tuple[str, str]:
    """Give the title of a problem and what to do about it."""
    if code == "csrf":
        return _("This form has expired"), _(
            "The page was open across a login or logout. Open it anew and send it again; nothing was changed."
        )
    title, words = _PROBLEMS.get(status, (_l("Something broke on our side"), _l("It was recorded. Nothing was changed by your request.")))
    return str(title), str(words)


def word_finding(finding: Finding) -> str:
    """Give a finding in the reader's words: what its code means, then the log's own message, which is English and has the figures."""
    key = f"{FINDING}{finding.code}"
    words = _(key)  # each code stands in the catalogues under this key
    return finding.message if words == key else f"{words} ({finding.message})"
