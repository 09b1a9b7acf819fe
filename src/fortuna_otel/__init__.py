"""Observability for market making."""
