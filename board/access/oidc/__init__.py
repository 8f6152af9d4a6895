"""Log-in at an OpenID Connect provider: the code flow with PKCE, and roles by a claim of the token."""
