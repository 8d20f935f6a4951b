"""Numbers from callers, checked before a formula uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def finite(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """``values`` as an array of floats. Raises UserError naming the first that is no finite number."""
    import numpy as np

    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise UserError(f"{name}: expected numbers, got {values!r:.80}") from None
    sound = np.isfinite(array)
    if not sound.all():
        wrong = np.argwhere(~sound)
        at = tuple(int(i) for i in wrong[0])
        place = ", ".join(map(str, at)) or "0"
        raise UserError(f"{name}: {len(wrong)} of {array.size} are NaN or infinite, the first at index {place}")
    return array


def same_length(**named: NDArray[np.float64]) -> None:
    """Raises UserError unless all arrays have the same first dimension."""
    if len({len(array) for array in named.values()}) > 1:
        sizes = ", ".join(f"{name} has {len(array)}" for name, array in named.items())
        raise UserError(f"one value for each is needed, but {sizes}")


def probabilities(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """``values`` as an array of probabilities. Raises UserError for anything outside [0, 1]."""
    array = finite(values, name)
    if array.size and (array.min() < 0 or array.max() > 1):
        raise UserError(f"{name}: a probability lies between 0 and 1, got {array.min():g} to {array.max():g}")
    return array


def distribution(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """``values`` as probabilities that sum to 1, shape (n,) with n >= 1. Raises UserError otherwise."""
    array = probabilities(values, name)
    if array.ndim != 1 or not array.size or abs(float(array.sum()) - 1) > 1e-6:
        raise UserError(f"{name}: the probabilities of all candidates must sum to 1, got {float(array.sum()):g}")
    normalised: NDArray[np.float64] = array / array.sum()
    return normalised


def counts(k: int, n: int) -> None:
    """Raises UserError unless 0 <= k <= n."""
    if not 0 <= k <= n:
        raise UserError(f"{k} of {n} is no count: it must lie between 0 and {n}")


def level(value: float, name: str = "level") -> None:
    """Raises UserError unless 0 < value < 1."""
    if not 0 < value < 1:
        raise UserError(f"{name}={value!r}: write a number between 0 and 1, such as 0.95")
