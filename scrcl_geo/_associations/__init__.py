"""Which genes belong to cells and clusters, and how surely: pure functions on arrays."""
