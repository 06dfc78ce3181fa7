"""The parts of mapping, each against what it stands for."""

import numpy as np
import pytest
from scipy import sparse

from scrcl_geo._features.expression import Expression
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._features.projection import Projection
from scrcl_geo._files.atomic import write_folder
from scrcl_geo._mapping.classifier import calibrated, fit_classifier
from scrcl_geo._mapping.missing import without_missing
from scrcl_geo._mapping.novelty import Training
from scrcl_geo._mapping.shift import shift
from scrcl_geo._neighbors.balanced import balanced_distances, joint_graph

RNG = np.random.default_rng(0)


def test_balanced_neighbours_come_from_every_batch_and_are_the_nearest():
    x, batch = RNG.normal(size=(60, 4)), np.repeat([0, 1, 2], [30, 20, 10])
    found = balanced_distances(x, batch, 7, metric="euclidean").toarray()
    exact = np.linalg.norm(x[:, None] - x[None], axis=-1)
    for row in range(60):
        for other in range(3):
            members = np.flatnonzero((batch == other) & (np.arange(60) != row))
            n = (found[row, members] > 0).sum()
            assert n == (3 if other == batch[row] else 2)
            nearest = members[np.argsort(exact[row, members])[:n]]
            np.testing.assert_allclose(found[row, nearest], exact[row, nearest], rtol=1e-3)


def test_a_batch_smaller_than_its_share_gives_all_it_has():
    found = balanced_distances(RNG.normal(size=(12, 3)), np.repeat([0, 1], [11, 1]), 6)
    assert found[11].nnz == 3  # one cell has no other of its own batch
    assert (np.diff(found.indptr)[:11] == 4).all()


def test_the_joint_graph_keeps_the_reference_as_it_was():
    reference, new = RNG.normal(size=(40, 5)), RNG.normal(size=(10, 5))
    alone = balanced_distances(reference, np.zeros(40, int), 6)
    graph = joint_graph(reference, alone, new, 6)
    assert ((graph[:40, :40] != 0).toarray() == ((alone + alone.T) != 0).toarray()).all()
    assert (graph[40:, :40].sum(axis=1) >= 3).all()


def test_the_shift_is_found_whatever_kinds_are_there():
    centers = RNG.normal(size=(6, 8)) * 4
    reference = np.repeat(centers, 100, axis=0) + RNG.normal(size=(600, 8)) * 0.3
    new = np.repeat(centers[:2], [150, 20], axis=0) + RNG.normal(size=(170, 8)) * 0.3
    planted = np.full(8, 0.5)
    found = shift((new + planted).astype(np.float32), reference.astype(np.float32))
    np.testing.assert_allclose(found, planted, atol=0.15)


def counts(n_cells, *own):
    """Log counts of cells that express genes of their own four times as high."""
    rate = np.ones(200)
    rate[list(own)] = 4
    drawn = np.random.default_rng([n_cells, *own]).poisson(rate, (n_cells, 200))
    return np.log1p(drawn).astype(np.float32)


def judged(known, *new, **where):
    new = sparse.csr_matrix(np.concatenate(new))
    training = Training(sparse.csr_matrix(known), new.shape[0])
    return training.novelty(training.measures(new), **where)


def test_novelty_is_calibrated_and_sees_what_is_unlike():
    """A kind with ten genes of its own, in directions in which no training cell differs."""
    known = np.concatenate([counts(400, *range(10)), counts(400, *range(10, 20))])
    same = counts(150, *range(10)), counts(150, *range(10, 20))
    found = judged(known, *same, counts(60, *range(20, 30)))
    assert (found.of_cells[:300] > 1).mean() < 0.05
    assert (found.of_cells[300:] > 1).mean() > 0.95
    assert found.of_sample < 1.2


@pytest.mark.parametrize("n_new", [1, 2, 40, 900])
def test_any_number_of_new_cells_is_judged(n_new):
    known = counts(400, *range(10))
    found = judged(known, counts(n_new, *range(10)))
    assert found.of_cells.shape == (n_new,)
    assert np.isfinite(found.of_cells).all()
    assert (found.of_cells > 1).sum() <= max(1, 0.1 * n_new)


def test_a_sample_of_other_cells_is_told_by_its_distance():
    known = np.concatenate([counts(300, *range(10)), counts(300, *range(10, 20))])
    assert judged(known, counts(300, *range(40, 140))).of_sample > 2
    assert judged(known, counts(290, *range(10))).of_sample < 1.2


