"""An edge type: a sparse matrix in ``obsp`` (or ``varp``, ``layers``) and one line that names it.

Entry (i, j) is an edge from j to i and its weight, which reaches encoders and message passing as it is.
"""

import numpy as np
from torch_geometric.data import HeteroData

import scrcl_geo as sg
from scrcl_geo.graph import DEFAULT_EDGES, EdgeSpec


def main() -> HeteroData:
    adata = sg.datasets.toy(n_slides=1, n_cells=200)
    sg.pp.graph(adata)
    closeness = adata.obsp["scrcl_spatial_distances"].copy()
    closeness.data = np.exp(-closeness.data / closeness.data.mean())  # nearer cells weigh more
    adata.obsp["close"] = closeness.maximum(closeness.T).tocsr()
    close = EdgeSpec(("cell", "close_to", "cell"), attr="obsp", key="close")
    model = sg.ScRCL(edges=(*DEFAULT_EDGES, close), joined=["close_to"])
    model.fit(adata, max_epochs=3, progress=False)
    return model.graph(adata)


if __name__ == "__main__":
    main()
