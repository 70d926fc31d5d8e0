"""What a failed TLS handshake means in words: what, why, and the next step. No sockets here."""

import ssl

_SERVER = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the client sent no certificate",
    "NO_SHARED_CIPHER": "the client does not offer the cipher ECDHE-ECDSA-AES128-CCM8 with curve P-256",
    "WRONG_CURVE": "the client's certificate has its key on another curve than P-256",
    "UNSUPPORTED_PROTOCOL": "the client does not offer TLS 1.2",
    "WRONG_VERSION_NUMBER": "what the client sent is not TLS 1.2",
    "HTTP_REQUEST": "the client sent plain HTTP to the HTTPS port",
    "HTTPS_PROXY_REQUEST": "the client takes this server for a proxy",
    "TLSV1_ALERT_UNKNOWN_CA": "the client does not trust the authority of our certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the client does not accept our certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the client does not accept our certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the client finds our certificate expired",
}

_CLIENT = {
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (
        "the server ended the handshake: it found no common cipher, or it wants a client certificate and "
        "got none; check that a certificate and its key were given"
    ),
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the server wants a client certificate; give one with its key",
    "TLSV1_ALERT_UNKNOWN_CA": (
        "the server does not trust the authority that issued our certificate; use a certificate of the "
        "authority that the server trusts, or have the operator add ours"
    ),
    "SSLV3_ALERT_BAD_CERTIFICATE": "the server finds our certificate damaged; issue it anew",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": (
        "the server finds our certificate expired or not yet valid; compare both clocks, or issue it anew"
    ),
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": (
        "the server does not accept the kind of our certificate; SEP 2.0 wants an EC key on P-256 and an "
        "ECDSA signature with SHA-256"
    ),
    "SSLV3_ALERT_ILLEGAL_PARAMETER": (
        "the server does not accept the curve of our key; SEP 2.0 wants a certificate on P-256"
    ),
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the server does not accept our certificate; its log says why",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server does not speak TLS 1.2",
    "WRONG_VERSION_NUMBER": "the server does not speak TLS on this port; try http:// or another port",
    "UNSUPPORTED_PROTOCOL": "the server does not speak TLS 1.2",
    "NO_CIPHERS_AVAILABLE": "this OpenSSL does not offer ECDHE-ECDSA-AES128-CCM8",
}

_NAME_CODES = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH

_VERIFY_CODES = {
    9: "it is not valid yet; compare both clocks",
    10: "it has expired; issue it anew, or correct the clock",
    18: "it is self-signed; use one that the trusted authority has issued",
    19: "it ends in an authority that is not trusted; add that authority's certificate to the trusted ones",
    20: "its issuer is not among the trusted authorities; add the issuer's certificate to the trusted ones",
    21: "its chain is incomplete; add the intermediate certificates",
}


def refusal(error: BaseException) -> str:
    """Return why a client was refused, for a server's log."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the client's certificate is not accepted: {_verification(error)}"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        return _SERVER.get(reason, f"TLS: {reason.replace('_', ' ').lower()}")
    if isinstance(error, TimeoutError | ConnectionAbortedError):
        return "the client did not complete the handshake in time"
    if isinstance(error, ConnectionError | EOFError):
        return "the client went away during the handshake"
    return f"{type(error).__name__}: {error}"


def diagnosis(error: BaseException, host: str) -> str:
    """Return why no connection to `host` came about, and what to do, for a client's user."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if getattr(error, "verify_code", None) in _NAME_CODES:
            return (
                f"the server's certificate is not for {host!r} ({error.verify_message}); use a name or "
                "address that it lists, or check its LFDI instead of its name"
            )
        return f"the server's certificate is not accepted: {_verification(error)}"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        return _CLIENT.get(reason, f"TLS failed: {reason.replace('_', ' ').lower()}")
    return f"{type(error).__name__}: {error}"


def _verification(error: ssl.SSLCertVerificationError) -> str:
    code = getattr(error, "verify_code", None)
    if code is None:
        return str(error.args[-1]) if error.args else "no reason given"
    return _VERIFY_CODES.get(code, error.verify_message)
