"""The real components, pinned: one Go module a tool, built by `build.py`."""
