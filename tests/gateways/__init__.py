"""The gateways: HL7 v2 and FHIR in, FHIR out."""
