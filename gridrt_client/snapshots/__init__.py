"""The newest good answer to each query, shared and renewed in the background."""
