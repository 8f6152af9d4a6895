"""The rules of the clinic and of the trial, by their numbers: T, V3, P, M, A, E, O. See docs/rules.md."""
