"""The benchmarks run: their figures nobody asserts."""
