"""The HAPI validator of FHIR, offline: what goes out is asked of somebody else's reading of the standard."""
