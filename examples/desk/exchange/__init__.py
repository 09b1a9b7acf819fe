"""A local exchange: two venues' spot REST dialects over one matching core each."""
