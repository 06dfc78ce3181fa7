"""Nothing grows with the square of the number of cells."""

import tracemalloc

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import scrcl_geo as sg


class LargestTensor(TorchDispatchMode):
    """Remembers the largest tensor any torch operation returns, forward or backward."""

    def __init__(self):
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for value in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(value, torch.Tensor):
                dense = value.layout == torch.strided
                self.elements = max(self.elements, value.numel() if dense else value._nnz())
        return result


def largest(n_cells):
    """Largest tensor of a fit and largest NumPy peak of the whole path, in elements and bytes."""
    adata = sg.datasets.toy(n_slides=1, n_cells=n_cells, n_genes=60)
    tracemalloc.start()
    sg.pp.graph(adata)
    with LargestTensor() as watch:
        sg.tl.embed(adata, max_epochs=2, progress=False)
    sg.tl.cluster(adata, 5)
    sg.tl.associations(adata, cell_scores=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return watch.elements, peak


@pytest.mark.slow
def test_largest_allocation_grows_linearly():
    largest(200)  # imports and caches
    small, large = largest(1000), largest(4000)
    assert large[0] < 4000**2 / 10
    assert large[0] <= 4.5 * small[0]
    assert large[1] <= 6 * small[1]  # an N × N array would make it 16
