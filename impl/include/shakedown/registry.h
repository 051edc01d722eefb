/* The registry: what is derived from the .def tables, one row per thing.
 * Enumerations, names and properties of versions, cipher suites, groups, schemes, extensions and
 * messages. */
#ifndef SHAKEDOWN_REGISTRY_H
#define SHAKEDOWN_REGISTRY_H

#include "codec.h"

/* ProtocolVersion, by the rows of versions.def. */
typedef enum {
#define SHK_VERSION(name, text, value) SHK_##name = value,
#include "registry/versions.def"
#undef SHK_VERSION
} shk_version;

/* A list of two-byte code points, most preferred first. count 0: the default. */
typedef struct {
    const uint16_t *values; /* host order; not owned */
    size_t count;           /* of values */
} shk_u16s;

/* Hashes, by the rows of hashes.def. */
typedef enum {
#define SHK_HASH(name, libcrypto, size, block) SHK_HASH_##name,
#include "registry/hashes.def"
#undef SHK_HASH
    SHK_HASH_COUNT
} shk_hash;

/* The largest output and block size of a hash, in bytes. */
enum { SHK_MAX_HASH = 64, SHK_MAX_HASH_BLOCK = 128 };
/* The output size of a hash, in bytes. */
size_t shk_hash_size(shk_hash hash);
/* The block size of a hash, in bytes. */
size_t shk_hash_block(shk_hash hash);

/* How a cipher protects records. */
typedef enum { SHK_KIND_AEAD, SHK_KIND_CCM, SHK_KIND_CBC, SHK_KIND_STREAM } shk_cipher_kind;

/* Ciphers of the record layer, by the rows of ciphers.def. */
typedef enum {
#define SHK_CIPHER(name, libcrypto, kind, key, fixed_iv, record_iv, tag) SHK_CIPHER_##name,
#include "registry/ciphers.def"
#undef SHK_CIPHER
    SHK_CIPHER_COUNT
} shk_cipher;

/* A row of ciphers.def; lengths are bytes. */
typedef struct {
    const char *name;     /* as suites have it: AES_128_GCM */
    shk_cipher_kind kind; /* how it protects */
    uint8_t key;          /* of the key */
    uint8_t fixed_iv;     /* of the part of the nonce that comes from the key schedule */
    uint8_t record_iv;    /* of the part that each record carries below TLS 1.3; CBC: of the IV */
    uint8_t tag;          /* of the authentication tag */
} shk_cipher_row;

/* The row of a cipher. Never NULL. */
const shk_cipher_row *shk_cipher_of(shk_cipher cipher);

/* How a suite exchanges keys: bits of SHK_FORM_*, as the messages' layouts have them. ANY: TLS 1.3,
 * where groups and PSKs decide. */
typedef enum {
    SHK_KX_ANY = 0,
    SHK_KX_RSA = SHK_FORM_RSA,
    SHK_KX_ECDHE = SHK_FORM_ECDHE,
    SHK_KX_DHE = SHK_FORM_DHE,
    SHK_KX_PSK = SHK_FORM_PSK,
    SHK_KX_ECDHE_PSK = SHK_FORM_ECDHE | SHK_FORM_PSK,
    SHK_KX_DHE_PSK = SHK_FORM_DHE | SHK_FORM_PSK,
    SHK_KX_RSA_PSK = SHK_FORM_RSA | SHK_FORM_PSK
} shk_key_exchange;
/* Which key of the server a suite needs. PSK and ANON: none, and there is no Certificate. */
typedef enum {
    SHK_AUTH_ANY,
    SHK_AUTH_RSA,
    SHK_AUTH_ECDSA,
    SHK_AUTH_DSS,
    SHK_AUTH_PSK,
    SHK_AUTH_ANON
} shk_auth;

/* A row of cipher_suites.def. */
typedef struct {
    const char *name;              /* IANA's */
    uint16_t value;                /* CipherSuite */
    uint16_t min_version;          /* the lowest version that it is for */
    uint16_t max_version;          /* the highest */
    shk_key_exchange key_exchange; /* how keys are exchanged */
    shk_auth auth;                 /* which key the server has */
    shk_cipher cipher;             /* of records */
    shk_hash mac;                  /* of records, unless the cipher is an AEAD */
    shk_hash hash;                 /* of the PRF or HKDF, from TLS 1.2 on */
} shk_suite_row;

