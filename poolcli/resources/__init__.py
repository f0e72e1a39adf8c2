"""What the machine gives: memory, worker threads, optional libraries."""
