"""The planners by topic. Each takes a version, and yields what is asked in it."""

from interop.plans import credentials, handshakes, later, limits, psk, refusals, sessions

PLANNERS = (
    handshakes.handshake_plans,
    handshakes.scheme_plans,
    handshakes.alpn_plans,
    handshakes.retry_plans,
    handshakes.name_plans,
    handshakes.delivery_plans,
    handshakes.choice_plans,
    sessions.resumption_plans,
    sessions.early_data_plans,
    psk.external_psk_plans,
    psk.psk_mode_plans,
    psk.psk_suite_plans,
    credentials.client_certificate_plans,
    credentials.certificate_choice_plans,
    credentials.stapling_plans,
    credentials.raw_key_plans,
    credentials.compression_plans,
    limits.size_plans,
    limits.grease_plans,
    later.late_authentication_plans,
    later.renegotiation_plans,
    refusals.refusal_plans,
)
