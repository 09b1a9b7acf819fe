"""The way of a number: cells hold it, render makes it OTLP, reader keeps time, transport sends."""
