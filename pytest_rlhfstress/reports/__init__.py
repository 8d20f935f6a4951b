"""What people and machines read of a run. Each report reads findings and nothing else."""
