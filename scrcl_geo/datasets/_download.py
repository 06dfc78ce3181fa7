"""Downloads: https and a known sha256 alone, resumed after a cut, taken from the cache where it has them."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrcl_geo import _validate

logger = logging.getLogger(__name__)

CACHE_VARIABLE = "SCRCL_GEO_CACHE"
_RETRIES = 3
_SECONDS = 30.0  # without an answer
_CHUNK = 1 << 14  # bytes; a cut loses at most as many
_SCHEMES = ("https",)


@dataclass(frozen=True)
class Source:
    """One published file."""

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """Name of the file in the cache."""
        return Path(urlsplit(self.url).path).name


def fetch(dataset: str, sources: Sequence[Source], *, cache: Path | None, progress: bool) -> list[Path]:
    """The files of a data set, from the cache or from where they are published.

    Raises
    ------
    ScrclInputError
        No connection, a file that is gone, or one with another checksum; nothing wrong stays in the cache.
    """
    import pooch

    files = {f"{dataset}/{source.name}": source for source in sources}
    for source in sources:
        _secure(source.url)
    keeper = pooch.create(
        path=cache or pooch.os_cache("scrcl_geo"),
        base_url="",
        registry={name: f"sha256:{source.sha256}" for name, source in files.items()},
        urls={name: source.url for name, source in files.items()},
        env=None if cache else CACHE_VARIABLE,
        retry_if_failed=_RETRIES,
    )
    pooch.get_logger().setLevel(logging.WARNING)
    return [_one(keeper, name, source, progress) for name, source in files.items()]


def _one(keeper: Any, name: str, source: Source, progress: bool) -> Path:
    import requests

    target = Path(keeper.abspath) / name
    if not target.exists():
        logger.info("downloading %s", source.url)
    try:
        return Path(keeper.fetch(name, downloader=Resuming(target, progress=progress)))
    except requests.exceptions.HTTPError as error:
        answer = error.response.status_code if error.response is not None else "no answer"
        raise _validate.fail(
            f"cannot download {source.url}", f"the answer {answer}", f"copy the file to {target}"
        ) from error
    except requests.exceptions.RequestException as error:
        reason = f"no connection ({type(error).__name__})"
        raise _validate.fail(
            f"cannot download {source.url}", reason, f"connect, or copy the file to {target}"
        ) from error
    except ValueError as error:
        if isinstance(error, _validate.ScrclInputError):
            raise
        raise _validate.fail(
            f"{source.url} is not the file that was published",
            f"another checksum than sha256 {source.sha256}",
            f"look for the right file and copy it to {target}",
        ) from error
    except OSError as error:
        raise _validate.fail(
            f"cannot write {target}", error.strerror or str(error), f"set {CACHE_VARIABLE} to another folder"
        ) from error


class Resuming:
    """Downloader for pooch that goes on where an earlier one was cut."""

    def __init__(self, target: Path, *, progress: bool) -> None:
        self.part = target.with_name(f"{target.name}.part")
        self.progress = progress

    def __call__(self, url: str, output_file: Any, keeper: Any, check_only: bool = False) -> None:
        """Write the file at ``url`` to ``output_file``."""
        import requests
        from tqdm.auto import tqdm

        start = self.part.stat().st_size if self.part.exists() else 0
        # packing on the way would make lengths and positions of bytes meaningless
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with requests.get(url, headers=headers, stream=True, timeout=_SECONDS) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                self.part.unlink()
            response.raise_for_status()
            _secure(response.url)  # after redirections
            resumed = response.status_code == requests.codes.partial_content
            length = int(response.headers.get("Content-Length", 0)) + (start if resumed else 0)
            with (
                self.part.open("ab" if resumed else "wb") as file,
                tqdm(
                    total=length or None,
                    initial=start if resumed else 0,
                    desc=self.part.stem,
                    unit="B",
                    unit_scale=True,
                    disable=not self.progress,
                ) as bar,
            ):
                for chunk in response.iter_content(_CHUNK):
                    file.write(chunk)
                    bar.update(len(chunk))
        shutil.move(self.part, str(output_file))


def _secure(url: str) -> None:
    scheme = urlsplit(url).scheme
    if scheme not in _SCHEMES:
        raise _validate.fail(f"cannot download {url}", f"the scheme {scheme!r}", "only https is used")
