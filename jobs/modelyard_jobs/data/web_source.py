"""A file of a web server, by https:// alone: what a model is made of can't be read or changed on its way."""

import asyncio
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp
from fsspec.implementations.http import HTTPFileSystem
from modelyard_api.conditions import Reason

from modelyard_jobs.data.source import Copied, is_full, place_for, shown
from modelyard_jobs.termination import InvalidRequest, JobFailure, Unavailable

_CONNECT_SECONDS, _SILENCE_SECONDS = 15, 60
_LATER = frozenset({408, 425, 429})  # "try again", beside all from 500 on
_REFUSED = frozenset({401, 403, 407})
_GONE = frozenset({404, 410})


class _NotEncrypted(Exception):
    """The server sends us on to an address without TLS."""


def copy(_: Any, uri: str, folder: Path) -> Copied:
    """The file's name, and its copy. Raises InvalidRequest or Unavailable."""
    parts = urlsplit(uri)
    if "*" in parts.path:
        raise _invalid(f"{shown(uri)}: a * needs a list of files, which a web server doesn't give; name one file, or use s3://")
    name = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
    place = place_for(folder, 0, name)
    asyncio.run(_download(uri, place))
    return [(name, place)]


async def _download(uri: str, place: Path) -> None:
    web = HTTPFileSystem(asynchronous=True, get_client=_session, encoded=uri.isascii() and " " not in uri, skip_instance_cache=True)
    session = await web.set_session()
    try:
        await web._get_file(uri, str(place))  # fsspec's way to call it from a coroutine
    except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError, _NotEncrypted) as error:
        if is_full(error):
            raise
        raise _failure(error, shown(uri), urlsplit(uri).hostname or "") from error
    finally:
        await session.close()


async def _session(**_: Any) -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_require_encryption)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=ssl.create_default_context()),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS),
        trace_configs=[trace],
        trust_env=True,  # HTTPS_PROXY
    )


async def _require_encryption(_session: Any, _context: Any, redirect: aiohttp.TraceRequestRedirectParams) -> None:
    location = redirect.response.headers.get("Location") or redirect.response.headers.get("URI") or ""
    if urlsplit(location).scheme not in {"", "https"}:
        raise _NotEncrypted


def _failure(error: Exception, url: str, host: str) -> JobFailure:
    if isinstance(error, FileNotFoundError | aiohttp.ClientResponseError) and not isinstance(error, aiohttp.TooManyRedirects):
        return _of_status(getattr(error, "status", 404), url, host)
    certificate = getattr(getattr(error, "certificate_error", None), "verify_message", "it can't be verified")
    final = {
        _NotEncrypted: f"{host} sends {url} on to an address without https; name an address that stays with https",
        aiohttp.TooManyRedirects: f"{host} sends {url} on and on; name the address of the file itself",
        aiohttp.ClientConnectorCertificateError: f"the certificate of {host} is refused ({certificate}); correct the address, or the server",
        ValueError: f"{url} is no address of a web server; correct spec.data.source.uri",
    }
    for kind, message in final.items():
        if isinstance(error, kind):
            return _invalid(message)
    what = "gave no sign for too long" if isinstance(error, TimeoutError) else "can't be reached, or broke off"
    return Unavailable(Reason.DATA_UNAVAILABLE, f"{host} {what} for {url} ({type(error).__name__}); trying again")


def _of_status(status: int, url: str, host: str) -> JobFailure:
    if status in _GONE:
        return _invalid(f"there is no file {url}: {host} responds with {status}; correct spec.data.source.uri")
    if status in _REFUSED:
        return _invalid(f"{host} gives {url} to nobody without a log-in ({status}); use a signed address, or put the file into S3")
    if status in _LATER or status >= 500:
        return Unavailable(Reason.DATA_UNAVAILABLE, f"{host} responds with {status} for {url}; trying again")
    return _invalid(f"{host} responds with {status} for {url}; correct spec.data.source.uri")


def _invalid(message: str) -> InvalidRequest:
    return InvalidRequest(Reason.DATA_UNAVAILABLE, message)
