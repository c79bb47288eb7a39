"""Answers of the API shared by several processes through Redis: one of them fetches, the others read."""
