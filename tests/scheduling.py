"""Which process runs what: all tests of a file on one kind of database by the same one, so that what they share is made once."""

from xdist.scheduler import LoadScopeScheduling

from tests.databases import KINDS

#: Files that share more than a file does, by what they share.
TOGETHER = {
    "the hostile network": ("tests/site/test_odd_values.py", "tests/site/test_security.py"),
    "the played site": (
        "tests/site/allocations/test_allocation_pages.py",
        "tests/site/governance/test_decision_pages.py",
        "tests/site/savings/test_savings_pages.py",
        "tests/site/settlement/test_account_pages.py",
    ),
}


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Gives out work by file and kind of database, in the order in which tests were collected."""

    def _split_scope(self, nodeid: str) -> str:
        path, _, name = nodeid.partition("::")
        shared = next((what for what, paths in TOGETHER.items() if path in paths), path)
        kind = next((kind for kind in KINDS if kind in name.partition("[")[2]), "")
        return f"{shared} {kind}"
