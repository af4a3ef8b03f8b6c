"""The fewest rows and groups that an interval is computed from, and how many more the data would need."""

import math

FEWEST_ROWS = 30
FEWEST_GROUPS = 10  # effective number (see intervals): below this the t quantile makes an interval that decides nothing
FEWEST_OF_CLASS = 10  # of every class, for class metrics


def more_rows(have: int, need: int, share: float) -> int:
    """About how many more rows the data need so that a part holding ``share`` of them has ``need`` instead of ``have``."""
    return max(0, math.ceil((need - have) / share))
