"""What docs/ says is true: the reference is what the catalogue has, and the defects have what mends them."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

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

each_instruction = pytest.mark.parametrize("asked", EVERYTHING, ids=lambda asked: asked.found.name)


def test_the_reference_is_what_the_catalogue_has():
    assert (DOCS / "instructions.md").read_text() == page(SECTIONS), "run `make docs`"


def test_the_reference_is_the_same_each_time():
    assert page(SECTIONS) == page(SECTIONS)


@each_instruction
def test_an_example_is_taken_by_the_catalogue(asked):
    example = json.loads(json.dumps(entry_of(asked).example))
    picked, arguments = asked.section.registry.find(example)
    assert picked is asked.found
    read_request(picked, arguments)


@each_instruction
def test_an_example_has_every_argument_that_is_required(asked):
    entry = entry_of(asked)
    assert {argument.name for argument in entry.arguments if argument.required} <= entry.example.keys()


@each_instruction
def test_an_instruction_says_what_it_does_and_what_its_arguments_must_be(asked):
    entry = entry_of(asked)
    assert re.fullmatch(r"[A-Z].*\.", entry.summary)
    assert [argument.name for argument in entry.arguments if argument.must_be in ("", "None")] == []


def test_every_path_is_one_instructions_alone():
    paths = Counter(
        (asked.section.registry, path)
        for asked in EVERYTHING
        for path in {" ".join(form.values()) for form in asked.found.forms}
    )
    assert [path for path, count in paths.items() if count > 1] == []


def test_every_data_dict_has_a_name_and_a_meaning_of_its_own():
    named = [name_of(each) for each in set(_all_data_dicts())]
    assert len(named) == len(set(named))
    assert [name for name, data in data_of(EVERYTHING).items() if not data.meaning.endswith(".")] == []


def _all_data_dicts():
    for asked in EVERYTHING:
        yield from data_dicts_in([asked.found.answers]).values()


def every_refusal(of: type[WalletError] = WalletError) -> set[type[WalletError]]:
    return {of, *(deeper for each in of.__subclasses__() for deeper in every_refusal(each))}


def test_every_refusal_is_found():
    declared = {each for each in every_refusal() if "code" in vars(each) and ".errors." in each.__module__}
    assert set(error_types()) == declared


def test_the_tree_of_errors_names_every_one_beside_its_module():
    tree, module = {}, ""
    for line in base.__doc__.split("An error is declared")[0].splitlines():
        module = name[1] if (name := re.match(r"[├└]── (\w+)", line)) else module
        tree |= dict.fromkeys(re.findall(r"(?<!^)\b\w+Error\b", line), module)
    assert tree == {each.__name__: each.__module__.rpartition(".")[2] for each in error_types()}


def test_every_code_of_a_refusal_is_its_own_and_written_alike():
    codes = [error.code for error in errors()]
    assert [code for code, count in Counter(codes).items() if count > 1] == []
    assert [code for code in codes if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", code)] == []


def test_every_code_of_a_refusal_is_listed_with_what_it_means():
    listed = page(SECTIONS)
    for error in errors():
        assert f"| `{error.code}` | {error.error or error.meaning} |" in listed
        assert (error.error or error.meaning).endswith((".", "?", "!"))


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def rows_of_defects() -> list[tuple[str, str]]:
    return re.findall(r"^\| (?!---|On the list)(.+?) \| (.+) \|$", DEFECTS, re.MULTILINE)


@pytest.mark.parametrize(("file", "name"), re.findall(r"`(\S+\.py)::(test_\w+)`", DEFECTS))
def test_a_test_that_mends_a_defect_is_there(file, name):
    assert name in names_in(file)


@pytest.mark.parametrize("place", re.findall(r"\]\(([^)#]+)\)", DEFECTS))
def test_a_file_that_mends_a_defect_is_there(place):
    assert (DOCS / place).exists()


@pytest.mark.parametrize(("defect", "mended"), rows_of_defects(), ids=[row[0] for row in rows_of_defects()])
def test_a_defect_is_mended_by_something_or_said_to_be_open(defect, mended):
    assert "::test_" in mended or "](" in mended or mended.startswith("Open.")
