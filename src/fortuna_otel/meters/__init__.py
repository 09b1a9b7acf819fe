"""Typed meters, one module a section of the board.

A meter is bound once with all its attributes and then called with numbers only. No call raises
into trading code: a wrong value is dropped, counted in `fortuna.telemetry.dropped`, and logged at
most once a minute.
"""
