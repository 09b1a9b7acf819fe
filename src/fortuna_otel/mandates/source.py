"""YAML that remembers its lines, and the problems found on them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_DEPTH: Final = 20
"""Levels of nesting, twice what the deepest field has: bounds every recursion over a file."""

MAX_NODES: Final = 200_000
"""Values of a file once its aliases are written out: a desk of a thousand clients has half."""

MAX_BYTES: Final = 16 * 2**20
"""Of a file: a desk of a thousand clients has a twentieth."""

Keys = tuple[str | int, ...]
"""A place in the file: keys and list indices from its top."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with a file.

    Attributes:
        file: as the caller named it.
        line: counted from 1; 0 where the whole file is meant.
        path: keys from the top, joined by dots; empty for the top itself.
        what: what is wrong.
        remedy: what to do about it, `write … instead` mostly; empty where only the author can know.
    """

    file: str
    line: int
    path: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return `file:line: path: what is wrong; write … instead`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f"{place}: {self.path}" if self.path else place
        return f"{where}: {self.what}; {self.remedy}" if self.remedy else f"{where}: {self.what}"


class FileError(ValueError):
    """A file that cannot be used, with everything that is wrong with it.

    Attributes:
        problems: all of them, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class MandatesError(FileError):
    """A mandates file that cannot be used, with everything that is wrong with it."""


@dataclass(slots=True, eq=False)
class Node:
    """A value of the file and the line on which its key (or itself) stands.

    Attributes:
        line: counted from 1.
        value: a text for every scalar, whatever YAML would make of it (`no`, `1e3`, `2024-01-01`);
            None where nothing was written.
    """

    line: int
    value: str | dict[str, Node] | list[Node] | None

    def plain(self) -> Any:
        """Return the value without lines: str, dict, list or None."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, key: str | int) -> Node | None:
        """Return what stands under a key or at an index, if anything does."""
        if isinstance(self.value, dict) and isinstance(key, str):
            return self.value.get(key)
        if isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            return self.value[key]
        return None

    def find(self, path: Keys) -> Node:
        """Return the deepest node that exists on a path."""
        node = self
        for key in path:
            below = node.child(key)
            if below is None:
                break
            node = below
        return node

    def put(self, path: Keys, value: str) -> None:
        """Set a key of a mapping that exists."""
        parent = self.find(path[:-1])
        if isinstance(parent.value, dict):
            parent.value[str(path[-1])] = Node(self.find(path).line, value)

    def has(self, path: Keys) -> bool:
        """Return whether the whole path exists."""
        node: Node | None = self
        for key in path:
            node = node.child(key) if node else None
        return node is not None


@dataclass(slots=True)
class Source:
    """A parsed file together with the problems found in it so far.

    Attributes:
        excused: paths at which nothing stands because it was misspelt, which is told already.
    """

    file: str
    root: Node
    problems: list[Problem] = field(default_factory=list)
    excused: set[str] = field(default_factory=set)

    def problem(self, path: Keys, what: str, remedy: str = "") -> None:
        """Record a problem at the deepest place that exists on a path."""
        while path and not self.root.has(path):
            path = path[:-1]
        line = self.root.find(path).line
        self.problems.append(Problem(self.file, line, dotted(path), what, remedy))

    def missing(self, path: Keys, remedy: str) -> None:
        """Record that nothing stands at a path, unless it is known to be wrong already."""
        if not self.troubled(path):
            line = self.root.find(path).line
            self.problems.append(Problem(self.file, line, dotted(path), "is missing", remedy))

    def troubled(self, path: Keys) -> bool:
        """Return whether a problem is known at or below a path, so that parts may be gone."""
        top = dotted(path)
        below = (f"{top}.", f"{top}[")
        told = {problem.path for problem in self.problems} | self.excused
        return any(path == top or path.startswith(below) for path in told)

    def remove(self, node: Node) -> None:
        """Take a node out of the tree, so that the rest can be judged."""
        _remove(self.root, node)


def dotted(path: Keys) -> str:
    """Return a path as messages show it, `clients.acme.books[0].tag`."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def parse(
    content: bytes,
    file: str,
    *,
    top: str = "`services:` and `clients:`",
    error: type[FileError] = MandatesError,
) -> Source:
    """Return the tree of a YAML document; duplicate keys and empty values are its problems.

    Args:
        content: the document.
        file: as problems name it.
        top: what such a file has at its top, for one that has nothing.
        error: what is raised, by the kind of file.

    Raises:
        FileError: not UTF-8, not YAML, not a mapping, or without bounds.
    """
    source = Source(file, Node(1, {}))
    try:
        # Not the loader in C: that one ends the process on deep nesting instead of raising.
        composed = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise error([Problem(file, line, "", "is not UTF-8", "save it as UTF-8")]) from None
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        what = " ".join(filter(None, (wrong.context, wrong.problem)))
        line = mark.line + 1 if mark else 0
        raise error([Problem(file, line, "", f"is not YAML: {what}")]) from None
    except yaml.YAMLError as wrong:
        raise error([Problem(file, 0, "", f"is not YAML: {wrong}")]) from None
    except RecursionError:
        raise error([Problem(file, 0, "", "is nested too deeply")]) from None
    if not isinstance(composed, yaml.MappingNode):
        what = "is empty" if composed is None else "is not a mapping"
        raise error([Problem(file, 1, "", what, f"write {top} at its top")])
    source.root = _Builder(source, error).build(composed, 1, ())
    return source


