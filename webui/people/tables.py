"""Tables beside the log, never folded from it: people, memberships, tokens, attempts to log in, notices; and how people come in.

Secrets stand here as hashes where a hash is enough, sealed (sealing.py) where the text itself is needed again.
"""

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint

from contracts.database import Bytes, Document, Flag, Whole, metadata

#: Marks a table that no replay makes anew.
OUTSIDE = {"outside_log": True}

people = Table(
    "people",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # lower case
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),  # argon2 hash
    Column("active", Flag, nullable=False),
    Column("uniquifier", Text, nullable=False, unique=True),  # what a session names; a new one ends all sessions
    Column("created_at", Text, nullable=False),
    Column("language", Text),  # for mails, such as de; NULL: not chosen
    info=OUTSIDE,
    sqlite_strict=True,
)
#: For whom a person reads in a network, and under which pseudonym the person's keys are enrolled there.
memberships = Table(
    "memberships",
    metadata,
    Column("person", Whole, primary_key=True, autoincrement=False),
    Column("log_id", Whole, primary_key=True, autoincrement=False),
    Column("organisation", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Index(None, "log_id", "organisation"),
    info=OUTSIDE,
    sqlite_strict=True,
)
tokens = Table(
    "tokens",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("hash", Bytes, nullable=False, unique=True),  # SHA-256 of the token's text
    Column("log_id", Whole, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("holder", Text, nullable=False),  # under whose pseudonym it reads
    Column("roles", Document, nullable=False),  # to read as
    Column("name", Text, nullable=False),
    Column("created_by", Whole),  # person; NULL: by command
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("revoked_at", Text),
    Index(None, "log_id", "organisation"),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: Failed attempts to log in, by account and by address, for as long as they count.
login_attempts = Table(
    "login_attempts",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("account", Bytes, nullable=False),  # SHA-256 of the name that was tried: it may be a password typed into the wrong box
    Column("address", Text, nullable=False),
    Column("tried_at", Text, nullable=False),
    Index(None, "account", "tried_at"),
    Index(None, "address", "tried_at"),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: What an organisation is reminded of; one row for each matter, whoever finds it first.
notices = Table(
    "notices",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("log_id", Whole, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),  # such as agreement:a-1
    Column("due_at", Text, nullable=False),  # instant
    Column("created_at", Text, nullable=False),
    Column("done_at", Text),
    UniqueConstraint("log_id", "organisation", "kind", "subject"),
    info=OUTSIDE,
    sqlite_strict=True,
)

#: Who was asked to come in, for a member or as a new organisation.
invitations = Table(
    "invitations",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("log_id", Whole, nullable=False),
    Column("organisation", Text),  # NULL: a new one, as proposed
    Column("proposal", Document, nullable=False),  # of a new one: name, kind, roles
    Column("email", Text, nullable=False),  # lower case
    Column("roles", Document, nullable=False),  # for which the person will ask a key
    Column("hash", Bytes, nullable=False, unique=True),  # SHA-256 of the newest code
    Column("invited_by", Whole),  # person; NULL: by command
    Column("by_organisation", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("used_at", Text),
    Column("used_by", Whole),  # person
    Column("withdrawn_at", Text),
    Index(None, "log_id", "by_organisation"),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: Outgoing mail, a row for each recipient; kept with its status after its words are gone.
mails = Table(
    "mails",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Bytes),  # sealed: it may carry a code; NULL once nothing more is tried
    Column("state", Text, nullable=False),
    Column("answer", Text),  # the server's words, or ours
    Column("tries", Whole, nullable=False),
    Column("next_try_at", Text),  # instant
    Column("claimed_until", Text),  # instant: while one process tries, others leave it alone
    Column("created_at", Text, nullable=False),
    Column("sent_at", Text),
    Column("invitation", Whole),
    Column("person", Whole),
    Index(None, "state", "next_try_at"),
    Index(None, "invitation"),
    info=OUTSIDE,
    sqlite_strict=True,
)
totp_secrets = Table(
    "totp_secrets",
    metadata,
    Column("person", Whole, primary_key=True, autoincrement=False),
    Column("secret", Bytes, nullable=False),  # sealed
    Column("created_at", Text, nullable=False),
    Column("confirmed_at", Text),  # NULL: no code was shown yet, and none is asked for
    Column("last_step", Whole, nullable=False),  # of the newest code taken: none is taken twice
    info=OUTSIDE,
    sqlite_strict=True,
)
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("person", Whole, nullable=False),
    Column("hash", Bytes, nullable=False),  # SHA-256; the codes are random, 80 bits
    Column("used_at", Text),
    UniqueConstraint("person", "hash"),
    info=OUTSIDE,
    sqlite_strict=True,
)
passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("person", Whole, nullable=False),
    Column("credential", Bytes, nullable=False, unique=True),
    Column("public_key", Bytes, nullable=False),  # COSE
    Column("sign_count", Whole, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("used_at", Text),
    Index(None, "person"),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: Challenges that were answered with a passkey: none is answered twice.
challenges = Table(
    "challenges",
    metadata,
    Column("hash", Bytes, primary_key=True),  # SHA-256
    Column("expires_at", Text, nullable=False),  # until then it could be tried again
    info=OUTSIDE,
    sqlite_strict=True,
)
password_resets = Table(
    "password_resets",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("hash", Bytes, nullable=False, unique=True),
    Column("person", Whole),  # NULL: the address is nobody's; the row is written all the same, so that both take as long
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("used_at", Text),
    Index(None, "person"),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: Second factors that others have vouched to take away, after a day in which the person may object.
factor_resets = Table(
    "factor_resets",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("person", Whole, nullable=False),
    Column("log_id", Whole, nullable=False),
    Column("organisation", Text, nullable=False),  # of the person
    Column("asked_by", Whole, nullable=False),  # person
    Column("checked", Text, nullable=False),  # how it was made sure who asked
    Column("hash", Bytes, nullable=False, unique=True),  # of the code that cancels
    Column("created_at", Text, nullable=False),
    Column("due_at", Text, nullable=False),
    Column("cancelled_at", Text),
    Column("done_at", Text),
    Index(None, "person"),
    Index(None, "log_id", "organisation"),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: Persons on their way into an organisation of a network.
joinings = Table(
    "joinings",
    metadata,
    Column("person", Whole, primary_key=True, autoincrement=False),
    Column("log_id", Whole, primary_key=True, autoincrement=False),
    Column("invitation", Whole, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("holder", Text, nullable=False),  # pseudonym, made here
    Column("is_new", Flag, nullable=False),  # the organisation is no member yet
    Column("roles", Document, nullable=False),  # that the inviter had in mind for the person's key
    Column("details", Document, nullable=False),  # of a new organisation, as the person filled them in
    Column("state", Text, nullable=False),
    Column("reason", Text),  # why it was declined
    Column("created_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Index(None, "log_id", "state"),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: Keys that wait to be enrolled by whoever must sign for them; whether that was done is read from the log.
enrolment_requests = Table(
    "enrolment_requests",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("log_id", Whole, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("person", Whole, nullable=False),
    Column("holder", Text, nullable=False),
    Column("key", Text, nullable=False),  # Multikey text
    Column("roles", Document, nullable=False),
    Column("possession", Text, nullable=False),  # the key's own signature, 128 hex digits
    Column("created_at", Text, nullable=False),
    Column("closed_at", Text),  # declined or withdrawn
    Column("reason", Text),
    UniqueConstraint("log_id", "key"),
    Index(None, "log_id", "organisation"),
    info=OUTSIDE,
    sqlite_strict=True,
)
#: Who read for an organisation and does no more: their keys are to be revoked.
departures = Table(
    "departures",
    metadata,
    Column("id", Whole, primary_key=True),
    Column("log_id", Whole, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("person", Whole, nullable=False),
    Column("holder", Text, nullable=False),
    Column("left_at", Text, nullable=False),
    Column("ended_by", Whole),  # person, often the same
    Index(None, "log_id", "organisation"),
    info=OUTSIDE,
    sqlite_strict=True,
)
