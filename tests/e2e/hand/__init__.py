"""A small desk told by hand, and what the board must say of it.

`facts` and `events` are what happened, `teller` says it second by second as the SDK would, and the
`answers_*` modules work out from the facts alone what every query of the board returns.
"""
