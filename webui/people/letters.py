"""Letters: the words of every mail, in the recipient's language. A link carries its code after "#", where no server's log sees it."""

from collections.abc import Callable

from webui.pages.languages import LANGUAGES, read_catalogue
from webui.people.mail import Letter
from webui.people.persons import Person
from webui.settings import Settings

Say = Callable[[str], str]


def find_words(language: str | None) -> Say:
    """Give the translations of a language, English unless it is one of ours."""
    return read_catalogue(language if language in LANGUAGES else "en").gettext


def write_link(settings: Settings, path: str, code: str) -> str:
    """Write the link that carries a code; without the site's address, the path alone."""
    return f"{settings.public_url}{path}#{code}"


def write_invitation(
    settings: Settings, *, email: str, code: str, inviter: str, network: str, days: int, language: str | None, invitation: int
) -> Letter:  # fmt: skip
    """Write an invitation."""
    _ = find_words(language)
    subject = _("Invitation to %(network)s") % {"network": network}
    text = _(
        "%(inviter)s invites you to %(network)s on Symbiosis Ledger.\n\n"
        "Open this link to begin. It holds for %(days)d days and for one person:\n\n%(link)s\n\n"
        "If your browser runs no JavaScript, open %(page)s and type this code:\n\n%(code)s\n\n"
        "If you expected no such mail, do nothing: without the code nobody can use the invitation."
    ) % {
        "inviter": inviter,
        "network": network,
        "days": days,
        "link": write_link(settings, "/join", code),
        "page": f"{settings.public_url}/join",
        "code": code,
    }
    return Letter("invitation", email, subject, text, invitation=invitation)


def write_admitted(settings: Settings, person: Person, organisation: str) -> Letter:
    """Write that a new organisation is a member now."""
    _ = find_words(person.language)
    text = _("%(organisation)s is a member of the network now.\n\nGo on here:\n\n%(link)s") % {
        "organisation": organisation,
        "link": f"{settings.public_url}/join",
    }
    return Letter("admitted", person.email, _("Your organisation was admitted"), text, person=person.id)


def write_password_reset(settings: Settings, person: Person, code: str, minutes: int) -> Letter:
    """Write how to set a new password."""
    _ = find_words(person.language)
    text = _(
        "Somebody asked for a new password for this address. If it was you, open this link within %(minutes)d minutes:\n\n%(link)s\n\n"
        "Or open %(page)s and type this code:\n\n%(code)s\n\n"
        "If it was not you, do nothing: your password stays as it is."
    ) % {
        "minutes": minutes,
        "link": write_link(settings, "/reset", code),
        "page": f"{settings.public_url}/reset",
        "code": code,
    }
    return Letter("password-reset", person.email, _("A new password for Symbiosis Ledger"), text, person=person.id)


def write_password_changed(person: Person) -> Letter:
    """Write that the password is another one now."""
    _ = find_words(person.language)
    text = _(
        "The password of your account was changed, and all your sessions were ended.\n\n"
        "If this was not you, ask for a new password on the login page at once, and tell your organisation's signatory."
    )
    return Letter("password-changed", person.email, _("Your password was changed"), text, person=person.id)


def write_factor_reset(settings: Settings, person: Person, code: str, asked_by: str, due: str) -> Letter:
    """Write that somebody vouched for a lost second factor, and how to object."""
    _ = find_words(person.language)
    text = _(
        "%(asked_by)s has asked to remove the second factor, the recovery codes and the passkeys of your account, "
        "because you lost them.\n\n"
        "This will be done at %(due)s (UTC). Afterwards you log in with your password and set up a new second factor.\n\n"
        "If you did not ask for this, stop it with this link:\n\n%(link)s\n\n"
        "Or open %(page)s and type this code:\n\n%(code)s"
    ) % {
        "asked_by": asked_by,
        "due": due.replace("T", " ").removesuffix("Z"),
        "link": write_link(settings, "/keep-factor", code),
        "page": f"{settings.public_url}/keep-factor",
        "code": code,
    }
    return Letter("factor-reset", person.email, _("Your second factor will be removed"), text, person=person.id)


def write_factor_removed(person: Person) -> Letter:
    """Write that the second factor is gone."""
    _ = find_words(person.language)
    text = _(
        "The second factor, the recovery codes and the passkeys of your account were removed, and all your sessions were ended.\n\n"
        "Log in with your password to set up a new second factor."
    )
    return Letter("factor-removed", person.email, _("Your second factor was removed"), text, person=person.id)


def write_factor_changed(person: Person) -> Letter:
    """Write that a second factor, a passkey or the recovery codes were changed from within the account."""
    _ = find_words(person.language)
    text = _(
        "A second factor, a passkey or the recovery codes of your account were changed.\n\n"
        "If this was not you, change your password at once, and tell your organisation's signatory."
    )
    return Letter("factor-changed", person.email, _("The security of your account was changed"), text, person=person.id)


def write_guessing(person: Person) -> Letter:
    """Write that somebody who knows the password fails at the second factor."""
    _ = find_words(person.language)
    text = _(
        "Somebody typed your right password, and then wrong codes of your second factor several times.\n\n"
        "If this was not you, your password is known to somebody else: change it at once."
    )
    return Letter("guessing", person.email, _("Wrong codes after your password"), text, person=person.id)
