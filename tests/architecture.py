"""The house's rules as functions: each takes a folder with the packages and returns what breaks the rule there.

A finding reads `path:line: what is wrong`, so that a terminal opens it. Imports are read from the syntax tree: those
inside functions, under `if TYPE_CHECKING` and by `import_module("name")` count like all others.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

#: The clone.
ROOT = Path(__file__).resolve().parents[1]

#: From the bottom up: each imports only itself and what stands before it.
LAYERS = ("ledger", "contracts", "webui")

#: Each stage reads the facts and tables of those before it.
STAGES = ("parties", "agreements", "deliveries", "certificates", "savings", "allocation", "governance", "settlement")

#: What a later stage may know of an earlier one.
OPEN_TO_LATER_STAGES = ("facts", "tables")

#: The ledger's tables and its SQL: the files that know SQLAlchemy.
STORE = ("ledger.store", "ledger.tables", "ledger.inbox", "ledger.tile_rows", "ledger.cosigned_rows", "ledger.stamping", "ledger.remains")

#: Modules of the writing side, which an auditor's verifier must not reach.
WRITERS = (
    *STORE,
    *("ledger.guard", "ledger.tip", "ledger.watch", "ledger.intake", "ledger.sequencer", "ledger.writer", "ledger.lease", "ledger.desk"),
    "ledger.log",
)

#: The module that may load an accelerated Ed25519, if there is one.
ACCELERATED = "ledger.signature_backend"

#: The module that reads timestamps, by a library that an auditor needs only for them: verifiers load it inside a function.
STAMPS = "ledger.timestamp"

#: Where an auditor starts.
VERIFIERS = ("ledger.verify", "ledger.__main__")

#: Clock, randomness, session and I/O: what a rule must be handed, or must not know.
IMPURE = (
    *("time", "random", "secrets", "os", "io", "pathlib", "socket", "subprocess", "threading", "urllib", "sqlite3"),
    *("sqlalchemy", "contracts.clock", "contracts.database", "contracts.unit_of_work"),
)

#: Names that say nothing.
EMPTY_NAMES = ("utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "models", "misc")

#: Lines at most.
FILE_LINES, FUNCTION_LINES = 400, 40

#: Longer by demand: a verifier that a stranger takes along as one file.
LONG_FILES = ("tests/second_verifier.py",)

#: Folders whose Python is ours.
FOLDERS = ("ledger", "contracts", "webui", "migrations", "tests")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, as written at one place."""

    target: str  #: dotted name; a submodule where `from package import submodule` names one
    line: int
    at_start: bool  #: run when the importing module is imported, not later inside a function


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of the tree."""

    name: str  #: dotted, without `.__init__`
    path: str  #: from the tree's root
    body: ast.Module
    lines: int
    imports: tuple[Import, ...]

    @property
    def layer(self) -> str:
        """The top package."""
        return self.name.partition(".")[0]

    @property
    def stage(self) -> str | None:
        """The stage that the module belongs to, if any."""
        return find_stage(self.name)


def find_stage(name: str) -> str | None:
    """Return the stage in a dotted name such as `contracts.savings.rules`."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "contracts" and parts[1] in STAGES else None


def is_within(name: str, packages: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of the packages or inside one."""
    return any(name == package or name.startswith(package + ".") for package in packages)


def read_imports(body: ast.Module, package: str, known: frozenset[str]) -> Iterator[Import]:
    """Yield every import in a file, wherever it stands."""
    later = {
        id(inner)
        for outer in ast.walk(body)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(outer)
    }
    for node in ast.walk(body):
        for target in list_targets(node, package, known):
            yield Import(target, getattr(node, "lineno", 0), id(node) not in later)


def list_targets(node: ast.AST, package: str, known: frozenset[str]) -> list[str]:
    """Return the modules that one syntax node imports."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            parts = package.split(".")[: len(package.split(".")) - level + 1] if level else []
            source = ".".join([*parts, *([module] if module else [])])
            targets = (f"{source}.{alias.name}" for alias in names)
            return list(dict.fromkeys(target if target in known else source for target in targets))
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(name)), *_]):
            return [name] if called in {"import_module", "__import__"} else []
        case _:
            return []


