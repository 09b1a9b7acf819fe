"""`fortuna-otel top`: the board's first screen in a terminal.

For the on-call engineer on SSH, and for a machine without Grafana. It asks the store what the board
asks: every expression is a function of `fortuna_otel.provisioning`, and none is written here. Needs
the extra `fortuna-otel[top]`.
"""
