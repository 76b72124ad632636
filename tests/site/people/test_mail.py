"""Mail goes out through a real server, and each mail says how it fared."""

import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contracts.clock import SystemClock
from contracts.errors import Invalid
from tests.network import OPERATOR
from tests.site.people.mail_sink import MailSink, check_password
from tests.site.people.people import Town
from webui.mail_server import MailServer, read_mail_server
from webui.people.invitations import list_invitations, resend_invitation
from webui.people.mail import BACK_OFF, CLAIM, Letter, Mail, MailState, claim_mails, find_mail, queue_mail
from webui.people.tables import mails
from webui.problems import TooMany
from webui.settings import SettingsError, read_settings

ANNA = "anna@cement.example"


def read_mail(town: Town, number: int) -> Mail:
    with town.runtime.reading() as connection:
        found = find_mail(connection, number)
    assert found is not None
    return found


def write(town: Town, recipient: str = ANNA, subject: str = "Hello", text: str = "words") -> int:
    with town.runtime.writing() as connection:
        return queue_mail(connection, town.settings, Letter("test", recipient, subject, text), town.runtime.clock.now())


def test_a_mail_is_delivered_with_its_link_in_the_fragment(town: Town) -> None:
    invited = town.invite(town.person(OPERATOR), ANNA)

    assert town.send() == 1

    [mail] = town.sink.mails
    code = town.sink.find_code(ANNA)
    assert (mail["To"], mail["From"]) == (ANNA, "ledger@works.example")
    assert f"http://localhost/join#{code}" in mail.get_content()
    assert read_mail(town, invited.mail.id).state is MailState.SENT
    assert invited.code is None


def test_an_address_that_the_server_refuses_for_good_keeps_the_servers_words_and_holds_up_no_other(town: Town) -> None:
    town.sink.keeper.answers[ANNA] = ["550 5.1.1 no such mailbox here"]
    refused, other = write(town), write(town, "bo@cement.example")

    assert town.send() == 1

    mail = read_mail(town, refused)
    assert (mail.state, mail.answer) == (MailState.REFUSED, "550 5.1.1 no such mailbox here")
    assert read_mail(town, other).state is MailState.SENT
    town.network.clock.advance(timedelta(days=3))
    assert town.send() == 0


def test_an_address_that_is_busy_is_tried_again_later_and_not_before(town: Town) -> None:
    town.sink.keeper.answers[ANNA] = ["451 4.7.1 greylisted, come back"]
    number = write(town)

    assert town.send() == 0
    waiting = read_mail(town, number)
    assert town.send() == 0
    town.network.clock.advance(timedelta(seconds=BACK_OFF[0]))
    assert town.send() == 1

    assert (waiting.state, waiting.tries, waiting.answer) == (MailState.QUEUED, 1, "451 4.7.1 greylisted, come back")
    assert read_mail(town, number).state is MailState.SENT
    assert len(town.sink.mails) == 1


def test_a_mail_that_is_refused_after_its_data_is_refused(town: Town) -> None:
    town.sink.keeper.after_data = ["554 5.7.1 looks like spam"]
    number = write(town)

    town.send()

    assert read_mail(town, number).state is MailState.REFUSED


def test_a_server_that_is_down_is_tried_until_the_mail_is_given_up_and_can_then_be_sent_anew(town: Town) -> None:
    operator = town.person(OPERATOR)
    invited = town.invite(operator, ANNA)
    town.sink.shut()
    for _try in range(len(BACK_OFF) + 1):
        assert town.send() == 0
        town.network.clock.advance(timedelta(seconds=BACK_OFF[-1]))
    given_up = read_mail(town, invited.mail.id)
    town.sink.open_again()

    again = resend_invitation(town.runtime, town.member(operator), operator, invited.invitation)
    assert town.send() == 1

    assert (given_up.state, given_up.tries) == (MailState.GIVEN_UP, len(BACK_OFF) + 1)
    assert "refused" in str(given_up.answer).lower()
    with town.runtime.reading() as connection:
        [(_invitation, newest)] = list_invitations(connection, town.member(operator))
    assert newest == read_mail(town, again.mail.id)


