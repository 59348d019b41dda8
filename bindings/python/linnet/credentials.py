"""Which keys and certificates are for which URIs.

>>> from linnet.credentials import CredentialsMap
>>> keys = CredentialsMap()
>>> keys.load_from_dict({
...     "coaps://lamp.example/*": {"dtls": {"psk": {"ascii": "secret"}, "client-identity": {"ascii": "me"}}},
... })
>>> keys["coaps://lamp.example/*"].as_dtls_psk()
(b'me', b'secret')

Keys are of four kinds, each a class here: pre-shared ones ("dtls", DTLS), certificates ("certificate", Certificate), raw
public keys ("raw-public-key", RawPublicKey), and "tlscert" as aiocoap has it. Where one of them wants a file there may
also be what is in it, as bytes.
"""

import base64
import os
import re

from .error import CredentialsMissingError


class CredentialsLoadError(ValueError):
    """The data that keys are loaded from are not as they should be."""


_KEY_MOST, _IDENTITY_MOST = 64, 128  # octets
_FITTING_MOST = 1024  # URIs whose entry is remembered


def _octets(name, value):
    """From bytes, {"ascii": text} or {"hex": digits}."""
    octets = _read_octets(name, value)
    most = _KEY_MOST if name == "psk" else _IDENTITY_MOST
    if not 0 < len(octets) <= most:
        raise CredentialsLoadError(f"{name} has 1 to {most} octets, not {len(octets)}")
    return octets


def _read_octets(name, value):
    if isinstance(value, bytes):
        return value
    if not isinstance(value, dict) or len(value) != 1:
        raise CredentialsLoadError(f'{name} is bytes, {{"ascii": ...}} or {{"hex": ...}}')
    ((form, text),) = value.items()
    try:
        if form == "ascii":
            return text.encode("ascii")
        if form == "hex":
            return bytes.fromhex(re.sub(r"[-: ]", "", text))
    except (ValueError, AttributeError, TypeError) as problem:
        raise CredentialsLoadError(f"{name}: {problem}") from problem
    raise CredentialsLoadError(f"{name}: '{form}' is neither ascii nor hex")


class DTLS:
    """A pre-shared key, and the identity that the client shows with it (RFC 4279).

    >>> from linnet.credentials import DTLS
    >>> DTLS(psk=b"secret", client_identity=b"me").as_dtls_psk()
    (b'me', b'secret')
    """

    def __init__(self, psk, client_identity):
        self.psk = psk
        self.client_identity = client_identity

    def as_dtls_psk(self):
        """Identity and key."""
        return self.client_identity, self.psk

    @classmethod
    def _load(cls, value):
        if not isinstance(value, dict):
            raise CredentialsLoadError("dtls takes an object with psk and client-identity")
        value = {name.replace("-", "_"): part for name, part in value.items()}
        if set(value) != {"psk", "client_identity"}:
            raise CredentialsLoadError("dtls takes psk and client-identity, nothing else")
        return cls(**{name: _octets(name, part) for name, part in value.items()})


_OPTIONAL, _UNVERIFIED = 1, 2  # of enum linnet_peer_certificate


def _source(name, value):
    """A file, as a str that is its path, or octets, as bytes. Whether it can be read shows here, and not when the first
    request is sent."""
    if isinstance(value, dict):
        return _read_octets(name, value)
    if isinstance(value, bytes):
        if value:
            return value
        raise CredentialsLoadError(f"{name}: nothing is in it")
    try:
        path = os.fspath(value)
        _read(path)
    except TypeError:
        raise CredentialsLoadError(f"{name} is the path of a file, or bytes with what is in it") from None
    except OSError as problem:
        raise CredentialsLoadError(f"{name}: {path}: {problem.strerror}") from problem
    return path


def _read(source):
    """What is in it."""
    if isinstance(source, bytes):
        return source
    with open(source, "rb") as file:
        return file.read()


def _pem(source, label):
    """The same as PEM, of which several may stand in a row."""
    octets = _read(source)
    if b"-----BEGIN" in octets:
        return octets + b"\n"
    lines = base64.encodebytes(octets).decode()
    return f"-----BEGIN {label}-----\n{lines}-----END {label}-----\n".encode()


def _der(octets):
    """The octets in the first PEM block; DER stays what it is."""
    found = re.search(rb"-----BEGIN [A-Z ]+-----(.*?)-----END", octets, re.DOTALL)
    return base64.b64decode(found[1]) if found else octets


def _put(made, name, source):
    """A file by its name, so that it is not hashed with each request; octets as they are."""
    if source is not None:
        made[name if isinstance(source, bytes) else f"{name}_file"] = source


def _check_names(kind, value, names):
    if not isinstance(value, dict):
        raise CredentialsLoadError(f"{kind} takes an object")
    given = {str(name).replace("-", "_"): part for name, part in value.items()}
    for name in given:
        if name not in names:
            raise CredentialsLoadError(f"{kind} takes {', '.join(names)}; not {name}".replace("_", "-"))
    return given


