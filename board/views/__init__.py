"""What a page shows, as plain values made of rows. No clock, no request and no page is known here."""
