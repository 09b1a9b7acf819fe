"""The PnL that nobody can explain: what equity did, less what is known of why.

    unexplained = Δ equity - flows - attributed

all in one currency, since one moment. It is a bank's explained-against-actual check of a day's
PnL: with complete fills, fees, funding and flows it stays near 0, and what moves it is a fill that
was missed, a fee nobody knew of, or a wrong balance.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """The known side of an account's equity since it `began`, in its currency.

    Attributes:
        began: equity at the beginning, None until it was told.
        flows: capital that came in (> 0) less what went out, since then.
        attributed: PnL that is explained, since then.
    """

    began: float | None = None
    flows: float = 0.0
    attributed: float = 0.0

    def unexplained(self, equity: float) -> float | None:
        """Return Δ equity - flows - attributed; None before the beginning."""
        if self.began is None:
            return None
        return equity - self.began - self.flows - self.attributed
