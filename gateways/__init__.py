"""HL7 v2 and FHIR in, FHIR out: from what a hospital sends to events, and to letters about what could not be mapped."""
