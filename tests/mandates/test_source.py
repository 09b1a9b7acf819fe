"""YAML with lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fortuna_otel.mandates import MandatesError, Problem
from fortuna_otel.mandates.source import Source, dotted, parse, read

if TYPE_CHECKING:
    from pathlib import Path


def refusal(content: bytes) -> str:
    """Return why a content is no mandates file."""
    with pytest.raises(MandatesError) as caught:
        parse(content, "desk.yaml")
    return str(caught.value)


def test_every_scalar_is_the_text_that_was_written() -> None:
    """YAML's own ideas of booleans, numbers and dates do not apply: `no` is a client, not False."""
    source = parse(b"no: 1e3\nday: 2026-12-01\nlist: [on, 0x10]\n", "desk.yaml")
    assert source.root.plain() == {"no": "1e3", "day": "2026-12-01", "list": ["on", "0x10"]}


def test_nodes_know_the_line_of_their_key() -> None:
    """A value that begins below its key is reported where the key stands."""
    source = parse(b"clients:\n  acme:\n    books:\n      - a\n      - b\n", "desk.yaml")
    assert source.root.find(("clients", "acme")).line == 2
    assert source.root.find(("clients", "acme", "books", 1)).line == 5


def test_a_problem_is_told_at_the_deepest_place_that_exists() -> None:
    """A path that ends nowhere is told at its last existing key, and shown no longer than that."""
    source = parse(b"clients:\n  acme: {}\n", "desk.yaml")
    source.problem(("clients", "acme", "spread", "max"), "is wrong")
    assert source.problems == [Problem("desk.yaml", 2, "clients.acme", "is wrong")]


def test_missing_is_told_once() -> None:
    """What is already known to be wrong is not missing as well."""
    source = parse(b"clients:\n  acme: {name: }\n", "desk.yaml")
    source.missing(("clients", "acme", "name"), "write `name: Acme`")
    source.missing(("clients", "acme", "books"), "write `books: […]`")
    assert [str(problem) for problem in source.problems] == [
        "desk.yaml:2: clients.acme.name: has no value; give it one, or remove the line",
        "desk.yaml:2: clients.acme.books: is missing; write `books: […]`",
    ]


def test_duplicate_keys_are_refused_with_both_lines() -> None:
    """YAML would silently keep the last of two equal keys; here both lines are named."""
    source = parse(b"a: {x: 1}\nb: 2\na: 3\n", "desk.yaml")
    assert [str(problem) for problem in source.problems] == [
        "desk.yaml:3: a: stands twice, first on line 1; write it once"
    ]
    assert source.root.plain() == {"a": {"x": "1"}, "b": "2"}


def test_merge_keys_are_refused() -> None:
    """`<<` would inherit beside the file's own inheritance."""
    source = parse(b"a: &a {x: 1}\nb:\n  <<: *a\n", "desk.yaml")
    (problem,) = source.problems
    assert str(problem) == (
        "desk.yaml:3: b.<<: is a merge key, which is not read;"
        " write what is shared under `defaults` or under the client"
    )


def test_keys_that_are_no_text_are_refused() -> None:
    """A list as key has no name that a message could use."""
    source = parse(b"a:\n  [x, y]: 1\n", "desk.yaml")
    assert [str(problem) for problem in source.problems] == [
        "desk.yaml:2: a: has a key that is not a text; write a plain word before the colon"
    ]


def test_an_alias_stands_for_its_anchor() -> None:
    """What is written once under an anchor is read at every alias."""
    assert parse(b"a: &x [1]\nb: *x\n", "desk.yaml").root.plain() == {"a": ["1"], "b": ["1"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "desk.yaml:1: is empty; write `services:` and `clients:` at its top"),
        (b"- a\n", "desk.yaml:1: is not a mapping; write `services:` and `clients:` at its top"),
        (b"a: 1\nb: \xff\n", "desk.yaml:2: is not UTF-8; save it as UTF-8"),
        (
            b"a: &x\n  b: *x\n",
            "desk.yaml:2: a.b: is nested too deeply; write aliases out in full, once each",
        ),
    ],
)
def test_what_is_no_mandates_file_at_all(content: bytes, message: str) -> None:
    """Nothing, a list, another encoding and a snake biting its tail each have their message."""
    assert refusal(content) == message


@pytest.mark.parametrize(
    ("content", "line"), [(b"a: 1\n b: 2\n", 2), (b"a:\n\t- b\n", 2), (b"a: [1\nb: 2\n", 2)]
)
def test_what_is_no_yaml_is_told_with_its_line(content: bytes, line: int) -> None:
    """The line is that of the parser's complaint."""
    assert refusal(content).startswith(f"desk.yaml:{line}: is not YAML: ")


def test_an_invisible_character_is_told() -> None:
    """Control characters, which YAML forbids, have no line but a message."""
    assert refusal(b"a: \x00\n").startswith("desk.yaml: is not YAML: ")


def test_nesting_is_bounded() -> None:
    """What no parser could follow is refused like any other mistake."""
    assert refusal(b"a: " + b"[" * 30 + b"]" * 30).startswith("desk.yaml:1: a[0]: is nested too")
    assert refusal(b"a: " + b"[" * 9999 + b"]" * 9999) == "desk.yaml: is nested too deeply"


def test_aliases_are_bounded() -> None:
    """A few lines of aliases of aliases would fill the memory once written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    told = refusal("\n".join(lines).encode())
    assert told.endswith(": holds too much; write aliases out in full, once each")


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    """Files saved by Windows editors read like all others."""
    assert parse(b"\xef\xbb\xbfa: 1\n", "desk.yaml").root.plain() == {"a": "1"}


def test_read_says_which_file_and_why(tmp_path: Path) -> None:
    """A file that is not there is a problem like any other."""
    path = tmp_path / "none.yaml"
    with pytest.raises(MandatesError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: cannot be read: No such file or directory"


def test_problems_are_sorted_and_told_once() -> None:
    """The error lists problems in the order of the file."""
    error = MandatesError([Problem("f", 9, "b", "x"), Problem("f", 2, "a", "y")] * 2)
    assert str(error) == "f:2: a: y\nf:9: b: x"


def test_remove_takes_a_node_out_wherever_it_is() -> None:
    """Items of lists and values of mappings go, the rest keeps its lines."""
    source: Source = parse(b"a:\n  - {x: 1}\n  - {x: 2, y: 3}\n", "desk.yaml")
    source.remove(source.root.find(("a", 0)))
    source.remove(source.root.find(("a", 0, "y")))
    assert source.root.plain() == {"a": [{"x": "2"}]}
    assert source.root.find(("a", 0)).line == 3


def test_dotted_shows_indices_in_brackets() -> None:
    """Paths read as people point at them."""
    assert dotted(("clients", "acme", "books", 0, "tag")) == "clients.acme.books[0].tag"
