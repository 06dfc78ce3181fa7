"""Who is near: nearest neighbours, layouts and smoothing as sparse matrices; torch on a GPU alone."""
