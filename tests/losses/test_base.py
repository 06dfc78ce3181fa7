"""Objectives: names, weights and the pair a term looks at."""

import pytest
import torch
from torch import nn

from scrcl_geo.losses import DistributionAlignment, Objective, Term, ViewConsistency
from scrcl_geo.nn import Views


class Difference(nn.Module):
    """Mean difference of two embeddings: shows which pair was handed over."""

    def forward(self, z1, z2, adj):
        return (z2 - z1).mean()


def test_weights_and_pairs():
    views = Views(*(torch.full((3, 2), float(value)) for value in (0, 1, 10, 30, 0)))
    objective = Objective(
        Term(Difference(), on="u", weight=3.0, name="views"),
        Term(Difference(), on="z", weight=0.5, name="refined"),
    )
    terms = objective(views, None)
    assert {name: value.item() for name, value in terms.items()} == {"views": 3.0, "refined": 10.0}


def test_needs_terms_with_different_names_on_known_pairs():
    with pytest.raises(ValueError, match="number of terms in the objective is too small"):
        Objective()
    with pytest.raises(ValueError, match="names of the objective's terms are not unique"):
        Objective(Term(DistributionAlignment()), Term(DistributionAlignment(), on="z"))
    with pytest.raises(ValueError, match="on is not known: found 'x'; choose one of 'u', 'z'"):
        Objective(Term(ViewConsistency(), on="x"))


def test_config_names_arguments():
    config = Objective(Term(DistributionAlignment(0.5), weight=2.0)).config()
    assert config[0]["loss"] == "DistributionAlignment(temperature=0.5)"
    assert config[0]["weight"] == 2.0
    assert config[0]["on"] == "u"
