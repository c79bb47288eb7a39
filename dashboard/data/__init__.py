"""Loading of snapshots, and the state of each viewer."""
