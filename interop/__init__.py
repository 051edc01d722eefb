"""The interop matrix: our side against other TLS implementations (README.md)."""
