"""What is told: bodies, the receipts in them, and the revisions of a record."""
