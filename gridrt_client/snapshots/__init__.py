"""The newest good answer to each query, shared and refreshed in the background."""
