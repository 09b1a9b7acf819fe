"""Load a mandates file: all of its problems at once, each with its line and what to write."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from fortuna_otel.mandates import model
from fortuna_otel.mandates.resolve import Resolver
from fortuna_otel.mandates.source import MandatesError, dotted, parse, read
from fortuna_otel.mandates.units import WrongValueError, closest

if TYPE_CHECKING:
    from os import PathLike

    from pydantic_core import ErrorDetails

    from fortuna_otel.mandates.desk import Mandates
    from fortuna_otel.mandates.source import Keys, Source


def load(path: str | PathLike[str], *, at: datetime | None = None) -> Mandates:
    """Return what a mandates file means.

    Args:
        path: of the file.
        at: an instant; now unless said. `Mandates.at` knows all others.

    Raises:
        MandatesError: the file cannot be read or used; it lists every problem with file, line,
            path and what to write instead.
    """
    return loads(read(Path(path)), str(path), at=at)


def loads(
    content: str | bytes, file: str = "mandates.yaml", *, at: datetime | None = None
) -> Mandates:
    """Return what the text of a mandates file means.

    Args:
        content: YAML; bytes are UTF-8.
        file: its name in messages.
        at: an instant; now unless said.

    Raises:
        MandatesError: as for `load`.
    """
    source = parse(content.encode() if isinstance(content, str) else content, file)
    services = source.root.child("services")
    # Names count as known even where their entry is wrong: one mistake is one problem.
    known = frozenset(services.value if services and isinstance(services.value, dict) else ())
    whole = _structure(source)
    history = Resolver(source, whole, known).resolve() if whole else None
    if source.problems or history is None:
        raise MandatesError(source.problems)
    return history.at(at or datetime.now(UTC))


def _structure(source: Source) -> model.File | None:
    """Return the sound part of the file, having recorded what is wrong with the rest.

    What is wrong is taken out of the tree, or replaced by an example where an entry cannot do
    without it, and the rest validated again, so that checks across entries see all that is sound.
    Whatever then goes missing is no problem of its own.
    """
    told = False
    while True:
        try:
            return model.File.model_validate(source.root.plain())
        except ValidationError as error:
            details = error.errors(include_url=False)
        if not told:
            _tell(source, details)
            told = True
        wrong = {place: source.root.find(place) for place in map(_place, details)}
        for place, node in wrong.items():
            stand_in = _stand_in(place)
            if stand_in is not None:
                source.root.put(place, stand_in)
            elif node is source.root:
                return None
            else:
                source.remove(node)


def _stand_in(place: Keys) -> str | None:
    """Return an example of a value that its entry cannot do without, None for all others."""
    field = _known(place).get(str(place[-1]))
    examples = _examples(field.metadata) if field is not None and field.is_required() else ()
    return examples[0] if examples else None


def _tell(source: Source, details: list[ErrorDetails]) -> None:
    """Record what validation found; a key that is only misspelt is not missing as well."""
    for detail in details:
        place = _place(detail)
        if detail["type"] == "extra_forbidden" and (near := _near(place)):
            source.excused.add(dotted((*place[:-1], near)))
    for detail in details:
        place = _place(detail)
        if detail["type"] == "missing":
            source.missing(place, f"write {_example(place)}")
        else:
            source.problem(place, *_explain(detail, place))


def _place(detail: ErrorDetails) -> Keys:
    return tuple(key for key in detail["loc"] if key != "[key]")


_SHAPES = {"dict_type": "a mapping", "model_type": "a mapping", "list_type": "a list"}


def _explain(detail: ErrorDetails, place: Keys) -> tuple[str, str]:
    """Return what is wrong and what to do about it."""
    kind = detail["type"]
    context = detail.get("ctx", {})
    what, instead = detail["msg"], ""
    if kind == "value_error" and isinstance(context["error"], WrongValueError):
        what, instead = context["error"].what, context["error"].instead
    elif kind == "extra_forbidden":
        what, instead = "is not a known key", _known_key(place)
    elif kind == "literal_error":
        allowed = context["expected"].replace("'", "`")
        what = f"is not {allowed}"
        near = closest(str(detail["input"]), allowed.split("`")[1::2])
        instead = f"`{near}`" if near else ""
    elif kind == "too_short":
        return "is empty", f"write {_example(place)}"
    elif kind in _SHAPES:
        what, instead = f"is not {_SHAPES[kind]}", _example(place)
    return what, f"write {instead} instead" if instead else ""


def _known_key(place: Keys) -> str:
    """Return the key that was probably meant, or all that are known."""
    near = _near(place)
    return f"`{near}`" if near else f"one of {', '.join(f'`{key}`' for key in _known(place))}"


def _near(place: Keys) -> str | None:
    return closest(str(place[-1]), _known(place))


def _known(place: Keys) -> dict[str, Any]:
    """Return the fields of the entry that a place lies in."""
    parent = _type_at(place[:-1])
    return _fields(parent) if isinstance(parent, type) and issubclass(parent, BaseModel) else {}


def _example(place: Keys) -> str:
    """Return how the field at a place is written, from its examples."""
    field = _known(place).get(str(place[-1]))
    examples = field and (field.examples or _examples(field.metadata))
    return f"`{place[-1]}: {examples[0]}`" if examples else ""


def _examples(metadata: list[Any]) -> list[str]:
    for item in metadata:
        schema = getattr(item, "json_schema", None)
        if schema:
            return list(schema.get("examples", ()))
    return []


def _fields(entry: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in entry.model_fields.items()}


def _type_at(place: Keys) -> Any:
    """Return the type that the model expects at a place, None where it knows of none."""
    expected: Any = model.File
    for key in place:
        expected = _bare(expected)
        origin = get_origin(expected)
        if isinstance(expected, type) and issubclass(expected, BaseModel):
            field = _fields(expected).get(str(key))
            expected = field.annotation if field else None
        elif origin is dict:
            expected = get_args(expected)[1]
        elif origin is list:
            expected = get_args(expected)[0]
        else:
            return None
    return _bare(expected)


def _bare(expected: Any) -> Any:
    """Return a type without its annotations and without `| None`."""
    while True:
        origin = get_origin(expected)
        if origin is Annotated:
            expected = get_args(expected)[0]
        elif origin in (Union, UnionType):
            expected = next(part for part in get_args(expected) if part is not type(None))
        else:
            return expected
