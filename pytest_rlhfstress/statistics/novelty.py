"""How far a text or a vector lies from those a model was trained on."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.statistics.checking import finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

WIDTH = 512
_WRITTEN_WITHOUT_SPACES = "\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff"
_WORD = re.compile(f"[{_WRITTEN_WITHOUT_SPACES}]|[^\\W{_WRITTEN_WITHOUT_SPACES}]+")


def ngrams(text: str, most: int = 2) -> Iterator[str]:
    """Word n-grams of the lowered text, from single words to ``most`` words.

    Where a script is written without spaces (Chinese, Japanese, Thai, Lao) each character is a word.
    """
    words = _WORD.findall(text.lower())
    for n in range(1, most + 1):
        for at in range(len(words) - n + 1):
            yield " ".join(words[at : at + n])


class KnownNgrams:
    """The n-grams of the training texts, against which new texts are compared."""

    def __init__(self, texts: Iterable[str], most: int = 2) -> None:
        self._most = most
        self._seen = {gram for text in texts for gram in ngrams(text, most)}

    def novelty(self, text: str) -> float:
        """1 - |G and G_train|/|G|: the share of the text's distinct n-grams never seen; 0 for an empty text."""
        grams = set(ngrams(text, self._most))
        return len(grams - self._seen) / len(grams) if grams else 0.0


def hashed_ngrams(texts: Sequence[str], width: int = WIDTH) -> NDArray[np.float64]:
    """Signed hashed counts of word 1- and 2-grams, each row of length 1 (0 for an empty text), (texts, width).

    A stand-in for an embedding where the reward model shows none (Weinberger et al., 2009).
    """
    import numpy as np

    found = np.zeros((len(texts), width))
    for row, text in enumerate(texts):
        for gram in ngrams(text):
            code = zlib.crc32(gram.encode())
            found[row, code % width] += 1 if code >> 31 else -1
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    found /= np.where(lengths > 0, lengths, 1)
    return found


def shrunk_covariance(vectors: ArrayLike) -> NDArray[np.float64]:
    """The covariance of rows, drawn towards a multiple of the identity as far as Ledoit and Wolf (2004) say.

    Raises UserError with fewer than two rows.
    """
    import numpy as np

    x = finite(vectors, "training vectors")
    if x.ndim != 2 or len(x) < 2:
        raise UserError(f"a covariance needs two vectors or more, got shape {x.shape}")
    n, width = x.shape
    x = x - x.mean(axis=0)
    sample = x.T @ x / n
    mean = float(np.trace(sample)) / width
    squares = x**2
    noise = float((squares.T @ squares).sum() / n - (sample**2).sum()) / n
    spread = float((sample**2).sum()) - width * mean**2
    share = min(1.0, noise / spread) if spread > 0 else 1.0
    shrunk: NDArray[np.float64] = (1 - share) * sample + share * mean * np.eye(width)
    return shrunk


def mahalanobis_squared(vectors: ArrayLike, mean: ArrayLike, covariance: ArrayLike) -> NDArray[np.float64]:
    """(x - mean)' covariance^-1 (x - mean) for each row, shape (rows,).

    Directions without variance count by the pseudo-inverse, that is, not at all.
    """
    import numpy as np
    from scipy.linalg import solve_triangular

    gap, shape = finite(vectors, "vectors") - finite(mean, "mean"), finite(covariance, "covariance")
    try:
        root = np.linalg.cholesky(shape)
        safe = bool(root.size) and np.diag(root).min() > 1e-7 * np.diag(root).max()
    except np.linalg.LinAlgError:
        safe = False
    scaled = solve_triangular(root, gap.T, lower=True).T if safe else gap @ _inverse_root(shape)
    found: NDArray[np.float64] = (scaled**2).sum(axis=1)
    return found


def _inverse_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """W with W W' the pseudo-inverse, from the directions that have variance."""
    import numpy as np

    variances, directions = np.linalg.eigh(covariance)
    kept = variances > 1e-10 * max(1e-300, float(variances.max(initial=0.0)))
    root: NDArray[np.float64] = directions[:, kept] / np.sqrt(variances[kept])
    return root


def cosine_to_nearest(vectors: ArrayLike, training: ArrayLike, k: int = 5, chunk: int = 1024) -> NDArray[np.float64]:
    """1 - mean cosine to the ``k`` nearest training rows, shape (rows,); a row of zeros is as far as can be, 1.

    ``k`` is lowered to the number of training rows. Raises UserError without any.
    """
    import numpy as np

    x, known = _unit(finite(vectors, "vectors")), _unit(finite(training, "training vectors"))
    if not len(known):
        raise UserError("there is no training vector to be near to")
    k = min(k, len(known))
    parts = []
    for at in range(0, len(x), chunk):
        near = np.partition(x[at : at + chunk] @ known.T, -k, axis=1)[:, -k:]
        parts.append(1 - near.mean(axis=1))
    return np.concatenate(parts) if parts else np.zeros(0)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float64] = rows / np.where(lengths > 0, lengths, 1)
    return scaled
