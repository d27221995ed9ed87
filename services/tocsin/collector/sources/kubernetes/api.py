"""Requests to the Kubernetes API server; failures of HTTP and of the client library become `ApiError`."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
from msgspec import Struct

from tocsin.model.errors import SettingsError, TocsinError

if TYPE_CHECKING:
    from kubernetes_asyncio.client import Configuration

_ANSWER_S = 30.0
_CONNECT_S = 10.0
_BUFFER_BYTES = 32 << 10
"""Of one connection; aiohttp buffers up to twice as much and then waits for the reader."""
_MOST_BYTES = 64 << 20
"""Limit of an answer that is read as a whole, such as a page of 500 pods."""
_MOST_ERROR_BYTES = 16 << 10
_MOST_WAIT_S = 120.0
EXTRA = "kubernetes"
_FAILURES = (aiohttp.ClientError, TimeoutError, OSError)


class ApiError(TocsinError):
    """The API server refused the request or does not answer; the same request may succeed later."""

    def __init__(self, text: str, *, status: int = 0, retry_after_s: float = 0.0) -> None:
        """*status* is the HTTP status; 0 without an answer."""
        super().__init__(text)
        self.status = status
        self.retry_after_s = retry_after_s
        """Seconds to wait, as the server asks; 0 if it does not."""


class _Status(Struct):
    message: str = ""
    reason: str = ""


class KubeApi:
    """One API server, with the credentials of the kubeconfig or of the pod's service account."""

    def __init__(
        self, http: aiohttp.ClientSession, configuration: "Configuration", load: "ConfigurationLoader"
    ) -> None:
        """Use `open_api`."""
        self._http = http
        self._configuration = configuration
        self._load = load
        self.refreshed = 0
        """Number of times the credentials were read again because they were refused."""

    async def get(self, path: str, query: Mapping[str, str], *, action: str) -> bytes:
        """The whole answer; *action* names the right that it needs, such as ``list pods in namespace kube-system``."""
        try:
            async with asyncio.timeout(_ANSWER_S), self._request(path, query, action) as answer:
                content = b"".join([chunk async for chunk in _bounded(answer, _MOST_BYTES)])
        except _FAILURES as error:
            raise _unanswered(error) from error
        return content

    @asynccontextmanager
    async def stream(self, path: str, query: Mapping[str, str], *, action: str) -> AsyncIterator[aiohttp.StreamReader]:
        """An answer as it comes. The headers may come as late as the first line, so the caller sets a time-out."""
        try:
            async with self._request(path, query, action) as answer:
                yield answer.content
        except _FAILURES as error:
            raise _unanswered(error) from error

    @asynccontextmanager
    async def _request(self, path: str, query: Mapping[str, str], action: str) -> AsyncIterator[aiohttp.ClientResponse]:
        url = f"{self._configuration.host}{path}"
        options: dict[str, Any] = {"proxy": self._configuration.proxy} if self._configuration.proxy else {}
        if self._configuration.tls_server_name:
            options["server_hostname"] = self._configuration.tls_server_name
        headers = {"Accept": "application/json, */*", **await self._authorization()}
        async with self._http.get(url, params=query, headers=headers, allow_redirects=False, **options) as answer:
            if answer.status != 200:
                error = await _refused(answer, action)
                if error.status == 401:
                    await self._reload_credentials()
                raise error
            yield answer

    async def _authorization(self) -> dict[str, str]:
        token = await self._configuration.get_api_key_with_prefix("BearerToken")
        return {"Authorization": str(token).strip()} if token else {}

    async def _reload_credentials(self) -> None:
        """Read the credentials again: the token may have been replaced in its file."""
        self.refreshed += 1
        try:
            self._configuration = await self._load()
        except SettingsError as error:
            text = f"the API server refused the credentials, and reading them again failed: {error}"
            raise ApiError(text, status=401) from error


class ConfigurationLoader:
    """Reads the address of the API server and the credentials from files, each time it is called."""

    def __init__(self, kubeconfig: str, account_path: str) -> None:
        """*kubeconfig* is a file; if it is empty, *account_path* is the folder of the pod's service account."""
        self._kubeconfig = kubeconfig
        self._account = account_path

    async def __call__(self) -> "Configuration":
        """The client library's configuration; `SettingsError` if the files are missing or wrong."""
        try:
            from kubernetes_asyncio.client import Configuration
            from kubernetes_asyncio.config import load_kube_config
            from kubernetes_asyncio.config.config_exception import ConfigException
            from kubernetes_asyncio.config.incluster_config import load_incluster_config
        except ImportError as error:
            raise SettingsError(
                f"TOCSIN_COLLECTOR_SOURCE=kubernetes needs the extra `{EXTRA}`: pip install 'tocsin[{EXTRA}]' ({error})"
            ) from error
        configuration = Configuration()
        try:
            if self._kubeconfig:
                await load_kube_config(self._kubeconfig, client_configuration=configuration)
            else:
                names = {name: os.path.join(self._account, file) for name, file in _ACCOUNT_FILES.items()}  # noqa: PTH118
                load_incluster_config(configuration, **names)  # type: ignore[no-untyped-call]
        except (ConfigException, OSError, ValueError) as error:
            place = (
                f"TOCSIN_COLLECTOR_KUBECONFIG={self._kubeconfig}"
                if self._kubeconfig
                else f"no service account at {self._account}; outside of a Kubernetes pod, set "
                "TOCSIN_COLLECTOR_KUBECONFIG to a kubeconfig file"
            )
            raise SettingsError(f"{place}: {error}") from error
        return configuration


_ACCOUNT_FILES = {"token_filename": "token", "cert_filename": "ca.crt"}


@asynccontextmanager
async def open_api(kubeconfig: str, account_path: str) -> AsyncIterator[KubeApi]:
    """The API server of *kubeconfig*, or of the cluster that this pod runs in; `SettingsError` without either."""
    load = ConfigurationLoader(kubeconfig, account_path)
    configuration = await load()
    connector = aiohttp.TCPConnector(limit=0, ssl=_context(configuration), ttl_dns_cache=30)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, read_bufsize=_BUFFER_BYTES) as http:
        yield KubeApi(http, configuration, load)


def _context(configuration: "Configuration") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _bounded(answer: aiohttp.ClientResponse, most: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in answer.content.iter_any():
        size += len(chunk)
        if size > most:
            raise ApiError(f"the API server's answer is larger than {most >> 20} MiB")
        yield chunk


async def _refused(answer: aiohttp.ClientResponse, action: str) -> ApiError:
    raw = await answer.content.read(_MOST_ERROR_BYTES)
    try:
        status = msgspec.json.decode(raw, type=_Status)
        message = status.message or status.reason
    except msgspec.DecodeError:
        message = raw[:200].decode(errors="replace").strip()
    text = f"{action}: the API server answers {answer.status}: {message or answer.reason}"
    if answer.status == 403:
        text += (
            ". The collector's service account needs a Role with get, list and watch of pods and get of pods/log in "
            "Tetragon's namespace, and a RoleBinding to it"
        )
    elif answer.status == 401:
        text += ". The token was read again from its file"
    return ApiError(text, status=answer.status, retry_after_s=_retry_after(answer))


def _retry_after(answer: aiohttp.ClientResponse) -> float:
    try:
        return min(max(float(answer.headers.get("Retry-After", "0")), 0.0), _MOST_WAIT_S)
    except ValueError:
        return 0.0


def _unanswered(error: BaseException) -> ApiError:
    return ApiError(f"the API server does not answer: {str(error) or type(error).__name__}")
