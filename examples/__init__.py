"""What fortuna-otel looks like in use."""
