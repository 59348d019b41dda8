from enum import IntEnum

class Type(IntEnum):
    CON = 0
    NON = 1
    ACK = 2
    RST = 3

CON = Type.CON
NON = Type.NON
ACK = Type.ACK
RST = Type.RST

__all__ = ["Type", "CON", "NON", "ACK", "RST"]
