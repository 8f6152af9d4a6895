"""Scores as FHIR resources."""
