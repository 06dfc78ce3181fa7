"""Who is near: nearest neighbours, layouts and smoothing as sparse matrices; no torch."""
