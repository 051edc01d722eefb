"""DER, as far as certificates need it, well-formed or not (ITU-T X.690)."""

from __future__ import annotations


def tlv(tag: int, *parts: bytes) -> bytes:
    """A tag, the length and the parts."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    return tlv(0x31, *parts)


def explicit(number: int, *parts: bytes) -> bytes:
    return tlv(0xA0 | number, *parts)


def implicit(number: int, content: bytes, constructed: bool = False) -> bytes:
    return tlv((0xA0 if constructed else 0x80) | number, content)


def integer(value: int) -> bytes:
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def boolean(value: bool) -> bytes:
    return tlv(1, b"\xff" if value else b"\x00")


def null() -> bytes:
    return tlv(5)


def octets(content: bytes) -> bytes:
    return tlv(4, content)


def bits(content: bytes, unused: int = 0) -> bytes:
    return tlv(3, bytes((unused,)), content)


def named_bits(*numbers: int) -> bytes:
    """A BIT STRING with these bits set, without trailing zeros."""
    size = max(numbers) // 8 + 1
    value = bytearray(size)
    for number in numbers:
        value[number // 8] |= 0x80 >> number % 8
    return bits(bytes(value), 7 - max(numbers) % 8)


def utf8(text: str) -> bytes:
    return tlv(12, text.encode())


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return tlv(6, content)


def time(text: str) -> bytes:
    """A UTCTime up to 2049, else a GeneralizedTime, of YYYYMMDDHHMMSSZ (RFC 5280 §4.1.2.5); what
    has another length is a UTCTime as it is."""
    if len(text) != 15:
        return tlv(23, text.encode())
    return tlv(24, text.encode()) if text >= "2050" else tlv(23, text[2:].encode())
