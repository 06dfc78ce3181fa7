"""What a cell is: values, genes, transforms, components."""
