"""Numbers that have names: codes, message types, Content-Formats, options, transmission parameters.

>>> from linnet.numbers import GET, NON, ContentFormat, OptionNumber
>>> ContentFormat.JSON
<ContentFormat 50, media_type='application/json'>
>>> OptionNumber.URI_PATH.is_critical()
True
"""

from . import codes, constants, types
from .codes import *  # noqa: F403
from .constants import *  # noqa: F403
from .contentformat import ContentFormat
from .optionnumbers import OptionNumber
from .types import *  # noqa: F403

__all__ = [*constants.__all__, *types.__all__, *codes.__all__, "ContentFormat", "OptionNumber"]
