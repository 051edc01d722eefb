"""The planners by topic. Each takes a version, and yields what is asked in it."""

from __future__ import annotations

from functools import cache

from interop import axes
from interop.plan import Plan
from interop.plans import (
    credentials,
    handshakes,
    hellos,
    limits,
    post_handshake,
    psk,
    refusals,
    sessions,
)

PLANNERS = (
    handshakes.handshake_plans,
    handshakes.scheme_plans,
    handshakes.alpn_plans,
    handshakes.retry_plans,
    handshakes.server_name_plans,
    handshakes.chunk_and_key_update_plans,
    handshakes.default_plans,
    sessions.resumption_plans,
    sessions.early_data_plans,
    psk.external_psk_plans,
    psk.psk_mode_plans,
    psk.psk_suite_plans,
    credentials.client_certificate_plans,
    credentials.certificate_choice_plans,
    credentials.stapling_plans,
    credentials.filter_plans,
    credentials.raw_key_plans,
    credentials.compression_plans,
    hellos.encrypt_then_mac_plans,
    hellos.extended_master_secret_plans,
    hellos.fallback_plans,
    hellos.cookie_plans,
    hellos.key_share_plans,
    hellos.middlebox_plans,
    hellos.padding_plans,
    hellos.chain_preference_plans,
    hellos.ech_plans,
    limits.size_plans,
    limits.grease_plans,
    post_handshake.post_handshake_auth_plans,
    post_handshake.renegotiation_plans,
    refusals.refusal_plans,
)


@cache
def plans() -> tuple[Plan, ...]:
    """All that is asked, whoever is at the other end."""
    return tuple(
        plan
        for version in axes.versions()
        for planner in PLANNERS
        for plan in planner(version.name)
    )
