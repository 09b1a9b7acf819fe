"""The files that `docs/testing.md` consists of, in a project of their own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

PAGE = Path(__file__).resolve().parents[1] / "docs/testing.md"
BLOCK = re.compile(r"```python\n# (\S+)\n(.*?)```", re.DOTALL)


def test_every_file_of_the_page_passes(pytester: pytest.Pytester) -> None:
    """A service developer who copies the page has a service and tests that pass."""
    page = PAGE.read_text(encoding="utf-8")
    files = BLOCK.findall(page)
    assert len(files) == page.count("```python")
    for name, code in files:
        (pytester.path / name).write_text(code, encoding="utf-8")
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = "function"\n'
        'filterwarnings = ["error"]\n'
    )
    written = sum(len(re.findall(r"def test_", code)) for _, code in files)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=written)
