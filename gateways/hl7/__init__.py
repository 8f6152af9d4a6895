"""HL7 v2: frames, characters, messages, acknowledgements, and what a message states."""