/* The rows of suites that can be negotiated, by value. */
extern const shk_suite_row shk_suite_rows[];
/* How many there are. */
extern const size_t shk_suite_count;
/* The row of a suite that can be negotiated, or NULL. */
const shk_suite_row *shk_suite_of(uint16_t value);
/* Whether the server shows a certificate in it. */
bool shk_suite_certified(const shk_suite_row *suite);
/* Whether keys are exchanged by (EC)DHE. */
bool shk_suite_is_ephemeral(const shk_suite_row *suite);
/* Whether a PSK goes into its premaster secret (RFC 4279, RFC 5489). */
bool shk_suite_has_psk(const shk_suite_row *suite);
/* The layout that key exchange messages of the suite have: SHK_FORM_*. */
uint8_t shk_suite_form(const shk_suite_row *suite);

enum {
#define SHK_SUITE(name, value, ...) SHK_##name = value,
#define SHK_SIGNALLING_SUITE(name, value) SHK_##name = value,
#include "registry/cipher_suites.def"
#undef SHK_SUITE
#undef SHK_SIGNALLING_SUITE
};

/* HYBRID: a KEM beside (EC)DHE, whose server answers with a ciphertext in place of a key. */
typedef enum {
    SHK_GROUP_WEIERSTRASS,
    SHK_GROUP_MONTGOMERY,
    SHK_GROUP_FFDHE,
    SHK_GROUP_HYBRID
} shk_group_kind;

enum {
#define SHK_GROUP(name, value, ...) SHK_##name = value,
#include "registry/groups.def"
#undef SHK_GROUP
};

/* A row of groups.def. */
typedef struct {
    const char *name;     /* IANA's */
    uint16_t value;       /* NamedGroup */
    shk_group_kind kind;  /* how it is computed */
    uint16_t share;       /* bytes of a public value on the wire */
    uint16_t answer;      /* bytes of the server's in TLS 1.3 */
    uint16_t secret;      /* bytes of the shared secret */
    uint16_t min_version; /* the lowest version that it is for */
    uint16_t max_version; /* the highest */
} shk_group_row;

enum {
    SHK_MAX_SHARE = 1024, /* but for the hybrids */
    SHK_MAX_SHARED_SECRET = 1024,
#define SHK_GROUP(...) +1
    SHK_GROUP_COUNT = 0
#include "registry/groups.def"
#undef SHK_GROUP
};
/* The rows of groups, by value. */
extern const shk_group_row shk_group_rows[SHK_GROUP_COUNT];
/* The row of a NamedGroup, or NULL. */
const shk_group_row *shk_group_of(uint16_t value);

/* Kinds of keys in certificates. */
typedef enum {
    SHK_KEY_UNKNOWN,
#define SHK_KEY_KIND(name, auth, group) SHK_KEY_##name,
#include "registry/key_kinds.def"
#undef SHK_KEY_KIND
    SHK_KEY_KIND_COUNT
} shk_key_kind;

/* Which suites of TLS 1.2 a key serves. */
shk_auth shk_key_kind_auth(shk_key_kind kind);
/* The NamedGroup that the key's curve is; 0: none. */
uint16_t shk_key_kind_group(shk_key_kind kind);

/* A row of signature_schemes.def. */
typedef struct {
    const char *name;     /* IANA's */
    uint16_t value;       /* SignatureScheme */
    shk_key_kind key;     /* that signs */
    shk_hash hash;        /* of what is signed; NONE: the scheme has its own */
    uint16_t min_version; /* the lowest version that it is for */
    uint16_t max_version; /* the highest */
} shk_signature_scheme_row;

enum {
#define SHK_SIGNATURE_SCHEME(name, value, key, hash, min, max) SHK_##name = value,
#include "registry/signature_schemes.def"
#undef SHK_SIGNATURE_SCHEME
};

/* The rows of signature schemes, by value. */
extern const shk_signature_scheme_row shk_signature_scheme_rows[];
/* How many there are. */
extern const size_t shk_signature_scheme_count;
/* The row of a SignatureScheme, or NULL. */
const shk_signature_scheme_row *shk_signature_scheme_of(uint16_t value);

/* The struct and the shape of a message or an extension; each file of messages/ and extensions/
 * defines one. */
typedef struct {
    size_t size;      /* of the struct, at most SHK_LAYOUT_MAX */
    shk_shape *shape; /* what describes it */
} shk_layout;

/* Row numbers of messages.def. */
typedef enum {
#define SHK_MESSAGE(name, value, min, max, forms) SHK_MSG_##name,
#include "registry/messages.def"
#undef SHK_MESSAGE
    SHK_MSG_COUNT
} shk_message;

/* Row numbers of extensions.def. */
typedef enum {
#define SHK_EXTENSION(name, value, places) SHK_EXT_##name,
#include "registry/extensions.def"
#undef SHK_EXTENSION
    SHK_EXT_COUNT
} shk_extension;

/* Layouts of the record protocol. */
typedef enum {
#define SHK_RECORD(name) SHK_REC_##name,
#include "registry/records.def"
#undef SHK_RECORD
    SHK_REC_COUNT
} shk_record_kind;

