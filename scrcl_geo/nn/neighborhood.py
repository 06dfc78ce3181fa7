"""A cell by the cells around it, over every relation and several reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from scrcl_geo import _keys, _validate
from scrcl_geo._messages import aggregate
from scrcl_geo.nn.by_rows import by_rows
from scrcl_geo.nn.dropout import Dropout
from scrcl_geo.nn.weighted_sum import WeightedSum

EdgeType = tuple[str, str, str]
_TINY = 1e-6


class MeanConv(WeightedSum):
    """Weighted mean over the sources of each target, without weights of its own; zero where there are none.

    Shapes: ``x`` (N, D), ``edge_index`` (2, E), ``edge_weight`` (E,) ≥ 0 → (N, D); ``total`` (N, 1), the sum
    of each target's weights, where it is known. O(E D).
    """

    def forward(
        self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None, total: Tensor | None = None
    ) -> Tensor:
        """The means; see the class."""
        if total is None:
            total = aggregate(edge_index, torch.ones_like(x[:, :1]), edge_weight)
        return self.propagate(edge_index, x=x, edge_weight=edge_weight, reverse=None) / total.clamp_min(_TINY)


class NeighborhoodEncoder(nn.Module):
    r"""The states of the cells around a cell, averaged over several reaches of each relation, and an MLP.

    .. math::
        s_i = W x_i, \qquad u_i = \mathrm{MLP}\Big(\sum_r \alpha_r \sum_k W_{rk}
            \frac{(P_r^k (v \odot s))_i}{(P_r^k v)_i}\Big), \qquad \alpha = \mathrm{softmax}(a)

    with :math:`P_r` the walk along relation r, k its reaches and v 1 for the cells that are to be seen:
    hidden ones are left out of the means, so that a cell can be predicted from its surroundings. Each
    relation has a weight :math:`\alpha_r` that is learned; one that a graph lacks is left out.

    Shapes: features of the cells (N, F) and edges by relation → (N, D). O(k E S + N (F S + H (S k + D))).

    Parameters
    ----------
    in_channels, out_channels
        F and D.
    reaches
        Reaches in hops for each relation, by its name.
    state_channels
        Width S of the states that cells send.
    hidden_channels, dropout
        Width H and dropout of the MLP.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        reaches: Mapping[str, Sequence[int]],
        state_channels: int = 32,
        hidden_channels: int = 128,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        for hops in reaches.values():
            _validate.at_least("reach", min(hops), 1)
        self.reaches = {name: sorted(hops) for name, hops in reaches.items()}
        self.state = nn.Linear(in_channels, state_channels)
        self.mean = MeanConv()
        self.mix = nn.ModuleDict(
            {name: nn.Linear(state_channels * len(hops), hidden_channels) for name, hops in reaches.items()}
        )
        self.relation_weight = nn.ParameterDict({name: nn.Parameter(torch.zeros(())) for name in reaches})
        self.out = nn.Sequential(nn.GELU(), Dropout(dropout), nn.Linear(hidden_channels, out_channels))

    def forward(
        self,
        x_dict: Mapping[str, Tensor],
        edge_index_dict: Mapping[EdgeType, Tensor],
        edge_weight_dict: Mapping[EdgeType, Tensor] | None = None,
        hidden: Tensor | None = None,
    ) -> Tensor:
        """Encode the cells; ``hidden`` (N,) bool names those that are not to be seen.

        Raises
        ------
        ScrclInputError
            The graph has none of the relations.
        """
        x = x_dict[_keys.CELL]
        seen = torch.ones(len(x), 1, dtype=x.dtype, device=x.device)
        if hidden is not None:
            seen = seen * ~hidden[:, None]
        there = {t[1]: t for t in edge_index_dict if t[0] == t[2] == _keys.CELL and t[1] in self.reaches}
        if not there:
            raise _validate.fail(
                "the graph has none of the encoder's relations",
                _validate.shown([t[1] for t in edge_index_dict]),
                f"give it one of {_validate.shown(list(self.reaches))}",
            )
        weights = torch.stack([self.relation_weight[name] for name in there]).softmax(dim=0)
        states = torch.cat([self.state(x) * seen, seen], dim=1)  # (N, S + 1)
        around = []
        for name, edge_type in there.items():
            edge_weight = None if edge_weight_dict is None else edge_weight_dict.get(edge_type)
            around.append(self._around(states, edge_index_dict[edge_type], edge_weight, self.reaches[name]))

        def mixed(*means: Tensor) -> Tensor:
            parts = zip(weights, there, means, strict=True)
            return self.out(sum(weight * self.mix[name](mean) for weight, name, mean in parts))

        return by_rows(mixed, *around)

    def _around(
        self, states: Tensor, edge_index: Tensor, edge_weight: Tensor | None, hops: Sequence[int]
    ) -> Tensor:
        """Means over the cells that are seen at each reach, side by side, (N, S · reaches)."""
        found = []
        total = aggregate(edge_index, torch.ones_like(states[:, :1]), edge_weight)
        for hop in range(1, max(hops) + 1):
            states = self.mean(states, edge_index, edge_weight, total)
            if hop in hops:
                found.append(states[:, :-1] / (states[:, -1:] + _TINY))
        return torch.cat(found, dim=1)

    def extra_repr(self) -> str:
        """Reaches, for ``repr``."""
        return ", ".join(f"{name}: {hops}" for name, hops in self.reaches.items())
