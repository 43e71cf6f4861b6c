"""How much overall satisfaction rises with each dimension: draws of slopes, as priorities take them.

Not the shares of importance: those are never negative, so that a dimension that adds nothing would still earn a
priority, and they are not in the units of the answers. A slope is: so much of the scale overall for all of the scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from crm_analysis.satisfaction.drivers.derived import Derived


def slopes(derived: Derived) -> pd.DataFrame:
    """One row per draw of accounts, one column per dimension: the least-squares slope, the other dimensions equal.

    A draw in which a dimension does not vary, or others tell it exactly, has the smallest slopes that fit.
    """
    import pandas as pd

    asked = derived.asked
    cov = asked.moments.under(derived.weights).cov
    inner, beside = cov[:, :-1, :-1], cov[:, :-1, -1]
    found = np.linalg.pinv(inner, rcond=1e-8, hermitian=True) @ beside[:, :, None]
    return pd.DataFrame(found[:, :, 0], columns=asked.dimensions)