/* A row of records.def. */
typedef struct {
    const char *name;         /* of the struct, in small letters */
    const shk_layout *layout; /* its struct and shape */
} shk_record_row;

/* The rows of records.def. */
extern const shk_record_row shk_record_rows[SHK_REC_COUNT];

/* The longest fragment of a record: plaintext, TLS 1.3 ciphertext (RFC 8446 §5.2), any ciphertext
 * (RFC 5246 §6.2.3). */
enum {
    SHK_MAX_PLAINTEXT = 16384,
    SHK_MAX_CIPHERTEXT_13 = 16384 + 256,
    SHK_MAX_CIPHERTEXT = 16384 + 2048
};

/* The different layouts that the same row can have. */
typedef struct {
    const shk_form *forms; /* static */
    size_t count;          /* at least 1 */
} shk_form_list;

/* A row of messages.def. */
typedef struct {
    const char *name;           /* the RFC's, in small letters; _12: of TLS 1.2 and below */
    uint8_t value;              /* HandshakeType */
    uint16_t min_version;       /* the lowest version that has it */
    uint16_t max_version;       /* the highest */
    const shk_form_list *forms; /* the layouts that it can have */
    const shk_layout *layout;   /* its struct and shape */
} shk_message_row;

/* A row of extensions.def. */
typedef struct {
    const char *name;         /* IANA's */
    uint16_t value;           /* ExtensionType */
    uint16_t places;          /* SHK_IN_*: the messages it may stand in */
    const shk_layout *layout; /* its struct and shape */
} shk_extension_row;

/* The rows of messages.def. */
extern const shk_message_row shk_message_rows[SHK_MSG_COUNT];
/* The rows of extensions.def. */
extern const shk_extension_row shk_extension_rows[SHK_EXT_COUNT];

/* The row of a message, by its HandshakeType, the version (0: not known yet) and, for type 2, the
 * random in its body. SHK_MSG_COUNT if there is none. */
shk_message shk_message_identify(uint8_t type, uint16_t version, shk_span body);
/* The row of an ExtensionType, SHK_EXT_COUNT if it is not understood. */
shk_extension shk_extension_identify(uint16_t value);
/* How many places an extension may stand in. */
size_t shk_extension_form_count(shk_extension extension);
/* The form it has in the i-th of them; `i` is below the count. */
shk_form shk_extension_form(shk_extension extension, size_t i);

/* ServerHello.random of a HelloRetryRequest (RFC 8446 §4.1.3). */
extern const uint8_t shk_retry_random[32];
/* What ServerHello.random ends with, before one byte that names the version, where a server could
 * do better (RFC 8446 §4.1.3). */
extern const uint8_t shk_downgrade_sentinel[7];

/* GREASE values (RFC 8701 §2): 0x0A0A, 0x1A1A ... 0xFAFA. */
bool shk_is_grease(uint16_t value);

/* CertificateType (RFC 7250 §3). */
enum { SHK_CERTIFICATE_X509 = 0, SHK_CERTIFICATE_RAW_PUBLIC_KEY = 2 };

/* Names of code points; NULL where a value has none. */
shk_namer shk_version_name;                 /* ProtocolVersion */
shk_namer shk_suite_name;                   /* CipherSuite */
shk_namer shk_group_name;                   /* NamedGroup */
shk_namer shk_signature_scheme_name;        /* SignatureScheme */
shk_namer shk_extension_name;               /* ExtensionType */
shk_namer shk_handshake_type_name;          /* HandshakeType */
shk_namer shk_content_type_name;            /* ContentType */
shk_namer shk_alert_level_name;             /* AlertLevel */
shk_namer shk_psk_mode_name;                /* PskKeyExchangeMode */
shk_namer shk_certificate_type_name;        /* CertificateType */
shk_namer shk_client_certificate_type_name; /* ClientCertificateType (RFC 5246 §7.4.4) */
shk_namer shk_compression_algorithm_name;   /* CertificateCompressionAlgorithm */
shk_namer shk_point_format_name;            /* ECPointFormat */
shk_namer shk_status_type_name;             /* CertificateStatusType */
shk_namer shk_heartbeat_message_type_name;  /* HeartbeatMessageType */

/* ContentType (RFC 8446 §5.1); heartbeat (RFC 6520 §3) is only read by who looks on. */
enum {
    SHK_CHANGE_CIPHER_SPEC = 20,
    SHK_ALERT_RECORD = 21,
    SHK_HANDSHAKE = 22,
    SHK_APPLICATION_DATA = 23,
    SHK_HEARTBEAT_RECORD = 24
};

#endif