def test_a_mail_can_be_sent_anew_any_number_of_times_but_not_to_fill_a_mailbox(town: Town) -> None:
    operator = town.person(OPERATOR)
    invited = town.invite(operator, ANNA)
    for _time in range(4):
        resend_invitation(town.runtime, town.member(operator), operator, invited.invitation)

    with pytest.raises(TooMany):
        resend_invitation(town.runtime, town.member(operator), operator, invited.invitation)
    town.network.clock.advance(timedelta(hours=1, seconds=1))
    resend_invitation(town.runtime, town.member(operator), operator, invited.invitation)

    assert town.send() == 1  # the void ones never leave
    assert len(town.sink.mails) == 1


def test_words_lie_sealed_in_the_database_and_are_gone_once_sent(town: Town) -> None:
    town.invite(town.person(OPERATOR), ANNA)
    with town.runtime.reading() as connection:
        before = connection.execute(mails.select()).one().body
    town.send()

    with town.runtime.reading() as connection:
        after = connection.execute(mails.select()).one().body

    assert town.sink.find_code(ANNA).encode() not in before
    assert b"invite" not in before
    assert after is None


def test_two_processes_do_not_send_the_same_mail(town: Town) -> None:
    write(town)
    now = town.runtime.clock.now()

    with town.runtime.writing() as connection:
        first = claim_mails(connection, town.settings, now)
    with town.runtime.writing() as connection:
        second = claim_mails(connection, town.settings, now)
    with town.runtime.writing() as connection:
        after_a_crash = claim_mails(connection, town.settings, now + CLAIM)

    assert (len(first), len(second), len(after_a_crash)) == (1, 0, 1)


HOSTILE = (
    ("anna@cement.example\r\nBcc: all@cement.example", "Hello"),
    ("anna@cement.example, eve@evil.example", "Hello"),
    ("Anna <anna@cement.example>", "Hello"),
    ("anna", "Hello"),
    ("anna@cement", "Hello"),
    ('"a\nb"@cement.example', "Hello"),
    (ANNA, "Hello\r\nBcc: all@cement.example"),
    (ANNA, "Hello\x00"),
)


def test_of_many_processes_one_sends_each_mail(town: Town) -> None:
    for number in range(8):
        write(town, f"p{number}@cement.example")
    now = town.runtime.clock.now()

    def claim(_process: int) -> list[int]:
        with town.runtime.writing() as connection:
            return [one.mail.id for one in claim_mails(connection, town.settings, now)]

    with ThreadPoolExecutor(4) as pool:
        claimed = [mail for found in pool.map(claim, range(8)) for mail in found]

    assert sorted(claimed) == sorted(set(claimed))
    assert len(claimed) == 8


def test_a_server_that_goes_down_in_the_middle_leaves_what_was_sent_as_sent(town: Town) -> None:
    first, second, third = (write(town, f"{name}@cement.example") for name in ("a", "b", "c"))
    town.sink.keeper.dying_at = "b@cement.example"

    town.send()

    assert [read_mail(town, number).state for number in (first, second, third)] == [MailState.SENT, MailState.QUEUED, MailState.QUEUED]
    assert read_mail(town, first).answer == "taken by the mail server"
    assert [mail["To"] for mail in town.sink.mails] == ["a@cement.example"]


def test_nothing_in_an_address_or_a_subject_makes_another_header(town: Town) -> None:
    for recipient, subject in HOSTILE:
        with pytest.raises(Invalid):
            write(town, recipient, subject)

    assert town.send() == 0


def test_a_line_in_a_body_that_looks_like_the_end_is_no_end(town: Town) -> None:
    write(town, text="first\n.\nMAIL FROM:<eve@evil.example>\n")

    town.send()

    assert "MAIL FROM" in town.sink.mails[0].get_content()
    assert len(town.sink.mails) == 1


def test_without_a_server_the_inviter_gets_the_code_and_the_status_says_so(quiet_town: Town) -> None:
    invited = quiet_town.invite(quiet_town.person(OPERATOR), ANNA)

    assert (invited.mail.state, invited.mail.answer) == (MailState.UNSENT, "not sent: no mail server is set")
    assert invited.code is not None
    assert quiet_town.send() == 0


def test_a_password_is_not_sent_in_clear_over_a_network(town: Town, sink: MailSink) -> None:
    class Elsewhere(MailServer):
        is_here = False

    object.__setattr__(town.settings, "mail_server", Elsewhere("127.0.0.1", sink.port, tls=False, user="u", password="p"))
    number = write(town)

    assert town.send() == 0

    assert "not sent in clear" in str(read_mail(town, number).answer)


