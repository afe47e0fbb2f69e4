"""The structure of both packages: names, imports and layers of screens; and that of the tests."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from syntax_trees import parse
from textual.screen import Screen

import ewallet_tui

ROOT = Path(__file__).parent.parent
PACKAGES = ("ewallet_core", "ewallet_tui")
MAX_FILES = 394
MOST_CHECK_ACTIONS = 3

each_package = pytest.mark.parametrize("package", PACKAGES)


def not_yet(reason: str) -> pytest.MarkDecorator:
    """A rule that the package does not keep yet; strict, so that the mark goes as soon as it does."""
    return pytest.mark.xfail(reason=reason, strict=True)


@cache
def files(package: str) -> tuple[Path, ...]:
    found = sorted((ROOT / package).rglob("*.py"))
    return tuple(file for file in found if "versions" not in file.parts)


@cache
def tree(file: Path) -> ast.Module:
    return parse(file)


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(file)))


@pytest.fixture(autouse=True, scope="module")
def trees_are_dropped() -> Iterator[None]:
    """Drop the trees after these tests, because each collection of garbage visits their many nodes."""
    yield
    nodes.cache_clear()
    tree.cache_clear()


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(file) for package in PACKAGES for file in files(package)}


# Names


def class_names(file: Path) -> Iterator[str]:
    """The name of every class in the module, also of nested ones."""
    return (node.name for node in nodes(file) if isinstance(node, ast.ClassDef))


def test_a_class_name_is_used_once_in_both_packages() -> None:
    counts = Counter(name for package in PACKAGES for file in files(package) for name in class_names(file))
    assert [name for name, count in counts.items() if count > 1] == []


# Words that standard words have replaced (docs/glossary.md). A phrase is found as consecutive parts of an
# identifier. Words that are also ordinary English (text, place, rules, ok, words, link, question, identity,
# lines, period, sheet) are not listed: only their former special meaning was replaced.
REPLACED = """
    desk; errand; asker; furnishings; recognise; recognition; must be permitted; lane; lanes; caretaker;
    bell; follower; followers; happenings; hands; reception; door; doors; guest; guests; pace; paces; see
    out; let go; attend; attended; welcome; weight; weights; belonging; belongings; holding; holdings;
    handover; hand over; giver; receiver; looking; standing; leaving; likeness; moments; refusal;
    refusals; passes; bookkeeping; nok; lie; lies; proof; proofs; server place; outbox; beginnings;
    reachability; greeting; dialling; dialler; knowing; catalogue; picture; pictures; conversation; event
    watch; doings; news; telling; forgetting; quitting; engines; framed; parted; receipt; receipts;
    figures; keysline; keys line; form plan; plan; objection; objections; settings in force; wear; wears;
    complaint; complaints; keeper; lately; listening; feed
"""
WORDS = [" ".join(phrase.split()) for phrase in REPLACED.split(";")]

ALLOWED = {
    "refusals": "the key of the answer of `view refusals`",
    "bell": "Textual's `App.bell`, and the setting of that name",
    "feed_data": "the method of the parser of httptools",
}


@cache
def identifiers(file: Path) -> frozenset[str]:
    """The module's name, and every name that it defines, binds or uses."""
    return frozenset(find_identifiers(file))


def find_identifiers(file: Path) -> Iterator[str]:
    yield file.parent.name if file.stem == "__init__" else file.stem
    for node in nodes(file):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.rpartition(".")[2]


def parts_of(identifier: str) -> list[str]:
    """The words of an identifier in lower case: `KeyedLocks`, `keyed_locks` and `KEYED_LOCKS` are two."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", identifier)
    return [part.lower() for part in found]


def uses(package: str) -> dict[str, set[str]]:
    """Identifiers of the package with the files that have them, apart from those that are allowed."""
    found: dict[str, set[str]] = {}
    for file in files(package):
        for identifier in identifiers(file).difference(ALLOWED):
            found.setdefault(identifier, set()).add(str(file.relative_to(ROOT)))
    return found


@each_package
def test_a_replaced_word_is_part_of_no_identifier(package: str) -> None:
    used = uses(package)
    spelled = {name: f" {' '.join(parts_of(name))} " for name in used}
    found = {
        word: {name: used[name] for name, words in spelled.items() if f" {word} " in words} for word in WORDS
    }
    assert {word: names for word, names in found.items() if names} == {}


@pytest.mark.parametrize("name", ALLOWED)
def test_an_exception_to_the_list_of_replaced_words_is_used(name: str) -> None:
    assert any(name in identifiers(file) for package in PACKAGES for file in files(package))


# Time zones

SYSTEMS_OWN_TIME = {"formatting.py", "periods.py", "certificates.py"}
"""Where a time without a zone becomes one of the system's."""


@each_package
def test_times_are_local_only_through_the_zone_in_use(package: str) -> None:
    found = [
        f"{file.name}:{node.lineno}"
        for file in files(package)
        if file.name not in SYSTEMS_OWN_TIME
        for node in nodes(file)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"astimezone", "fromtimestamp", "localtime"}
        and not node.args
    ]
    assert found == []


# Imports

