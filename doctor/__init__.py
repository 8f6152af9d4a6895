"""What `picustream doctor` looks at: each module gathers facts in one function and judges them in pure ones."""
