"""Which keys are for which URIs.

>>> from linnet.credentials import CredentialsMap
>>> keys = CredentialsMap()
>>> keys.load_from_dict({
...     "coaps://lamp.example/*": {"dtls": {"psk": {"ascii": "secret"}, "client-identity": {"ascii": "me"}}},
... })
>>> keys["coaps://lamp.example/*"].as_dtls_psk()
(b'me', b'secret')
"""

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
        if kind != "dtls":
            raise CredentialsLoadError(f"{name}: there are no credentials of the kind '{kind}'; dtls is known")
        return DTLS._load(content)

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


def credentials_map(given):
    """A CredentialsMap from what programs give: one, what its load_from_dict() takes, a DTLS for all URIs, or None.

    >>> from linnet.credentials import DTLS, credentials_map
    >>> credentials_map(DTLS(psk=b"secret", client_identity=b"me")).credentials_for("coaps://lamp.example/").psk
    b'secret'
    """
    if given is not None and not isinstance(given, (dict, DTLS)) or isinstance(given, CredentialsMap):
        return given
    made = CredentialsMap()
    if isinstance(given, DTLS):
        made["coaps://*"] = given
    else:
        made.load_from_dict(given or {})
    return made
