"""The catalogue of what the site says; `python -m tests.site.catalogue` brings the languages up to date.

A text that is new stands in the language's file without a translation until somebody writes one; one that nothing says any more goes.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from contracts.drafts import load_facts
from contracts.facts import FACT_TYPES
from contracts.words import list_messages
from tests.architecture import ROOT
from webui.pages.languages import FOLDER, LANGUAGES
from webui.pages.wording import FINDING

METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "say": None}
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def extract_catalogue() -> Catalog:
    """Extract all texts that the site says."""
    catalogue = Catalog(project="Symbiosis Ledger", charset="utf-8")
    found = extract_from_dir(str(ROOT / "webui"), method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS)
    for name, line, message, _comments, context in found:
        catalogue.add(message, None, [(name, line)], context=context)
    for text in list_spoken():
        catalogue.add(text)
    return catalogue


def list_spoken() -> Iterator[str]:
    """List what the contracts say in words of their own: captions, labels, choices and states."""
    load_facts()
    yield from list_messages(kind.fact for kind in FACT_TYPES.values())
    yield from (f"{FINDING}{code}" for code in sorted(list_codes()))


def list_codes() -> set[str]:
    """List the codes of findings: the second of three texts wherever a finding is made, directly or by a function that makes it."""
    found: set[str] = set()
    for package in ("contracts", "ledger", "webui"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.Call(args=[_, ast.Constant(value=str(code)), ast.Constant(value=str()) | ast.JoinedStr() | ast.Call(), *_]):
                        if _CODE.fullmatch(code) and is_finding(node):
                            found.add(code)
    return found


def is_finding(node: ast.Call) -> bool:
    """Tell whether a call makes a finding, by its name."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return bool(re.search(r"find|refus|fault|blame|fail|complain", name, re.IGNORECASE))


def find_path(language: str) -> Path:
    """Find a language's file."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def read_language(language: str) -> Catalog:
    """Read a language's file."""
    with find_path(language).open("rb") as file:
        return read_po(file, locale=language)


def update_language(language: str) -> Catalog:
    """Bring a language's file up to date with what is said; what was translated stays."""
    old, new = read_language(language), Catalog(locale=language, project="Symbiosis Ledger", charset="utf-8")
    for message in extract_catalogue():
        if message.id:
            known = old.get(message.id if isinstance(message.id, str) else message.id[0])
            new.add(message.id, known.string if known else "", flags=message.flags)
    with find_path(language).open("wb") as file:
        write_po(file, new, width=140, no_location=True, omit_header=False, sort_output=True, include_previous=False)
    return new


if __name__ == "__main__":
    for name in LANGUAGES:
        if name != "en":
            missing = [message.id for message in update_language(name) if message.id and not message.string]
            print(f"{name}: {len(missing)} texts wait for a translation")
