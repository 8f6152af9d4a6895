"""What is published: bodies, the receipts in them, and the revisions of a record."""