class Certificate:
    """A certificate of one's own, its key, and whose certificates to believe (RFC 7252 9.1.3.3). A client needs one of
    `trusted` and `trust_system`; it has a `certificate` and a `private_key` where the server asks for them. A server
    needs these two, and asks its clients for certificates where it has `trusted`.

    - certificate: the chain, one's own first
    - private_key: that goes with it
    - trusted: certificates of authorities
    - trust_system: believe those that the system does, too
    - peer_name: the name that a server has to have, where that is not the host in the URI
    - required: False is for a server that takes clients without a certificate, too
    - verify: False believes everybody, and is for tests

    The first three are PEM, or DER of a single one: the path of a file, or bytes with what is in it.

    >>> from linnet.credentials import Certificate
    >>> Certificate(verify=False).as_dtls()
    {'peer_certificate': 2}
    >>> Certificate(certificate="/no/such/file", private_key=b"...")
    Traceback (most recent call last):
    ...
    linnet.credentials.CredentialsLoadError: certificate: /no/such/file: No such file or directory
    """

    def __init__(self, certificate=None, private_key=None, *, trusted=None, trust_system=False, peer_name=None,
                 required=True, verify=True):
        if (certificate is None) != (private_key is None):
            raise CredentialsLoadError("certificate and private_key go together")
        self.certificate = None if certificate is None else _source("certificate", certificate)
        self.private_key = None if private_key is None else _source("private_key", private_key)
        self.trusted = None if trusted is None else _source("trusted", trusted)
        self.trust_system = bool(trust_system)
        self.peer_name = peer_name
        self.required = bool(required)
        self.verify = bool(verify)
        if certificate is None and trusted is None and not trust_system and verify:
            raise CredentialsLoadError("a certificate with private_key, trusted, or trust_system is wanted")

    def as_dtls(self):
        """What the library is given for a request, a dict."""
        made = {}
        _put(made, "certificate", self.certificate)
        _put(made, "private_key", self.private_key)
        _put(made, "trusted", self.trusted)
        if self.trust_system:
            made["trust_system"] = True
        if self.peer_name is not None:
            made["peer_name"] = self.peer_name
        if not self.verify:
            made["peer_certificate"] = _UNVERIFIED
        return made

    @classmethod
    def _load(cls, value):
        names = ("certificate", "private_key", "trusted", "trust_system", "peer_name", "required", "verify")
        return cls(**_check_names("certificate", value, names))

    @classmethod
    def _load_tlscert(cls, value):
        given = _check_names("tlscert", value, ("certfile",))
        if "certfile" not in given:
            raise CredentialsLoadError("tlscert takes certfile, the certificates to believe")
        return cls(trusted=given["certfile"])


class RawPublicKey:
    """A key of one's own whose public half is shown, and those of peers to believe (RFC 7252 9.1.3.2). A client may have
    `trusted` alone, a server that takes every client `private_key` alone. `trusted` is a list; all are PEM or DER, as
    paths or bytes.

    >>> from linnet.credentials import RawPublicKey
    >>> RawPublicKey(trusted=[b"-----BEGIN PUBLIC KEY-----..."]).as_dtls()
    {'trusted_keys': (b'-----BEGIN PUBLIC KEY-----...',)}
    """

    def __init__(self, private_key=None, *, trusted=()):
        if isinstance(trusted, (str, bytes, dict, os.PathLike)):
            trusted = [trusted]
        self.private_key = None if private_key is None else _source("private_key", private_key)
        self.trusted = tuple(_read(_source("trusted", each)) for each in trusted)
        self._known = frozenset(map(_der, self.trusted))
        if private_key is None and not self.trusted:
            raise CredentialsLoadError("private_key or trusted is wanted")

    def as_dtls(self):
        """What the library is given for a request, a dict."""
        made = {}
        _put(made, "private_key", self.private_key)
        if self.private_key is not None:
            made["raw_public_key"] = True
        if self.trusted:
            made["trusted_keys"] = self.trusted
        return made

    @classmethod
    def _load(cls, value):
        return cls(**_check_names("raw-public-key", value, ("private_key", "trusted")))


_KINDS = {"dtls": DTLS._load, "certificate": Certificate._load, "raw-public-key": RawPublicKey._load,
          "tlscert": Certificate._load_tlscert}


class CredentialReference:
    """Another name, ":name", for keys that stand elsewhere in the map."""

    def __init__(self, target, map):
        if not target.startswith(":"):
            raise CredentialsLoadError(f"'{target}' is no reference: those begin with a colon")
        self.target = target
        self.map = map

    def as_dtls_psk(self):
        """Identity and key of what it stands for."""
        return self.map._resolved(self).as_dtls_psk()


