"""Scores as FHIR R4 resources, and their way to a FHIR server."""