LAZY = {
    "ewallet_tui/lazy.py": "what is imported after the first paint",
    "ewallet_tui/app.py": "the services, which the first paint does not need",
    "ewallet_tui/__main__.py": "the app, for which the other commands do not wait",
    "ewallet_core/commands/__init__.py": "each command is imported when it is used",
    "ewallet_core/commands/administration.py": "each command imports what it needs",
    "ewallet_core/commands/do.py": "the registry, for which `ewallet --help` does not wait",
    "ewallet_core/commands/shell.py": "the choice between the engine in this process and a server",
    "ewallet_core/commands/serve.py": "the metrics over HTTP and PostgreSQL, which most servers do not have",
    "ewallet_core/storage/database.py": "the choice of a backend",
    "ewallet_core/storage/read_only.py": "the choice of a backend",
    "ewallet_core/database_copy/copy.py": "the choice of a backend for each end",
    "ewallet_core/storage/postgresql/engine.py": "the driver, which only a database at PostgreSQL needs",
    "ewallet_core/server/": "the choice of a backend",
    "ewallet_core/spelling.py": "the tables of internationalised domain names, for addresses outside ASCII",
}


def function_imports(file: Path) -> Iterator[str]:
    imports = [node for node in nodes(file) if isinstance(node, ast.Import | ast.ImportFrom)]
    for function in nodes(file):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if file.stem == "__init__" and function.name == "__getattr__":
            continue
        last_line = function.end_lineno or function.lineno
        for node in imports:
            if function.lineno <= node.lineno <= last_line:
                yield f"{file.relative_to(ROOT)}:{node.lineno}"


@each_package
def test_functions_import_nothing_outside_the_lazy_places(package: str) -> None:
    found = [place for file in files(package) for place in function_imports(file)]
    assert [place for place in found if not place.startswith(tuple(LAZY))] == []


def imports_of(file: Path, *, typing: bool) -> Iterator[str]:
    """The modules of ours that the file imports at its top level; with `typing`, also for type checkers."""
    pending: list[ast.AST] = [tree(file)]
    while pending:
        for node in ast.iter_child_nodes(pending.pop()):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name in MODULES)
            elif isinstance(node, ast.ImportFrom):
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                yield from whole & MODULES
                if node.module in MODULES and whole - MODULES:
                    yield node.module
            elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) and not typing:
                pending.extend(node.orelse)
            elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.expr):
                pending.append(node)


def circle(package: str, *, typing: bool) -> list[str]:
    """One circle of imports, from a module to itself; none if there is no circle."""
    graph = {module_of(file): set(imports_of(file, typing=typing)) for file in files(package)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


@each_package
def test_modules_do_not_import_each_other_in_a_circle(package: str) -> None:
    assert circle(package, typing=False) == []


@each_package
def test_modules_do_not_import_each_other_in_a_circle_for_type_checkers_either(package: str) -> None:
    # A package's `__init__` shows type checkers what its `__getattr__` imports.
    assert circle(package, typing=True) == []


def test_only_the_command_imports_the_app() -> None:
    importers = {
        module_of(file)
        for package in PACKAGES
        for file in files(package)
        if any("ewallet_tui.app" in names for names in imported_names(file))
    }
    assert importers <= {"ewallet_tui.__main__"}


def imported_names(file: Path) -> Iterator[Iterable[str]]:
    """What each import statement of the file names, wherever it stands."""
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            yield [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]


# Size, and what screens are made of


def test_both_packages_have_few_files() -> None:
    assert sum(len(files(package)) for package in PACKAGES) <= MAX_FILES


def screens() -> set[type[Screen[object]]]:
    """Every class of ours that is a screen."""
    for module in pkgutil.walk_packages(ewallet_tui.__path__, "ewallet_tui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: set[type[Screen[object]]] = set()
    pending: list[type[Screen[object]]] = [Screen]
    while pending:
        pending += (subclasses := pending.pop().__subclasses__())
        found.update(each for each in subclasses if each.__module__.startswith("ewallet_tui."))
    return found


def test_a_screen_has_at_most_one_base_class_of_ours() -> None:
    ours = screens()
    bases = {
        screen.__name__: [base.__name__ for base in screen.__mro__[1:] if base in ours] for screen in ours
    }
    assert {name: found for name, found in bases.items() if len(found) > 1} == {}


def test_few_classes_override_check_action() -> None:
    overrides = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in files("ewallet_tui")
        for node in nodes(file)
        if isinstance(node, ast.FunctionDef) and node.name == "check_action"
    ]
    assert len(overrides) <= MOST_CHECK_ACTIONS, overrides


def test_every_helper_of_the_tests_has_a_name_of_its_own() -> None:
    """Helpers of all folders are imported by their bare names."""
    helpers = [
        file.stem for file in (ROOT / "tests").rglob("*.py") if not re.match("test_|conftest$", file.stem)
    ]
    assert [name for name, count in Counter(helpers).items() if count > 1] == []
    assert set(helpers).isdisjoint(sys.stdlib_module_names)


def test_tests_of_several_folders_can_be_named_together() -> None:
    chosen = [
        "tests/tui/test_jump.py::test_tabs_parts_lists_and_buttons_are_a_letter_away",
        "tests/engine/test_workers.py::test_a_search_needs_a_token",
        "tests/server/test_rate_limits.py::test_the_requests_of_one_second_can_be_sent_at_once",
        "tests/client/test_backoff.py",
        "tests/ledger/test_timer_model.py",
        "tests/engine/test_sessions.py::test_a_client_has_one_live_token",
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--collect-only", *chosen]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert all(name in done.stdout for name in chosen)
