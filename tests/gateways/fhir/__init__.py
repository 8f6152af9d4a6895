"""FHIR in: bodies to resources, resources to statements."""
