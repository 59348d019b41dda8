"""Links as /.well-known/core lists them (RFC 6690).

>>> from linnet.linkformat import Link, LinkFormat
>>> print(LinkFormat([Link("/time", rt="clock", obs=None), Link("/a", ct=40)]))
</time>; rt="clock"; obs, </a>; ct=40
"""


class Link:
    """A target and its attributes; an attribute that is None is a name alone."""

    def __init__(self, href, attr_pairs=(), **attributes):
        self.href = href
        self.attr_pairs = [(name, value) for name, value in attr_pairs]
        self.attr_pairs += [(name.rstrip("_"), value) for name, value in attributes.items()]

    def values(self, name):
        """Those of one attribute; href is one, too."""
        if name == "href":
            return [self.href]
        return ["" if value is None else str(value) for key, value in self.attr_pairs if key == name]

    def __getattr__(self, name):
        found = None if name.startswith("_") else self.values(name.rstrip("_"))
        if not found:
            raise AttributeError(name)
        return found

    def __str__(self):
        return "; ".join([f"<{self.href}>", *(_written(name, value) for name, value in self.attr_pairs)])


class LinkFormat:
    """A list of links."""

    def __init__(self, links=()):
        self.links = list(links)

    def __str__(self):
        return ", ".join(map(str, self.links))


def _written(name, value):
    if value is None:
        return name
    text = str(value)
    if name in ("ct", "sz") and text.isdigit():
        return f"{name}={text}"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'


def matches(link, argument):
    """Whether a link passes one filter of a query, "name=value" (RFC 6690 4.1).

    >>> from linnet.linkformat import Link, matches
    >>> matches(Link("/s", rt="light lux"), "rt=lu*"), matches(Link("/s"), "rt=lux")
    (True, False)
    """
    name, equals, wanted = argument.partition("=")
    values = link.values(name)
    if not equals:
        return bool(values) or not name
    if name in ("rt", "if", "rel", "rev", "ct"):
        values = [part for value in values for part in value.split()]
    wanted = wanted.strip('"')
    if wanted.endswith("*"):
        return any(value.startswith(wanted[:-1]) for value in values)
    return wanted in values
