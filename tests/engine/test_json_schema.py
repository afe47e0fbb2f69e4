"""Arguments and answers as JSON Schema: what a schema says is what the engine accepts."""

from typing import Any

import pytest
from each import for_each
from jsonschema_rs import Draft202012Validator, meta

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.json_schema import argument_schema, schema_of, struct_schema
from ewallet_core.instructions.registry import Instruction
from ewallet_core.instructions.validation import FieldReader, meta_of
from ewallet_core.operations.answer_data import Timestamp

each_instruction = for_each({found.name: found for found in REGISTRY})
EVERY_ARGUMENT = {
    f"{found.name} {name}": argument for found in REGISTRY for name, argument in found.arguments.items()
}
VALUES = [
    0,
    1,
    -1,
    20,
    1_001,
    10**12,
    10**12 + 1,
    2**63,
    1.5,
    "",
    "1",
    "1.5",
    "-1",
    True,
    False,
    [],
    ["a"],
    {},
]


@each_instruction
def test_the_arguments_of_every_instruction_have_a_valid_schema(found: Instruction):
    meta.validate(struct_schema(found.arguments.values(), ""))


@for_each(EVERY_ARGUMENT)
def test_the_example_of_every_argument_fits_its_schema(argument: Any):
    (example,) = meta_of(argument.type).examples or [None]
    Draft202012Validator(argument_schema(argument)).validate(example)


@for_each(EVERY_ARGUMENT)
def test_what_the_schema_refuses_is_refused_by_the_engine(argument: Any):
    schema, reader = Draft202012Validator(argument_schema(argument)), FieldReader(argument.type)
    for value in VALUES:
        # The engine also takes whole numbers as text, which the typed API refuses.
        if schema.is_valid(value) or (isinstance(value, str) and reader.is_whole_number):
            continue
        with pytest.raises(ValueError):  # noqa: PT011 - each field has its own words
            reader.read(value)


@for_each(EVERY_ARGUMENT)
def test_every_number_that_the_schema_accepts_is_accepted_by_the_engine(argument: Any):
    schema, reader = Draft202012Validator(argument_schema(argument)), FieldReader(argument.type)
    for value in VALUES:
        if not isinstance(value, str | list | dict) and schema.is_valid(value):
            reader.read(value)


def test_an_optional_argument_may_be_null_and_a_required_one_not():
    pay = next(found for found in REGISTRY if found.name == "client action pay")
    properties = struct_schema(pay.arguments.values(), "")["properties"]
    assert properties["notes"]["type"] == ["string", "null"]
    assert properties["credits"]["type"] == "integer"


def test_a_time_in_an_answer_has_its_format_also_if_it_may_be_null():
    assert schema_of(Timestamp) == {"type": "string", "format": "date-time"}
    assert schema_of(Timestamp | None) == {"type": ["string", "null"], "format": "date-time"}
