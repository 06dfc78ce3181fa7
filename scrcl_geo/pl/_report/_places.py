"""Where the report draws cells: samples side by side, over the tissue image where there is one."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np

from scrcl_geo import _keys
from scrcl_geo._schema.result import stored
from scrcl_geo.pl._report._payload import binary, text
from scrcl_geo.pl._report._source import Source

_GAP = 1.08  # of a sample's width and height, so that neighbours on the page do not touch
_IMAGE_PIXELS = 1200  # of the longer side


def views(source: Source) -> list[dict[str, Any]]:
    """The linked views: tissue, where there are coordinates, and UMAP."""
    plane: dict[str, Any] = {
        "id": "umap",
        "title": "UMAP",
        "x": binary(source.umap[:, 0], "f4"),
        "y": binary(source.umap[:, 1], "f4"),
        "labels": [],
        "images": [],
        "samples": None,
        "tissue": False,
    }
    tissue = _tissue(source)
    return [plane] if tissue is None else [tissue, plane]


def _tissue(source: Source) -> dict[str, Any] | None:
    raw = stored(source.adata, "obsm", _keys.SPATIAL)
    if raw is None or raw.shape[1] < 2:
        return None
    xy = raw[source.drawn, :2].astype(np.float64)
    samples, codes = _samples(source)
    labels, images, shifts = [], [], []
    boxes = [_box(xy[codes == s]) for s in range(len(samples))]
    shown = []
    width, height = _GAP * np.max([high - low for low, high in boxes], axis=0)
    columns = int(np.ceil(np.sqrt(len(samples))))
    for s, name in enumerate(samples):
        low, high = boxes[s]
        corner = np.array([s % columns * width, s // columns * height]) if len(samples) > 1 else low
        xy[codes == s] += corner - low
        shifts.append((corner - low).tolist())
        shown.append([*corner.tolist(), *(corner + high - low).tolist()])
        if len(samples) > 1:
            middle = float(corner[0] + (high - low)[0] / 2)
            labels.append({"x": middle, "y": float(corner[1]), "text": text(name)})
        image = _image(source, name)
        if image is not None:
            image["x"], image["y"] = (corner - low).tolist()
            image["sample"] = name
            images.append(image)
    # each sample's left, top, right and bottom, and how far it was moved
    layout = {"boxes": shown, "shifts": shifts}
    return {
        "id": "tissue",
        "title": "Tissue",
        "x": binary(xy[:, 0], "f4"),
        "y": binary(xy[:, 1], "f4"),
        "labels": labels,
        "images": images,
        "samples": None if len(samples) < 2 else {**layout, "names": samples, "codes": binary(codes, "u2")},
        "tissue": True,
    }


def _samples(source: Source) -> tuple[list[str], np.ndarray]:
    if source.batch_key is None:
        return [""], np.zeros(len(source.drawn), dtype=np.int64)
    column = source.adata.obs[source.batch_key].astype("category").iloc[source.drawn]
    column = column.cat.remove_unused_categories()
    # cells that name no sample are drawn with the first
    return [str(name) for name in column.cat.categories], np.maximum(column.cat.codes.to_numpy(), 0)


def _box(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = xy[np.isfinite(xy).all(axis=1)]
    if not len(known):
        return np.zeros(2), np.zeros(2)
    return known.min(axis=0), known.max(axis=0)


def _image(source: Source, sample: str) -> dict[str, Any] | None:
    """The tissue image from Visium's key of ``uns``, smaller, as a JPEG in the page."""
    from PIL import Image

    libraries = stored(source.adata, "uns", _keys.SPATIAL, default={})
    if sample not in libraries and (sample or len(libraries) != 1):
        return None
    library = libraries[sample or next(iter(libraries))]
    pictures, scales = library.get("images", {}), library.get("scalefactors", {})
    for size in ("hires", "lowres"):
        if size in pictures and f"tissue_{size}_scalef" in scales:
            pixels, scale = pictures[size], float(scales[f"tissue_{size}_scalef"])
            break
    else:
        return None
    if pixels.dtype.kind == "f":
        pixels = np.clip(255 * pixels, 0, 255)
    picture = Image.fromarray((pixels if pixels.ndim == 2 else pixels[..., :3]).astype(np.uint8)).convert(
        "RGB"
    )
    extent = [side / scale for side in picture.size]
    picture.thumbnail((_IMAGE_PIXELS, _IMAGE_PIXELS))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=75)
    code = base64.b64encode(stream.getvalue()).decode()
    return {"source": f"data:image/jpeg;base64,{code}", "sizex": extent[0], "sizey": extent[1]}
