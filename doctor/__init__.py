"""What `picustream doctor` checks: each module gathers facts in one function and judges them in pure ones."""
