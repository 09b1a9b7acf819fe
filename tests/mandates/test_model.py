"""The shape of the file, as editors see it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from fortuna_otel.mandates import model, model_terms
from tests.mandates.test_history import DESK
from tests.mandates.test_series import DEFAULTS, MORE

if TYPE_CHECKING:
    from pydantic import BaseModel

EXAMPLE = Path(__file__).parents[2] / "examples" / "mandates.yaml"


class Editor(yaml.SafeLoader):
    """Reads YAML as editors do, by its version 1.2, to which a date is a text."""


Editor.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    """Return a validator of the published schema."""
    schema = model.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_example_fits_the_schema(validator: jsonschema.Draft202012Validator) -> None:
    """What `mandates check` accepts, an editor accepts as well."""
    validator.validate(yaml.load(EXAMPLE.read_text(encoding="utf-8"), Editor))  # noqa: S506


def test_whatever_may_be_promised_fits_the_schema(
    whole: str, good: str, validator: jsonschema.Draft202012Validator
) -> None:
    """Every field of obligation and client is known to the editor."""
    for text in (whole, DEFAULTS + good + MORE, DESK):
        validator.validate(yaml.load(text, Editor))  # noqa: S506


@pytest.mark.parametrize(
    ("part", "by"),
    [
        ("max: 0.4 %", "max: 0.004"),
        ("max: 0.4 %", "max: 40"),
        ("0.5 %: 20000 USDT", "0.5 %: 20000"),
        ("spread:", "spraed:"),
        ("0.5 %:", "0.7 %:"),
        ("venue: binance", "tier: deep"),
        ("[quote]", "[]"),
        ("- {account: acme-mm, tag: core}", "[]"),
        ("        books:\n          - {account: acme-mm, tag: core}\n", ""),
        ("name: Acme Treasury", "name:"),
        ("name: Acme Treasury", "zone: CET+1 h"),
        ("name: Acme Treasury", "alerts: {SpreadTooWild: {page: {patience: 1 s}}}"),
        ("name: Acme Treasury", "alerts: {SpreadTooWide: {mail: {patience: 1 s}}}"),
        ("name: Acme Treasury", "uptime: {window: week}"),
        ("name: Acme Treasury", "presence: all"),
        ("name: Acme Treasury", "levels: {count: many}"),
        ("name: Acme Treasury", "amendments: [{tier: thin}]"),
        ("name: Acme Treasury", "venues: {okx: {obligations: {}}}"),
    ],
)
def test_what_is_refused_is_marked_in_the_editor(
    good: str, validator: jsonschema.Draft202012Validator, part: str, by: str
) -> None:
    """Wrong units, keys, choices and empty values are errors of the schema too."""
    assert validator.is_valid(yaml.safe_load(good))
    assert not validator.is_valid(yaml.safe_load(good.replace(part, by)))


def test_a_plain_number_may_be_a_version(
    good: str, validator: jsonschema.Draft202012Validator
) -> None:
    """An editor's YAML makes a number of `version: 2`; that is no mistake."""
    validator.validate(yaml.safe_load(f"defaults: {{version: 2}}\n{good}"))


def entries(entry: type[BaseModel] = model_terms.Entry) -> list[type[BaseModel]]:
    """Return every kind of entry."""
    below = [kind for child in entry.__subclasses__() for kind in entries(child)]
    return [entry, *below]


def test_every_field_is_described() -> None:
    """The schema is what editors show beside the cursor: each field says what it means."""
    for entry in entries():
        assert entry.__doc__
        for name, field in entry.model_fields.items():
            assert field.description, f"{entry.__name__}.{name}"


def test_unset_is_left_out_never_null() -> None:
    """The loader refuses empty values, so the schema offers none."""

    def types(schema: Any) -> set[str]:
        if isinstance(schema, dict):
            own = {schema["type"]} if isinstance(schema.get("type"), str) else set()
            return own.union(*map(types, schema.values()))
        return set().union(*map(types, schema)) if isinstance(schema, list) else set()

    assert types(model.schema()) == {"string", "object", "array"}
