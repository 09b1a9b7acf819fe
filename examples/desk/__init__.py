"""A whole market-making desk on one machine: exchange, engines, pipeline, pager."""
