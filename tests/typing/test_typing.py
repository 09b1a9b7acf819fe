"""What a service developer's type checker says about the public API."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import fortuna_otel.testing

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
API = HERE / "api.py"

CHECKERS = {
    "mypy": ["mypy", "--strict", str(API)],
    "pyright": ["basedpyright", "-p", str(HERE), "--pythonpath", sys.executable],
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_what_is_right_passes_and_what_is_wrong_does_not(checker: str) -> None:
    """Both strict checkers agree with every line, and with every line that expects an error.

    An expected error that does not come is an error itself, so that an annotation that becomes
    too wide is found.
    """
    done = subprocess.run(
        [sys.executable, "-m", *CHECKERS[checker]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_public_name_is_there() -> None:
    """A class that is added is used there, or no type checker has seen it as a user does."""
    text = API.read_text(encoding="utf-8")
    public = {*fortuna_otel.__all__, *fortuna_otel.testing.__all__}
    assert {name for name in public if not re.search(rf"\b{name}\b", text)} == set()
