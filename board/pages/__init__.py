"""A module for each page: what is asked, and what answers it."""
