"""The nouns of the pages, in the order of the navigation."""

from webui.pages import (
    account,
    admissions,
    agreements,
    audit,
    check,
    confirming,
    deliveries,
    delivery_forms,
    entries,
    grants,
    home,
    join,
    keys,
    ledger,
    login,
    network,
    offering,
    organisations,
    people,
    reset,
    static_files,
    templates,
    weighbridge,
)
from webui.pages.routes import Pages

NOUNS: tuple[Pages, ...] = tuple(
    module.pages
    for module in (
        static_files,
        home,
        keys,
        login,
        join,
        reset,
        account,
        people,
        admissions,
        ledger,
        entries,
        audit,
        check,
        agreements,
        offering,
        templates,
        network,
        organisations,
        grants,
        deliveries,
        delivery_forms,
        confirming,
        weighbridge,
    )
)
