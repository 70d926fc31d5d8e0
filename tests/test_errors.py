import pytest

from handover import errors


@pytest.mark.parametrize(
    ("error", "fault", "zcl", "http"),
    [
        (errors.DecodeError, "peer", 0x80, 400),
        (errors.EncodeError, "handover", 0x01, 500),
        (errors.Untranslatable, "standards", 0x81, 404),
        (errors.NotNow, "state", 0x01, 503),
        (errors.Refused, "policy", 0x7E, 403),
        (errors.ConfigError, "operator", 0x01, 500),
    ],
)
def test_each_error_says_who_is_at_fault_and_what_a_peer_is_told(
    error: type[errors.HandoverError], fault: str, zcl: int, http: int
) -> None:
    assert (error.fault, error.zcl_status, error.http_status) == (fault, zcl, http)
    assert issubclass(error, errors.HandoverError)
