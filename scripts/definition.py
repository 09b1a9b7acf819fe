"""One file of the signal registry: read, and valid by itself.

The files follow weaver's `definition/2` (https://github.com/open-telemetry/weaver); what they may
hold, our own annotations included, is described by `semconv.schema.json` beside this module.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import jsonschema  # type: ignore[import-untyped]
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA: Final = Path(__file__).with_name("semconv.schema.json")


class RegistryError(ValueError):
    """The registry breaks a rule; the message says where and what to mend."""


def read(path: Path) -> dict[str, Any]:
    """Return a file's content, valid against the schema.

    Raises:
        RegistryError: It is not; the message names the entry.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RegistryError(f"{path.name} cannot be read: {error}") from error
    problem = jsonschema.exceptions.best_match(_validator().iter_errors(document))
    if problem is not None:
        where = _where(document, problem.absolute_path)
        raise RegistryError(f"{path.name}: {where}: {_message(problem)}")
    return cast("dict[str, Any]", document)


@functools.cache
def _validator() -> jsonschema.protocols.Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _message(problem: jsonschema.ValidationError) -> str:
    """Return what is wrong; for a pattern, in the words that the schema has for it."""
    if problem.validator == "pattern":
        return f"{problem.instance!r} is none of {problem.schema['description']}"
    return str(problem.message)


def _where(document: Any, path: Iterable[str | int]) -> str:
    """Return the path to a problem, with the names of entries instead of their indices."""
    words = []
    for step in path:
        document = document[step]
        named = document if isinstance(document, dict) else {}
        words.append(str(named.get("name") or named.get("key") or named.get("id") or step))
    return " > ".join(words) or "the file"


def comment(path: Path) -> tuple[str, str]:
    """Return title and text of the comment that a file of the registry opens with."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    if not lines:
        raise RegistryError(f"{path.name}: open with a comment, its first line is the title")
    return lines[0], " ".join(lines[1:]).strip()
