"""Dies: what mismatch does to learning, and to the cells, over many of them."""
