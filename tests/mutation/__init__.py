"""Mutation testing of scoring/: `python -m tests.mutation`. What would the tests not notice?"""