def test_places_of_unlike_tissue_are_told_together():
    """A quarter of a line of cells is of a kind that differs little; alone, a cell does not tell."""
    known = counts(600, *range(10))
    new = counts(300, *range(10)), counts(100, *range(10), *range(20, 24))
    near = sparse.diags([1.0, 1.0, 1.0, 1.0], [-2, -1, 1, 2], (400, 400)).tocsr()
    unseen = np.arange(400) >= 300

    def right(found):
        return (found[unseen][:, None] > found[~unseen]).mean()

    apart, together = judged(known, *new), judged(known, *new, near=near, n_hops=6)
    assert right(together.of_cells) > max(0.95, right(apart.of_cells))


def test_confidence_is_as_high_as_the_share_that_is_right_elsewhere():
    """Cells of a region share more than their kind: of a region not seen, less is right."""

    def cells(n_regions, rng):
        labels = rng.integers(0, 2, n_regions).repeat(10)
        of_region = rng.normal(size=(n_regions, 20)).repeat(10, axis=0)
        signal = (2 * labels[:, None] - 1) / np.sqrt(20)
        return of_region + signal + 0.1 * rng.normal(size=(len(labels), 20)), labels

    surplus = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        (x, labels), (new, truth) = cells(100, rng), cells(1000, rng)
        before = fit_classifier(x, labels, 2)
        found = [
            classifier.probabilities(new)
            for classifier in (before, calibrated(before, x, labels, np.arange(100).repeat(10)))
        ]
        surplus.append([p.max(axis=1).mean() - (p.argmax(axis=1) == truth).mean() for p in found])
    before, after = np.abs(surplus).mean(axis=0)
    assert before > 0.08
    assert after < 0.5 * before


@pytest.mark.parametrize("n_clusters", [2, 4])
def test_probabilities_are_those_of_the_fit(n_clusters):
    from sklearn.linear_model import LogisticRegression

    labels = np.arange(80) % n_clusters
    x = RNG.normal(size=(80, 3)) + labels[:, None]
    expected = LogisticRegression(max_iter=1000).fit(x, labels).predict_proba(x)
    np.testing.assert_allclose(fit_classifier(x, labels, n_clusters).probabilities(x), expected, atol=1e-4)


def test_components_are_found_from_a_part_of_the_genes():
    """Expression in the span of the components: least squares finds them, zeros in place of genes do not."""
    loadings = np.linalg.qr(RNG.normal(size=(90, 4)))[0].astype(np.float32)
    mean, scores = RNG.uniform(1, 2, 90).astype(np.float32), RNG.normal(size=(50, 4))
    center = mean @ loadings
    inputs = InputMap((Projection("log", mean, np.ones(90), np.inf, loadings, center),))
    present = np.ones(90, bool)
    present[1::3] = False
    x = (mean + scores @ loadings.T) * present

    def error(inputs):
        found = inputs.of_expression(Expression(x, x.sum(axis=1), "scaled", None))
        return np.square(found - scores).sum() / np.square(scores).sum()

    assert error(inputs) > 0.3
    assert error(without_missing(inputs, present)) < 0.05
    assert without_missing(inputs, np.ones(90, bool)) is inputs


def test_a_folder_is_written_whole_or_not_at_all(tmp_path):
    def broken(folder):
        (folder / "config.json").write_text("{}")
        raise OSError(28, "No space left on device")

    with pytest.raises(ValueError, match="No space left on device"):
        write_folder(tmp_path / "model", broken)
    assert not list(tmp_path.iterdir())
    write_folder(tmp_path / "model", lambda folder: (folder / "config.json").write_text("1"))
    write_folder(tmp_path / "model", lambda folder: (folder / "config.json").write_text("2"))
    assert (tmp_path / "model" / "config.json").read_text() == "2"
    with pytest.raises(ValueError, match="No space left"):
        write_folder(tmp_path / "model", broken)
    assert (tmp_path / "model" / "config.json").read_text() == "2"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ValueError, match="a folder with other things in it"):
        write_folder(tmp_path, lambda folder: None)
    with pytest.raises(ValueError, match="a file of that name"):
        write_folder(tmp_path / "thesis.tex", lambda folder: None)
    assert (tmp_path / "thesis.tex").read_text() == "precious"
