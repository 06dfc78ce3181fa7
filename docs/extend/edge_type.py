"""An edge type: a sparse matrix in ``obsp`` (or ``varp``) and one line that names it."""

import scrcl_geo as sg
from scrcl_geo.graph import DEFAULT_EDGES, EdgeSpec


def main() -> list[tuple[str, str, str]]:
    adata = sg.datasets.toy(n_slides=1, n_cells=200)
    sg.pp.graph(adata)
    near = adata.obsp["spatial_connectivities"]
    adata.obsp["two_hop"] = (near @ near).tocsr()
    two_hop = EdgeSpec(("cell", "two_hop", "cell"), attr="obsp", key="two_hop")
    edges = (*DEFAULT_EDGES, two_hop)
    sg.ScRCL().fit(adata, edges=edges, max_epochs=3, progress=False)
    return sg.graph.to_hetero(adata, edges=edges).edge_types


if __name__ == "__main__":
    main()
