"""The permissions of this command's user and of the user viewer, tried with requests that change nothing."""

from collections.abc import Mapping

import msgspec

from tocsin.bus import NatsSettings, credentials, streams
from tocsin.bus.permission_probe import PermissionProbe, probing
from tocsin.cli.doctor.finding import Unknown
from tocsin.cli.doctor.observations import Rights
from tocsin.model import subjects
from tocsin.model.errors import BusUnavailable

_API = "$JS.API"
_NEEDS = (
    f"{_API}.STREAM.INFO.{streams.EVENTS}",
    f"{_API}.CONSUMER.INFO.{streams.EVENTS}.{streams.CLASSIFIER}",
    f"{_API}.CONSUMER.LIST.{streams.EVENTS}",
    f"{_API}.CONSUMER.CREATE.{streams.EVENTS}.doctor.{subjects.ALL_EVENTS}",
    f"{_API}.DIRECT.GET.{streams.EVENTS}",
    f"{_API}.DIRECT.GET.{streams.BUCKET_STREAM}.$KV.{streams.BUCKET}.{subjects.CORRELATOR_KEY}",
    f"{_API}.INFO",
)
"""Subjects of requests that change nothing: an empty request to create a consumer has no effect."""
_NOBODY = "tocsin.probe.doctor"
"""A subject without subscribers that no stream stores."""
_HOW = "set --viewer-password-file FILE, a file with the viewer's password"


async def rights(settings: NatsSettings, viewer_password: str) -> Rights | Unknown:
    """The permissions of this user, and the viewer's if its password is known."""
    try:
        async with probing(settings) as probe:
            refused = [subject for subject in _NEEDS if not await probe.may_publish(subject)]
    except BusUnavailable as error:
        return Unknown(str(error))
    return Rights(user=credentials.who(settings), refused=refused, viewer=await _viewer(settings, viewer_password))


async def _viewer(settings: NatsSettings, password: str) -> Mapping[str, bool] | Unknown:
    if not password:
        return Unknown("the viewer's permissions were not tried, because its password is unknown", _HOW)
    nobody = dict.fromkeys(("password_file", "token", "nkey_file", "creds_file"), "")
    viewer = msgspec.structs.replace(settings, url=_bare(settings), user="viewer", password=password, **nobody)
    try:
        async with probing(viewer) as probe:
            return await _tried(probe)
    except BusUnavailable as error:
        return Unknown(f"the viewer cannot log in: {error}", _HOW)


async def _tried(probe: PermissionProbe) -> Mapping[str, bool]:
    """What the viewer must not be able to do, and whether it can."""
    return {
        "publish": await probe.may_publish(_NOBODY),
        "use the JetStream API": await probe.may_publish(f"{_API}.STREAM.INFO.{streams.EVENTS}"),
        "read raw events": await probe.may_subscribe(subjects.ALL_EVENTS),
        "read dead letters": await probe.may_subscribe(subjects.dead("collector")),
        "read answers to other users": await probe.may_subscribe("_INBOX_admin.>"),
    }


def _bare(settings: NatsSettings) -> str:
    """The addresses without user and password."""
    parts = (server.partition("://") for server in settings.servers)
    return ",".join(f"{scheme}://{rest.rpartition('@')[2]}" for scheme, _, rest in parts)
