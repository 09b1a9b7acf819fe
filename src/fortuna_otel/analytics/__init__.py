"""Pure functions that turn what a venue said into what a desk wants to know."""
