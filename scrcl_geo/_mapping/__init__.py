"""New cells in the clusters of a trained model."""
