"""scripts/make-pki, make-chains and make-ocsp: the test PKI."""
