"""A cluster and a confidence for a cell, from its embedding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
