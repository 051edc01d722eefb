"""How one end of a handshake is to be set up, whoever plays it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from interop import axes

ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


@dataclass(frozen=True)
class End:
    """The settings of one end; what is empty is left to the implementation."""

    min_version: str
    max_version: str
    suites: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    alpn: tuple[str, ...] = ()
    certificate: str | None = None  # a name in corpora/pki
    server_name: str | None = None  # a client's: sent and verified
    client_auth: tuple[str, ...] = ()  # a server's: "request" or "require"
    session_store: tuple[str, ...] = ()  # a server's: "tickets" or "ids"
    # Provisioned out of band: identity and key in hexadecimal, of each after the other.
    psk: tuple[str, ...] = ()
    # What else there is, by the name of our program's option, with its value; "" of a flag.
    more: tuple[tuple[str, str], ...] = ()

    def asked(self) -> tuple[str, ...]:
        """The names of all settings that hold something."""
        names = ["versions", "suites", "groups", "schemes", "alpn", "certificate", "server_name"]
        names += ["server_address", "client_auth", "session_store", "psk_identity", "psk_key"]
        return (*(name for name in names if self.values(name)), *dict(self.more))

    @property
    def can_verify(self) -> bool:
        """Whether its peer can authenticate: not in anonymous suites alone."""
        anonymous = {suite.name for suite in axes.suites() if suite.auth == "ANON"}
        return not self.suites or not anonymous.issuperset(self.suites)

    def values(self, of: str) -> tuple[str, ...]:
        """What a setting holds, by the names of peers/*.toml."""
        name = self.server_name or ""
        is_address = ADDRESS.fullmatch(name) is not None
        match of:
            case "versions":
                names = [version.name for version in axes.versions()]
                return tuple(v for v in names if self.min_version <= v <= self.max_version)
            case "server_name":
                return () if is_address or not name else (name,)
            case "server_address":
                return (name,) if is_address else ()
            case "no_certificate":
                return () if self.certificate else ("yes",)
            case "no_client_auth":
                return () if self.client_auth else ("yes",)
            case "psk_identity":
                return self.psk[::2]
            case "psk_key":
                return self.psk[1::2]
        if of == "certificate":
            return (self.certificate,) if self.certificate else ()
        if of in dict(self.more):
            return (dict(self.more)[of] or "yes",)
        return tuple(getattr(self, of, ()))