class CredentialsMap(dict):
    """From URIs, in which * stands for anything, to keys.

    >>> from linnet.credentials import CredentialsMap
    >>> keys = CredentialsMap()
    >>> keys.load_from_dict({"coaps://*": ":all", ":all": {"dtls": {"psk": {"hex": "01:02"}, "client-identity": b"me"}}})
    >>> keys.credentials_for("coaps://somewhere/x").as_dtls_psk()
    (b'me', b'\\x01\\x02')
    """

    _names = None  # for which entries _fitting holds
    _fitting = {}  # the names that were found for URIs

    def load_from_dict(self, d):
        """Takes entries as JSON has them; None removes one. Nothing is taken where one of them is wrong."""
        loaded = {name: None if value is None else self._load(name, value) for name, value in d.items()}
        for name, value in loaded.items():
            if value is None:
                self.pop(name, None)
            else:
                self[name] = value

    def _load(self, name, value):
        if isinstance(value, str):
            return CredentialReference(value, self)
        if not isinstance(value, dict) or len(value) != 1:
            raise CredentialsLoadError(f"{name}: an object with one key, the kind of credentials, is wanted")
        ((kind, content),) = value.items()
        if kind not in _KINDS:
            known = ", ".join(_KINDS)
            raise CredentialsLoadError(f"{name}: there are no credentials of the kind '{kind}'; known are {known}")
        return _KINDS[kind](content)

    def _resolved(self, item):
        for _ in range(len(self) + 1):
            if not isinstance(item, CredentialReference):
                return item
            if item.target not in self:
                raise CredentialsMissingError(f"{item.target} stands for nothing")
            item = self[item.target]
        raise CredentialsLoadError("the references lead in a circle")

    def credentials_for(self, uri):
        """The keys of the longest entry that fits a URI; CredentialsMissingError."""
        if self.keys() != self._names:
            self._names, self._fitting = frozenset(self), {}
        name = self._fitting.get(uri)
        if name is None:
            if len(self._fitting) >= _FITTING_MOST:
                self._fitting.clear()
            name = self._fitting[uri] = self._fit(uri)
        return self._resolved(self[name])

    def _fit(self, uri):
        for pattern in sorted((name for name in self if not name.startswith(":")), key=len, reverse=True):
            if re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), uri, re.DOTALL):
                return pattern
        raise CredentialsMissingError(f"there are no credentials for {uri}")

    def credentials_from_request(self, msg):
        """The same for a request."""
        return self.credentials_for(msg.get_request_uri())

    def find_dtls_psk(self, identity):
        """For servers: the key of an identity, and the name of its entry; KeyError."""
        for name, item in self.items():
            if isinstance(item, DTLS) and item.client_identity == identity:
                return item.psk, name
        raise KeyError(identity)

    def find_raw_public_key(self, key):
        """For servers: the name of the entry that has a peer's public key (DER) among its trusted ones; KeyError."""
        for name, item in self.items():
            if isinstance(item, RawPublicKey) and key in item._known:
                return name
        raise KeyError(key)

    def has_psk(self):
        """For servers: whether there is a pre-shared key among them, or nothing at all yet."""
        return not any(isinstance(item, (Certificate, RawPublicKey)) for item in self.values()) or any(
            isinstance(item, DTLS) for item in self.values())

    def as_dtls_server(self):
        """For servers: the certificates and raw public keys of all entries together, as the library is given them."""
        items = list(self.values())
        return _merge([item for item in items if isinstance(item, Certificate)],
                      [item for item in items if isinstance(item, RawPublicKey)])


def _merge(certificates, keys):
    own = [item for item in certificates if item.private_key is not None]
    raw = [item.private_key for item in keys if item.private_key is not None]
    if own and raw or len(raw) > 1:
        raise CredentialsLoadError("a server shows certificates or one raw public key")
    pairs = [(_read(item.certificate), _read(item.private_key)) for item in own]
    made = {}
    if pairs:
        (made["certificate"], made["private_key"]), *more = pairs
        made["more_certificates"] = tuple(more)
    if raw:
        made["private_key"], made["raw_public_key"] = _read(raw[0]), True
    trusted = b"".join(_pem(item.trusted, "CERTIFICATE") for item in certificates if item.trusted is not None)
    if trusted:
        made["trusted"] = trusted
    made["trusted_keys"] = tuple(each for item in keys for each in item.trusted)
    made["trust_system"] = any(item.trust_system for item in certificates)
    if not all(item.verify for item in certificates):
        made["peer_certificate"] = _UNVERIFIED
    elif not all(item.required for item in certificates):
        made["peer_certificate"] = _OPTIONAL
    return made


def credentials_map(given):
    """A CredentialsMap from what programs give: one, what its load_from_dict() takes, a DTLS, Certificate or RawPublicKey
    for all URIs, or None.

    >>> from linnet.credentials import DTLS, credentials_map
    >>> credentials_map(DTLS(psk=b"secret", client_identity=b"me")).credentials_for("coaps://lamp.example/").psk
    b'secret'
    """
    single = isinstance(given, (DTLS, Certificate, RawPublicKey))
    if given is not None and not isinstance(given, dict) and not single or isinstance(given, CredentialsMap):
        return given
    made = CredentialsMap()
    if single:
        made["coaps://*"] = given
    else:
        made.load_from_dict(given or {})
    return made
