"""What telemetry costs a trading desk, measured beside what it would use otherwise.

`python -m benchmarks` runs every measure and writes `docs/performance.md`; `--help` says more. One
module a measure; the others are what measures share. A side is measured in a process of its own
wherever its memory or its garbage could disturb another's.
"""
