"""The fault campaign: every fault that pages, put into a whole running desk, one page for each.

`python -m examples.desk.campaign` runs it and writes its table into docs/alerting.md. What is
broken and who must hear of it stands in the catalogue: `quoting`, `venues`, `services`, `books`,
`platform`.
"""
