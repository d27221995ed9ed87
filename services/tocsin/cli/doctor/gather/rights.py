"""What the server lets us do, and what it lets people's user do, found out by trying what harms nobody."""

from collections.abc import Mapping

import msgspec

from tocsin.bus import NatsSettings, credentials, streams
from tocsin.bus.permission_probe import PermissionProbe, probing
from tocsin.cli.doctor.finding import Unseen
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
"""Subjects of questions that change nothing: an empty request to make a consumer is none."""
_NOBODY = "tocsin.probe.doctor"
"""Nobody listens there and no stream takes it."""
_HOW = "name a file with the viewer's password: --viewer-password-file FILE"


async def rights(settings: NatsSettings, viewer_password: str) -> Rights | Unseen:
    """Ours, and the viewer's where its password is known."""
    try:
        async with probing(settings) as probe:
            refused = [subject for subject in _NEEDS if not await probe.may_publish(subject)]
    except BusUnavailable as error:
        return Unseen(str(error))
    return Rights(user=credentials.who(settings), refused=refused, viewer=await _viewer(settings, viewer_password))


async def _viewer(settings: NatsSettings, password: str) -> Mapping[str, bool] | Unseen:
    if not password:
        return Unseen("the viewer's rights were not tried, since its password is not known here", _HOW)
    nobody = dict.fromkeys(("password_file", "token", "nkey_file", "creds_file"), "")
    own = msgspec.structs.replace(settings, url=_bare(settings), user="viewer", password=password, **nobody)
    try:
        async with probing(own) as probe:
            return await _tried(probe)
    except BusUnavailable as error:
        return Unseen(f"the viewer cannot log in: {error}", _HOW)


async def _tried(probe: PermissionProbe) -> Mapping[str, bool]:
    """In words, what people must not be able to do."""
    return {
        "publish": await probe.may_publish(_NOBODY),
        "ask JetStream": await probe.may_publish(f"{_API}.STREAM.INFO.{streams.EVENTS}"),
        "hear raw events": await probe.may_subscribe(subjects.ALL_EVENTS),
        "hear dead letters": await probe.may_subscribe(subjects.dead("collector")),
        "hear others' answers": await probe.may_subscribe("_INBOX_admin.>"),
    }


def _bare(settings: NatsSettings) -> str:
    """The addresses without a login in them."""
    parts = (server.partition("://") for server in settings.servers)
    return ",".join(f"{scheme}://{rest.rpartition('@')[2]}" for scheme, _, rest in parts)