def test_the_login_at_the_server_is_tried_again_when_it_fails(town: Town) -> None:
    guarded = MailSink(authenticator=check_password, auth_require_tls=False)
    wrong = MailServer("127.0.0.1", guarded.port, tls=False, user="ledger", password="wrong")
    object.__setattr__(town.settings, "mail_server", wrong)
    number = write(town)
    assert town.send() == 0
    failed = read_mail(town, number)

    object.__setattr__(town.settings, "mail_server", read_mail_server(f"smtp://ledger:s3cret%20pass@127.0.0.1:{guarded.port}"))
    town.network.clock.advance(timedelta(seconds=BACK_OFF[0]))
    assert town.send() == 1
    guarded.shut()

    assert failed.state is MailState.QUEUED
    assert "535" in str(failed.answer)


@pytest.mark.parametrize(
    "url",
    ["http://mail.example", "smtp://", "smtp://user@mail.example", "smtp://mail.example:99999", "smtp://mail.example/path", "smtp://m?x=1"],
)
def test_a_servers_address_is_held_to_its_form(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_mail_server(url)


def test_a_servers_password_is_never_shown() -> None:
    server = read_mail_server("smtps://ledger:s3cret@mail.example")

    assert (server.port, server.tls, server.password) == (465, True, "s3cret")
    assert "s3cret" not in repr(server)


def test_another_secret_key_opens_nothing(town: Town) -> None:
    number = write(town)
    object.__setattr__(town.settings, "secret_key", "x" * 48)

    assert town.send() == 0

    assert read_mail(town, number).state is MailState.GIVEN_UP


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate that 127.0.0.1 signs for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail sink")])
    start = SystemClock().now() - timedelta(days=1)
    built = x509.CertificateBuilder(name, name, key.public_key(), 7, start, start + timedelta(days=9))
    built = built.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return certificate, private


def test_a_server_that_offers_encryption_gets_it_and_its_certificate_must_hold(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, private = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    guarded = MailSink(tls_context=context, require_starttls=True, authenticator=check_password, auth_required=True)
    guarded.user = "ledger:s3cret%20pass@"
    object.__setattr__(town.settings, "mail_server", read_mail_server(guarded.url))
    number = write(town)

    unknown = (town.send(), str(read_mail(town, number).answer))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    town.network.clock.advance(timedelta(seconds=BACK_OFF[0]))
    known = town.send()
    guarded.shut()

    assert (unknown[0], "CERTIFICATE_VERIFY_FAILED" in unknown[1], known) == (0, True, 1)


SMTP = {"SYMBIOSIS_SMTP_URL": "smtp://ledger:s3cret@mail.example", "SYMBIOSIS_SECRET_KEY": "k" * 48}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, "SYMBIOSIS_MAIL_FROM"),
        ({"SYMBIOSIS_MAIL_FROM": "ledger@works.example"}, "SYMBIOSIS_PUBLIC_URL"),
        ({"SYMBIOSIS_MAIL_FROM": "a@works.example\nBcc: b@x.example", "SYMBIOSIS_PUBLIC_URL": "https://l.example"}, "SYMBIOSIS_MAIL_FROM"),
        ({"SYMBIOSIS_SMTP_URL": "smtp://ledger@mail.example"}, "SYMBIOSIS_SMTP_URL"),
        ({"SYMBIOSIS_PUBLIC_URL": "https://l.example/path", "SYMBIOSIS_MAIL_FROM": "ledger@works.example"}, "SYMBIOSIS_PUBLIC_URL"),
        ({"SYMBIOSIS_SECOND_FACTOR": "sometimes"}, "SYMBIOSIS_SECOND_FACTOR"),
    ],
)
def test_a_setting_at_fault_is_named_and_no_secret_shown(tmp_path: Path, changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(SMTP | {"SYMBIOSIS_DATA": str(tmp_path)} | changes)

    assert str(refused.value).startswith(named)
    assert "s3cret" not in str(refused.value)


def test_settings_of_mail_are_read_and_their_password_never_shown(tmp_path: Path) -> None:
    more = {"SYMBIOSIS_MAIL_FROM": "Ledger@Works.example", "SYMBIOSIS_PUBLIC_URL": "https://l.example/", "SYMBIOSIS_DATA": str(tmp_path)}

    settings = read_settings(SMTP | more)

    assert (settings.mail_from, settings.public_url, settings.second_factor) == ("ledger@works.example", "https://l.example", "by-role")
    assert settings.mail_server == MailServer("mail.example", 587, tls=False, user="ledger", password="s3cret")
    assert "s3cret" not in repr(settings)
