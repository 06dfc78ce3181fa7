"""nn, losses and train need torch and PyG alone: they fit a graph made by hand without the rest."""

import subprocess
import sys

BLOCKED = ("anndata", "scanpy", "squidpy", "scipy", "pandas", "sklearn", "matplotlib", "h5py", "safetensors")

SCRIPT = f"""
import sys

BLOCKED = {BLOCKED}


class Without:
    # a finder of modules that does not see the blocked ones, as where they are not installed
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in BLOCKED:
            return self.finder.find_spec(name, path, target)


sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]

import torch
from torch_geometric import EdgeIndex
from torch_geometric.data import HeteroData

from scrcl_geo.losses import DistributionAlignment, NeighborhoodAlignment, Objective, Term, ViewConsistency
from scrcl_geo.nn import BipartiteRefinement, GCNEncoder, MLPEncoder, PaperRefinement, ScRCLModule
from scrcl_geo.train import TrainingSettings, fit

torch.set_num_threads(1)
torch.manual_seed(0)
n_cells, n_genes = 60, 20
expression = torch.rand(n_cells, n_genes) * (torch.rand(n_cells, n_genes) > 0.5)
ring = torch.arange(n_cells)
links = torch.stack([torch.cat([ring, ring.roll(1)]), torch.cat([ring.roll(1), ring])])
links = EdgeIndex(links, sparse_size=(n_cells, n_cells), is_undirected=True).sort_by("col").values

data = HeteroData()
data["cell"].x = expression
data["gene"].num_nodes = n_genes
data["cell", "linked_to", "cell"].edge_index = links
cells, genes = expression.nonzero().T
data["cell", "expresses", "gene"].edge_index = torch.stack([cells, genes])
data["cell", "expresses", "gene"].edge_weight = expression[cells, genes]
data["gene", "rev_expresses", "cell"].edge_index = torch.stack([genes, cells])
data["gene", "rev_expresses", "cell"].edge_weight = expression[cells, genes]

objective = Objective(
    Term(DistributionAlignment(0.1)),
    Term(NeighborhoodAlignment(0.1)),
    Term(ViewConsistency(per_cell=True), on="z", weight=0.02),
)
paper = PaperRefinement(16, 4, n_cells=n_cells, n_genes=n_genes)
for refinement in (BipartiteRefinement(16, 4), paper):
    module = ScRCLModule(MLPEncoder(n_genes, 16), GCNEncoder(n_genes, 16), refinement)
    log = fit(module, objective, [data], TrainingSettings(max_epochs=20), progress=False)
    first, last = (sum(log.losses[epoch].values()) for epoch in (0, -1))
    assert last < first, (first, last)
    with torch.no_grad():
        assert all(part.isfinite().all() for part in module(data))
print("LOADED", sorted({{name.partition(".")[0] for name in sys.modules}} & set(BLOCKED)))
"""


def test_fits_a_graph_made_by_hand_without_anything_else():
    found = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "LOADED []"


def test_the_block_holds():
    blocked = SCRIPT.partition("import torch")[0]
    for name in ("anndata", "scipy.sparse"):
        found = subprocess.run(
            [sys.executable, "-c", f"{blocked}\nimport {name}"], capture_output=True, text=True
        )
        assert "ModuleNotFoundError: No module named" in found.stderr
