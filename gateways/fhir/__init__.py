"""FHIR R4: resources and bundles, and what they state."""