@lru_cache(maxsize=64)
def read_modules(tree: Path) -> dict[str, Module]:
    """Parse every Python file below the tree's folders, by dotted name."""
    files = {}
    for folder in FOLDERS:
        for path in sorted((tree / folder).rglob("*.py")):
            parts = path.relative_to(tree).with_suffix("").parts
            files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    modules, known = {}, frozenset(files)
    for name, path in files.items():
        text = path.read_text("utf-8")
        body = ast.parse(text)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        imports = tuple(read_imports(body, package, known))
        modules[name] = Module(name, path.relative_to(tree).as_posix(), body, len(text.splitlines()), imports)
    return modules


def list_imports(tree: Path, *packages: str) -> Iterator[tuple[Module, Import]]:
    """Yield each import of the modules inside the packages."""
    for module in read_modules(tree).values():
        if is_within(module.name, packages):
            for imported in module.imports:
                yield module, imported


def find_upward_imports(tree: Path) -> list[str]:
    """`webui → contracts → ledger`, and nothing points up."""
    return [
        f"{module.path}:{imported.line}: {module.layer} imports {imported.target}, which lies above it"
        for module, imported in list_imports(tree, *LAYERS)
        if is_within(imported.target, (*LAYERS[LAYERS.index(module.layer) + 1 :], "tests", "wsgi"))
    ]


def find_strangers_in_ledger(tree: Path) -> list[str]:
    """`ledger/` knows the standard library and cryptography; only the store and its tables know SQLAlchemy too."""
    return [
        f"{module.path}:{imported.line}: the ledger imports {imported.target}"
        for module, imported in list_imports(tree, "ledger")
        if not (is_bare(imported.target) or is_accelerator(module, imported))
        and not (module.name == STAMPS and is_within(imported.target, ("rfc3161_client",)))
        and not (module.name in STORE and is_within(imported.target, ("sqlalchemy",)))
    ]


def is_bare(name: str) -> bool:
    """Whether an auditor with Python and cryptography alone can import it."""
    return name.partition(".")[0] in {"ledger", "cryptography", *sys.stdlib_module_names}


def is_accelerator(module: Module, imported: Import) -> bool:
    """Whether it is the one package that makes the ledger faster where it is installed, loaded inside a function of the one module."""
    return module.name == ACCELERATED and is_within(imported.target, ("nacl",)) and not imported.at_start


def find_writers_in_verifier(tree: Path) -> list[str]:
    """What the verifier reaches, however indirectly, neither writes nor needs more than cryptography."""
    modules = read_modules(tree)
    reached, waiting = set(), [name for name in VERIFIERS if name in modules]
    findings = []
    while waiting:
        module = modules[waiting.pop()]
        reached.add(module.name)
        for imported in module.imports:
            if is_within(imported.target, (STAMPS,)) and not imported.at_start:
                continue
            if is_within(imported.target, WRITERS) or not (is_bare(imported.target) or is_accelerator(module, imported)):
                findings.append(f"{module.path}:{imported.line}: the verifier reaches {imported.target}")
            elif imported.target in modules and imported.target not in reached:
                waiting.append(imported.target)
    return sorted(set(findings))


def find_web_in_contracts(tree: Path) -> list[str]:
    """`contracts/` knows no Flask."""
    return [
        f"{module.path}:{imported.line}: contracts imports {imported.target}"
        for module, imported in list_imports(tree, "contracts", "migrations")
        if imported.target.partition(".")[0].startswith(("flask", "werkzeug", "marshmallow", "webui"))
    ]


def find_tables_in_web(tree: Path) -> list[str]:
    """`webui/` takes services, never tables."""
    return [
        f"{module.path}:{imported.line}: webui imports {imported.target}"
        for module, imported in list_imports(tree, "webui")
        if is_within(imported.target, ("contracts",)) and imported.target.endswith(".tables")
    ]


