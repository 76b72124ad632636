"""Why a signatory cannot sign an offer at present: the page says what holds, and not what might."""

from tests.contracts.agreements.building import a_signature, an_offer, publish_templates
from tests.site.agreements.desk import Desk
from tests.site.live_site import LiveSite


def test_whose_organisation_has_signed_is_told_so(site: LiveSite) -> None:
    for name in ("powerco", "plasterco"):
        site.network.admit(name)
    publish_templates(site.network)
    offer = site.network.accept(an_offer(site.network), by="powerco").statement_hash
    before = Desk(site, "powerco").get("/agreements/a-1").text

    site.network.accept(a_signature(), by="powerco", refs=[offer])

    after = Desk(site, "powerco").get("/agreements/a-1").text
    assert ("Your organisation has signed." in before, "Your organisation has signed." in after) == (False, True)
    assert "You cannot sign" not in after
