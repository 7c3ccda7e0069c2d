"""HiGHS, given a model as arrays: what builds models in loops takes longer than it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.errors import InfeasibleError, Text

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodata.network.siting.kernels.words import Bounds, Flags, Floats, Ints


_FEASIBLE = 2
"""HiGHS's word for values that keep every condition."""


@dataclass(frozen=True)
class Model:
    """Minimise ``cost`` over columns between bounds, with rows between bounds.

    ``indptr, column, value`` are the rows (CSR); ``whole`` flags columns that are
    whole numbers.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    indptr: Bounds
    column: Ints
    value: Floats
    whole: Flags


@dataclass(frozen=True)
class Solution:
    """Values of the columns, what they cost, and what no values can cost less than.

    There are no ``values`` when the time was over before any were found.
    """

    values: Floats
    objective: float
    bound: float


def solve(
    model: Model, *, seconds: float = 60.0, gap: float = 0.0,
    start: Floats | None = None, below: float | None = None,
) -> Solution | None:  # fmt: skip
    """Return the best values found; None: there are none.

    Parameters
    ----------
    seconds, gap
        Ends when the time is over or the relative gap is so small.
    start
        Values to begin with.
    below
        Only values that cost no more are asked for.
    """
    import highspy

    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("time_limit", float(seconds))
    highs.setOptionValue("mip_rel_gap", float(gap))
    highs.setOptionValue("mip_abs_gap", 1e-9)
    if below is not None:
        highs.setOptionValue("objective_bound", float(below))
    columns, rows = len(model.cost), len(model.row_lower)
    highs.passModel(
        columns, rows, len(model.value),
        int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMinimize), 0.0,
        model.cost, model.lower, model.upper, model.row_lower, model.row_upper,
        model.indptr.astype(np.int32), model.column.astype(np.int32), model.value,
        model.whole.astype(np.int32),
    )  # fmt: skip
    if start is not None:
        begin = highspy.HighsSolution()
        begin.col_value = start.tolist()
        begin.value_valid = True
        highs.setSolution(begin)
    highs.run()
    status = highs.getModelStatus()
    if status in (highspy.HighsModelStatus.kInfeasible,
                  highspy.HighsModelStatus.kObjectiveBound):  # fmt: skip
        return None
    info = highs.getInfo()
    bound = info.mip_dual_bound if model.whole.any() else info.objective_function_value
    if info.primal_solution_status != _FEASIBLE:
        return Solution(np.empty(0), np.inf, float(bound))
    values = np.asarray(highs.getSolution().col_value)
    return Solution(values, float(info.objective_function_value), float(bound))


def required(found: Solution | None, seconds: float) -> Solution:
    """Return a solution that has values, or raise InfeasibleError."""
    if found is not None and len(found.values):
        return found
    raise InfeasibleError(
        Text(
            f"{seconds:g} 秒内没有求出可行方案。",
            f"No feasible answer was found within {seconds:g} seconds.",
        ),
        Text(
            "请减少候选点，或延长计算时间。",
            "Offer fewer candidates, or allow more time.",
        ),
    )


def stacked(
    *blocks: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]],
) -> tuple[Bounds, Ints, Floats]:
    """Return blocks of rows below each other, each ``(counts, column, value)``."""
    counts = np.concatenate([block[0] for block in blocks])
    return (
        np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        np.concatenate([block[1] for block in blocks]).astype(np.int32),
        np.concatenate([block[2] for block in blocks]).astype(np.float64),
    )