def find_stages_out_of_order(tree: Path) -> list[str]:
    """A stage knows facts and tables of earlier stages, nothing else of theirs, and nothing of later ones."""
    findings = []
    for module, imported in list_imports(tree, "contracts"):
        mine, other = module.stage, find_stage(imported.target)
        if mine is None or other is None or mine == other:
            continue
        earlier = STAGES.index(other) < STAGES.index(mine)
        if not earlier:
            findings.append(f"{module.path}:{imported.line}: {mine} imports {imported.target} of a later stage")
        elif imported.target.rpartition(".")[2] not in OPEN_TO_LATER_STAGES:
            findings.append(f"{module.path}:{imported.line}: {mine} imports {imported.target}: only facts and tables are open")
    return findings


def find_impure_rules(tree: Path) -> list[str]:
    """`rules.py` has no clock, randomness, session or I/O, and imports no service and no other stage's rules."""
    findings = []
    for module, imported in list_imports(tree, "contracts", "ledger"):
        last = imported.target.rpartition(".")[2]
        strange_rules = last == "rules" and imported.target != module.name
        if module.name.endswith(".rules") and (is_within(imported.target, IMPURE) or last == "service" or strange_rules):
            findings.append(f"{module.path}:{imported.line}: rules import {imported.target}")
    return findings


def find_unfinished_stages(tree: Path) -> list[str]:
    """Each stage has the same files: facts, rules, tables, service; and each such folder is a stage in the order."""
    modules = read_modules(tree)
    folders = sorted(
        {name.split(".")[1] for name in modules if name.startswith("contracts.") and name.endswith(".facts") and name.count(".") == 2}
    )
    strangers = [f"contracts/{folder}:1: not in the order of stages" for folder in folders if folder not in STAGES]
    return strangers + [
        f"contracts/{stage}/{file}.py:1: missing"
        for stage in folders
        for file in ("facts", "rules", "tables", "service")
        if stage in STAGES and f"contracts.{stage}.{file}" not in modules
    ]


def find_busy_inits(tree: Path) -> list[str]:
    """`__init__.py` holds its docstring, which is the package's reading order, and nothing else."""
    return [
        f"{module.path}:1: holds more than a docstring"
        for module in read_modules(tree).values()
        if module.path.endswith("/__init__.py") and (len(module.body.body) != 1 or ast.get_docstring(module.body) is None)
    ]


def find_empty_names(tree: Path) -> list[str]:
    """No file or folder is named for nothing in particular."""
    return [
        f"{module.path}:1: the name says nothing"
        for module in read_modules(tree).values()
        if any(part in EMPTY_NAMES for part in module.name.split("."))
    ]


def find_long_files(tree: Path) -> list[str]:
    """A file has 400 lines at most."""
    return [
        f"{module.path}:{module.lines}: {module.lines} lines, {FILE_LINES} at most"
        for module in read_modules(tree).values()
        if module.lines > FILE_LINES and module.path not in LONG_FILES
    ]


def find_long_functions(tree: Path) -> list[str]:
    """A function has 40 lines at most, docstring included, decorators not."""
    return [
        f"{module.path}:{node.lineno}: {node.name} has {length} lines, {FUNCTION_LINES} at most"
        for module in read_modules(tree).values()
        for node in ast.walk(module.body)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]


def find_circles(tree: Path) -> list[str]:
    """No module imports itself over others, counting what runs at import."""
    modules = read_modules(tree)
    nexts = {
        name: sorted({imported.target for imported in module.imports if imported.at_start and imported.target in modules})
        for name, module in modules.items()
    }
    circles: set[tuple[str, ...]] = set()
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = path[path.index(name) :]
            first = circle.index(min(circle))
            circles.add(circle[first:] + circle[:first])
        elif name not in done:
            for following in nexts[name]:
                walk(following, (*path, name))
            done.add(name)

    for name in nexts:
        walk(name, ())
    return [f"{modules[circle[0]].path}:1: circle {' → '.join((*circle, circle[0]))}" for circle in sorted(circles)]
