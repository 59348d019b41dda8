"""Hands over to the extension what it makes objects with."""

from . import _linnet, error, protocol, remote
from .message import Message
from .numbers.codes import Code
from .numbers.constants import DEFAULT_TUNING, transmission_of
from .numbers.contentformat import ContentFormat
from .numbers.types import Type
from .options import Options
from .optiontypes import BlockOption

_linnet._setup(
    Message=Message,
    Options=Options,
    Request=protocol.Request,
    Observation=protocol.ClientObservation,
    Responses=protocol.Responses,
    Code=Code,
    Type=Type,
    ContentFormat=ContentFormat,
    Block=BlockOption.BlockwiseTuple,
    make_error=error._make,
    make_remote=remote.Remote,
    make_undecided=remote.UndecidedRemote._of,
    default_tuning=DEFAULT_TUNING,
    transmission_of=transmission_of,
)
