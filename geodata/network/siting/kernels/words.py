"""The kinds of arrays these loops work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int32]
    Bounds = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]
