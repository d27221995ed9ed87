"""Who may read: auth schemes, tokens, sessions, forwarded identities and limits on failed logins."""
