"""How the page that is answered writes its pictures: in its reader's language, in the network's time zone."""

from flask_babel import gettext

from webui.pages import languages
from webui.pictures.writing import Writing


def write_for_request() -> Writing:
    """Give the writing of the request that is answered."""
    return Writing(
        money=languages.write_money,
        quantity=languages.write_quantity,
        number=languages.write_number,
        moment=languages.write_moment,
        day=languages.write_day,
        period=languages.write_period,
        say=gettext,
    )
