"""Loading: the only caller of the client, and what is kept per viewer."""
