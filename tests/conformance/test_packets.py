"""Every packet that Linnet sent while the conformance tests ran, judged by tshark at their end."""

from support.judging import test_tshark_finds_nothing_wrong_in_any_packet_that_linnet_sent  # noqa: F401
