"""A cluster and a confidence for a cell, from its embedding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_REGIONS = 20
_LEAST = 1e-3  # probability below which a wrong answer costs no more


@dataclass(frozen=True)
class Classifier:
    """Multinomial logistic regression on the embedding.

    Shapes: ``weights`` (D, K), ``bias`` (K,).
    """

    weights: np.ndarray
    bias: np.ndarray

    def probabilities(self, embedding: np.ndarray) -> np.ndarray:
        """Probability of each cluster, (N, K) with rows of sum 1, of cells with ``embedding`` (N, D)."""
        from scipy.special import softmax

        return softmax(embedding @ self.weights + self.bias, axis=1)

    def at(self, temperature: float) -> Classifier:
        """The same, less sure at a temperature above 1 and surer below."""
        return Classifier(*(np.float32(1 / temperature) * part for part in (self.weights, self.bias)))


def fit_classifier(embedding: np.ndarray, labels: np.ndarray, n_clusters: int) -> Classifier:
    """Fit to clusters, with scikit-learn's default penalty.

    Shapes: ``embedding`` (N, D), ``labels`` (N,) in 0 … n_clusters - 1, all of which occur.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1000)
    model.fit(embedding, labels)
    weights, bias = model.coef_.T, model.intercept_
    if n_clusters == 2:  # one column says both
        weights, bias = np.concatenate([-weights, weights], axis=1) / 2, np.concatenate([-bias, bias]) / 2
    return Classifier(weights.astype(np.float32), bias.astype(np.float32))


def regions(x: np.ndarray, seed: int = 0) -> np.ndarray:
    """Twenty regions of a tissue or, without space, of an embedding, (N,)."""
    from sklearn.cluster import KMeans

    return KMeans(min(_REGIONS, len(x)), n_init=1, random_state=seed).fit_predict(x)


def calibrated(
    classifier: Classifier, embedding: np.ndarray, labels: np.ndarray, places: np.ndarray
) -> Classifier:
    """The classifier at the temperature at which it is as sure as it is right about regions held out.

    A cell held out alone has its neighbours in training, and more is right about it than about a cell of
    another slide; of a region held out, the surroundings are as new as there. The temperature is that of the
    least log loss over all regions, of clusters that the rest has (Guo et al., ICML 2017).

    Shapes: ``embedding`` (N, D), ``labels`` (N,), ``places`` (N,) the regions.
    """
    from scipy.optimize import minimize_scalar

    held_out = [_held_out(embedding, labels, places == place) for place in np.unique(places)]
    parts = [part for part in held_out if part is not None]
    if not parts:
        return classifier

    def loss(log_temperature: float) -> float:
        scaled = [(part.at(np.exp(log_temperature)).probabilities(x), y) for part, x, y in parts]
        right = np.concatenate([p[np.arange(len(y)), y] for p, y in scaled])
        return float(-np.log(np.maximum(right, _LEAST)).mean())

    return classifier.at(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def _held_out(
    embedding: np.ndarray, labels: np.ndarray, part: np.ndarray
) -> tuple[Classifier, np.ndarray, np.ndarray] | None:
    """A classifier of the other cells, and the cells of a part of their clusters; None for nothing."""
    names, rest = np.unique(labels[~part], return_inverse=True)
    asked = part & np.isin(labels, names)
    if len(names) < 2 or not asked.any():
        return None
    found = fit_classifier(embedding[~part], rest, len(names))
    return found, embedding[asked], np.searchsorted(names, labels[asked])
