"""How people come in: invitations, mail, second factors, resets, joining, keys that wait to be enrolled, and leaving."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("people", sa.Column("language", sa.Text))
    create_invitations()
    create_mails()
    create_totp_secrets()
    create_recovery_codes()
    create_passkeys()
    create_challenges()
    create_password_resets()
    create_factor_resets()
    create_joinings()
    create_enrolment_requests()
    create_departures()


def create_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", Whole, nullable=False),
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("organisation", sa.Text),
        sa.Column("proposal", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("invited_by", Whole),
        sa.Column("by_organisation", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("used_at", sa.Text),
        sa.Column("used_by", Whole),
        sa.Column("withdrawn_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("hash", name="uq_invitations_hash"),
        sqlite_strict=True,
    )
    op.create_index("ix_invitations_log_id_by_organisation", "invitations", ["log_id", "by_organisation"])


def create_mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", Whole, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("tries", Whole, nullable=False),
        sa.Column("next_try_at", sa.Text),
        sa.Column("claimed_until", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("sent_at", sa.Text),
        sa.Column("invitation", Whole),
        sa.Column("person", Whole),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sqlite_strict=True,
    )
    op.create_index("ix_mails_invitation", "mails", ["invitation"])
    op.create_index("ix_mails_state_next_try_at", "mails", ["state", "next_try_at"])


def create_totp_secrets() -> None:
    op.create_table(
        "totp_secrets",
        sa.Column("person", Whole, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("confirmed_at", sa.Text),
        sa.Column("last_step", Whole, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_totp_secrets"),
        sqlite_strict=True,
    )


def create_recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("id", Whole, nullable=False),
        sa.Column("person", Whole, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("used_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
        sa.UniqueConstraint("person", "hash", name="uq_recovery_codes_person_hash"),
        sqlite_strict=True,
    )


def create_passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", Whole, nullable=False),
        sa.Column("person", Whole, nullable=False),
        sa.Column("credential", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", Whole, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("used_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential", name="uq_passkeys_credential"),
        sqlite_strict=True,
    )
    op.create_index("ix_passkeys_person", "passkeys", ["person"])


def create_challenges() -> None:
    op.create_table(
        "challenges",
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_challenges"),
        sqlite_strict=True,
    )


def create_password_resets() -> None:
    op.create_table(
        "password_resets",
        sa.Column("id", Whole, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("person", Whole),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("used_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_password_resets"),
        sa.UniqueConstraint("hash", name="uq_password_resets_hash"),
        sqlite_strict=True,
    )
    op.create_index("ix_password_resets_person", "password_resets", ["person"])


def create_factor_resets() -> None:
    op.create_table(
        "factor_resets",
        sa.Column("id", Whole, nullable=False),
        sa.Column("person", Whole, nullable=False),
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("asked_by", Whole, nullable=False),
        sa.Column("checked", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("due_at", sa.Text, nullable=False),
        sa.Column("cancelled_at", sa.Text),
        sa.Column("done_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_factor_resets"),
        sa.UniqueConstraint("hash", name="uq_factor_resets_hash"),
        sqlite_strict=True,
    )
    op.create_index("ix_factor_resets_log_id_organisation", "factor_resets", ["log_id", "organisation"])
    op.create_index("ix_factor_resets_person", "factor_resets", ["person"])


def create_joinings() -> None:
    op.create_table(
        "joinings",
        sa.Column("person", Whole, nullable=False),
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("invitation", Whole, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("is_new", Flag, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("person", "log_id", name="pk_joinings"),
        sqlite_strict=True,
    )
    op.create_index("ix_joinings_log_id_state", "joinings", ["log_id", "state"])


def create_enrolment_requests() -> None:
    op.create_table(
        "enrolment_requests",
        sa.Column("id", Whole, nullable=False),
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("person", Whole, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("possession", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_enrolment_requests"),
        sa.UniqueConstraint("log_id", "key", name="uq_enrolment_requests_log_id_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_enrolment_requests_log_id_organisation", "enrolment_requests", ["log_id", "organisation"])


def create_departures() -> None:
    op.create_table(
        "departures",
        sa.Column("id", Whole, nullable=False),
        sa.Column("log_id", Whole, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("person", Whole, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("left_at", sa.Text, nullable=False),
        sa.Column("ended_by", Whole),
        sa.PrimaryKeyConstraint("id", name="pk_departures"),
        sqlite_strict=True,
    )
    op.create_index("ix_departures_log_id_organisation", "departures", ["log_id", "organisation"])