class _Builder:
    """Turns what YAML composed into nodes."""

    def __init__(self, source: Source, error: type[FileError]) -> None:
        self.source = source
        self.error = error
        self.count = 0

    def build(self, node: yaml.Node, line: int, path: Keys) -> Node:
        """Return the node of a composed one, whose key stands on a line.

        Raises:
            FileError: too deep or too many, as an alias makes them that contains itself.
        """
        self.count += 1
        if len(path) > MAX_DEPTH or self.count > MAX_NODES:
            what = "is nested too deeply" if len(path) > MAX_DEPTH else "holds too much"
            remedy = "write aliases out in full, once each"
            raise self.error([Problem(self.source.file, line, dotted(path[:2]), what, remedy)])
        if isinstance(node, yaml.SequenceNode):
            items = [
                self.build(item, item.start_mark.line + 1, (*path, index))
                for index, item in enumerate(node.value)
            ]
            return Node(line, items)
        if isinstance(node, yaml.MappingNode):
            return Node(line, self._children(node, path))
        return Node(line, None if node.tag == "tag:yaml.org,2002:null" else str(node.value))

    def _children(self, node: yaml.MappingNode, path: Keys) -> dict[str, Node]:
        children: dict[str, Node] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                remedy = "write a plain word before the colon"
                self._problem(line, path, "has a key that is not a text", remedy)
                continue
            key = str(key_node.value)
            place = (*path, key)
            if key == "<<":
                remedy = "write what is shared under `defaults` or under the client"
                self._problem(line, place, "is a merge key, which is not read", remedy)
            elif key in children:
                what = f"stands twice, first on line {children[key].line}"
                self._problem(line, place, what, "write it once")
            else:
                child = self.build(value_node, line, place)
                if child.value is None:
                    self._problem(line, place, "has no value", "give it one, or remove the line")
                else:
                    children[key] = child
        return children

    def _problem(self, line: int, path: Keys, what: str, remedy: str) -> None:
        self.source.problems.append(Problem(self.source.file, line, dotted(path), what, remedy))


def _remove(parent: Node, wanted: Node) -> bool:
    if isinstance(parent.value, dict):
        for key, child in parent.value.items():
            if child is wanted:
                del parent.value[key]
                return True
            if _remove(child, wanted):
                return True
    elif isinstance(parent.value, list):
        for index, child in enumerate(parent.value):
            if child is wanted:
                del parent.value[index]
                return True
            if _remove(child, wanted):
                return True
    return False


def read(path: Path, *, error: type[FileError] = MandatesError) -> bytes:
    """Return a file's content.

    Raises:
        FileError: it cannot be read, is no file, or no mandates file by its size.
    """
    try:
        # Without waiting: a pipe would block whoever opens it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise error([Problem(str(path), 0, "", "is not a file")])
            if status.st_size > MAX_BYTES:
                what = f"has {status.st_size} bytes, more than any mandates file"
                raise error([Problem(str(path), 0, "", what)])
            return b"".join(iter(lambda: os.read(descriptor, MAX_BYTES), b""))
        finally:
            os.close(descriptor)
    except OSError as wrong:
        what = f"cannot be read: {wrong.strerror or wrong}"
        raise error([Problem(str(path), 0, "", what)]) from wrong
