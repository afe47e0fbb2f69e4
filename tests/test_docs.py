"""The docs are true: the reference matches the registry, and defects and promises name their tests."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from each import for_each
from syntax_trees import parse

from ewallet_core.errors import base
from ewallet_core.errors.base import WalletError
from ewallet_core.handlers import SECTIONS
from ewallet_core.instructions.reference import (
    data_dicts_in,
    data_of,
    entry_of,
    error_types,
    errors,
    everything,
    name_of,
)
from ewallet_core.instructions.reference_page import page
from ewallet_core.instructions.registry import read_request

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
DEFECTS = (DOCS / "defects.md").read_text()

EVERYTHING = everything(SECTIONS)

each_instruction = for_each({documented.found.name: documented for documented in EVERYTHING})


def test_the_reference_matches_the_registry():
    assert (DOCS / "instructions.md").read_text() == page(SECTIONS), "run `make docs`"


def test_the_reference_is_deterministic():
    assert page(SECTIONS) == page(SECTIONS)


@each_instruction
def test_an_example_is_a_valid_request(documented):
    example = json.loads(json.dumps(entry_of(documented).example))
    picked, arguments = documented.section.registry.find(example)
    assert picked is documented.found
    read_request(picked, arguments)


@each_instruction
def test_an_example_has_every_required_argument(documented):
    entry = entry_of(documented)
    assert {argument.name for argument in entry.arguments if argument.required} <= entry.example.keys()


@each_instruction
def test_an_instruction_describes_itself_and_its_arguments(documented):
    entry = entry_of(documented)
    assert re.fullmatch(r"[A-Z].*\.", entry.summary)
    assert [argument.name for argument in entry.arguments if argument.must_be in ("", "None")] == []


def test_every_path_belongs_to_one_instruction():
    paths = Counter(
        (documented.section.registry, path)
        for documented in EVERYTHING
        for path in {" ".join(form.values()) for form in documented.found.forms}
    )
    assert [path for path, count in paths.items() if count > 1] == []


def test_every_data_dict_has_a_unique_name_and_a_description():
    named = [name_of(each) for each in set(_all_data_dicts())]
    assert len(named) == len(set(named))
    assert [name for name, data in data_of(EVERYTHING).items() if not data.meaning.endswith(".")] == []


def _all_data_dicts():
    for documented in EVERYTHING:
        yield from data_dicts_in([documented.found.answers]).values()


def subclasses_of(of: type[WalletError] = WalletError) -> set[type[WalletError]]:
    return {of, *(deeper for each in of.__subclasses__() for deeper in subclasses_of(each))}


def test_every_error_class_is_registered():
    declared = {each for each in subclasses_of() if "code" in vars(each) and ".errors." in each.__module__}
    assert set(error_types()) == declared


def test_the_tree_of_errors_names_every_one_beside_its_module():
    tree, module = {}, ""
    for line in base.__doc__.split("An error is declared")[0].splitlines():
        module = name[1] if (name := re.match(r"[├└]── (\w+)", line)) else module
        tree |= dict.fromkeys(re.findall(r"(?<!^)\b\w+Error\b", line), module)
    assert tree == {each.__name__: each.__module__.rpartition(".")[2] for each in error_types()}


def test_every_error_code_is_unique_and_snake_case():
    codes = [error.code for error in errors()]
    assert [code for code, count in Counter(codes).items() if count > 1] == []
    assert [code for code in codes if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", code)] == []


def test_every_error_code_is_listed_with_its_meaning():
    listed = page(SECTIONS)
    for error in errors():
        assert f"| `{error.code}` | {error.category} | {error.error or error.meaning} |" in listed
        assert (error.error or error.meaning).endswith((".", "?", "!"))


@cache
def names_in(file: str) -> set[str]:
    tree = parse(ROOT / "tests" / file)
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def defect_rows() -> list[tuple[str, str]]:
    return re.findall(r"^\| (?!---|On the list)(.+?) \| (.+) \|$", DEFECTS, re.MULTILINE)


NAMING_TESTS = ("defects.md", "reliability.md", "security.md")
"""The documents whose claims each name the tests that prove them."""


@pytest.mark.parametrize("document", NAMING_TESTS)
def test_the_tests_that_a_document_names_exist(document):
    named = re.findall(r"`(\S+\.py)::(test_\w+)`", (DOCS / document).read_text())
    assert named != []
    assert [f"{file}::{name}" for file, name in named if name not in names_in(file)] == []


@pytest.mark.parametrize("document", NAMING_TESTS)
def test_the_files_that_a_document_links_to_exist(document):
    linked = re.findall(r"\]\(([^)#:]+)[^)]*\)", (DOCS / document).read_text())
    assert [file for file in linked if not (DOCS / file).exists()] == []


def test_everything_that_stops_an_attack_names_its_test():
    rows = re.findall(
        r"^\| (?!---|attack)(.+?) \| (.+) \|$", (DOCS / "security.md").read_text(), re.MULTILINE
    )
    assert len(rows) > 30
    assert [attack for attack, stopped_by in rows if "::test_" not in stopped_by] == [BY_HAND]


BY_HAND = "use a known vulnerability of a package"
"""It takes a network, so it is a command and no test."""


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda lock: lock.stem)
def test_every_pinned_package_has_a_hash(lock):
    packages = re.split(r"^(?=\S)", lock.read_text(), flags=re.MULTILINE)
    pinned = [package for package in packages if package and not package.startswith("#")]
    assert pinned != []
    assert [package for package in pinned if "==" not in package or "--hash=sha256:" not in package] == []


def test_every_promise_names_its_test():
    rows = re.findall(r"^\| (?!---|promise).+$", (DOCS / "reliability.md").read_text(), re.MULTILINE)
    assert len(rows) > 50
    assert [row for row in rows if "::test_" not in row] == []


@for_each({f"{number}: {defect}": solution for number, (defect, solution) in enumerate(defect_rows(), 1)})
def test_a_defect_names_its_solution_or_is_open(solution):
    assert "::test_" in solution or "](" in solution or solution.startswith("Open.")
