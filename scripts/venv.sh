#!/usr/bin/env bash
# Make the project's Python environment from the hash-pinned lock file: venv.sh PYTHON DIRECTORY
set -euo pipefail
python=$1 venv=$2

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "fortuna-otel needs Python 3.11 or later; '$python' is $("$python" --version 2>&1 || echo missing)." >&2
  echo "Install one, or name it: make PYTHON=/path/to/python3.12 …" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  echo "'$python' cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2
  exit 1
fi

"$python" -m venv "$venv"
# uv itself comes from the same lock file; it then installs the other packages in seconds.
grep -A 40 '^uv==' requirements/dev.txt | awk 'NR>1 && /^[a-z]/ {exit} {print}' > "$venv/uv.txt"
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$venv/uv.txt"
"$venv/bin/uv" pip install --quiet --python "$venv" --require-hashes -r requirements/dev.txt
"$venv/bin/uv" pip install --quiet --python "$venv" --no-deps --no-build-isolation -e .
touch "$venv/.installed"
