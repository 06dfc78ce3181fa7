"""Outputs of a run in which somebody else has written."""

import anndata as ad
import numpy as np
import pandas as pd
from fuzz import odd
from fuzz.calls import FEW_STEPS, Call

OURS = [
    *("scrcl", "scrcl_associations", "scrcl_graph", "scrcl_inputs", "scrcl_map"),
    *("scrcl_n_clusters", "scrcl_partitions", "scrcl_reach", "scrcl_structure", "scrcl_units"),
    *("scrcl_expression", "scrcl_spatial_neighbors", "coexpression_neighbors", "scrcl_partitions"),
]


def results(made, folder, rng):
    """``cluster``, ``report``, ``run``, ``info`` or ``map`` on an output that was written over."""
    adata = ad.read_h5ad(made.result)
    changes = [uns, uns, inside, inside, obsm, graphs, columns, names, colors, colors, images, images, matrix]
    output = folder / "odd.h5ad"
    while True:
        changed = adata.copy()
        what = changes[rng.integers(len(changes))](changed, rng)
        try:
            changed.write_h5ad(output)
            break
        except Exception:  # no file can hold it
            output.unlink(missing_ok=True)
    other, page = str(folder / "out.h5ad"), str(folder / "page.html")
    calls = [
        ["cluster", str(output), "--n-clusters", "2,4"],
        ["cluster", str(output), "--estimate"],
        ["report", str(output), "--html", page],
        ["report", str(output), "--html", page],
        ["report", str(output), "--html", page, "--groupby", "slide"],
        ["run", str(output), "--output", other, "--n-clusters", "2", *FEW_STEPS],
        ["map", str(made.model), str(output), "--output", other],
        ["info", str(output)],
    ]
    arguments = calls[rng.integers(len(calls))]
    quiet = [] if arguments[0] == "info" else ["--quiet"]
    return Call([*arguments, *quiet], what)


def uns(adata, rng):
    key = str(rng.choice(OURS))
    if rng.random() < 0.2:
        adata.uns.pop(key, None)
        return f"no uns[{key!r}]"
    adata.uns[key] = value = odd.in_uns(rng)
    return f"uns[{key!r}] = {str(value)[:60]!r}"


def inside(adata, rng):
    """Another value somewhere inside of what a run wrote."""
    there = [key for key in OURS if isinstance(adata.uns.get(key), dict | pd.DataFrame)]
    at, way = adata.uns, []
    key = str(rng.choice(there))
    while True:
        way.append(key)
        if not isinstance(at[key], dict) or not at[key] or (rng.random() < 0.3 and len(way) > 1):
            break
        at = at[key]
        key = sorted(at)[rng.integers(len(at))]
    value = at[key]
    if isinstance(value, pd.DataFrame) and len(value.columns) and rng.random() < 0.7:
        name = value.columns[rng.integers(len(value.columns))]
        way.append(name)
        if rng.random() < 0.3:
            at[key] = value.drop(columns=name)
        else:
            at[key] = value.assign(**{name: odd.column(rng, len(value))}) if len(value) else value
        return f"uns {way}"
    at[key] = odd.in_uns(rng)
    return f"uns {way} = {str(at[key])[:60]!r}"


def obsm(adata, rng):
    key = str(rng.choice(["X_scrcl", "X_scrcl_refined", "X_scrcl_pca", "X_scrcl_umap", "X_umap", "spatial"]))
    if rng.random() < 0.15:
        adata.obsm.pop(key, None)
        return f"no obsm[{key!r}]"
    value = odd.rows(rng, adata.n_obs)
    if isinstance(value, pd.DataFrame):
        value.index = adata.obs_names
    adata.obsm[key] = value
    return f"obsm[{key!r}] {type(value).__name__} {value.shape} {getattr(value, 'dtype', '')}"


def graphs(adata, rng):
    keys = [
        "scrcl_connectivities",
        "scrcl_expression_connectivities",
        "scrcl_spatial_connectivities",
        "scrcl_spatial_distances",
    ]
    key = str(rng.choice(keys))
    if rng.random() < 0.2:
        adata.obsp.pop(key, None)
        return f"no obsp[{key!r}]"
    if rng.random() < 0.3:
        adata.varp["coexpression_connectivities"] = value = odd.square(rng, adata.n_vars)
    else:
        adata.obsp[key] = value = odd.square(rng, adata.n_obs)
    return f"{key} {type(value).__name__} {value.dtype}"


def columns(adata, rng):
    key = str(
        rng.choice(["scrcl", "scrcl", "scrcl_3", "scrcl_²", "scrcl_", "scrcl_0", "scrcl_99", "slide", "x/y"])
    )
    adata.obs[key] = value = odd.column(rng, adata.n_obs)
    if rng.random() < 0.2:
        adata.var["scrcl_used"] = odd.column(rng, adata.n_vars)
    return f"obs[{key!r}] {getattr(value, 'dtype', type(value))} {list(value)[:3]}"


def names(adata, rng):
    how = ["cells", "genes", "index", "html", "long"][rng.integers(5)]
    if how == "cells":
        adata.obs_names = ["cell"] * adata.n_obs
    elif how == "genes":
        adata.var_names = [f"other_{i}" for i in range(adata.n_vars)]
    elif how == "index":
        adata.obs.index.name = "scrcl"
    elif how == "html":
        adata.var_names = ["<script>alert(1)</script>", *adata.var_names[1:]]
    else:
        adata.obs_names = ["x" * 10_000, *adata.obs_names[1:]]
    return f"names: {how}"


def colors(adata, rng):
    key = str(rng.choice(["scrcl_colors", "scrcl_colors", "slide_colors", "domain_colors", "scrcl_3_colors"]))
    adata.uns[key] = value = odd.colors(rng)
    return f"uns[{key!r}] = {str(value)[:60]!r}"


def images(adata, rng):
    """Tissue images in squidpy's form, but for something."""
    picture = rng.integers(0, 255, (20, 30, 3), dtype=np.uint8)
    pictures = [
        *(picture, picture[:, :, 0], picture[:, :, :1], picture[:0], picture / 255.0, picture * np.nan),
        *(np.array("text"), 3, picture.astype(float) * 1e300, picture.astype(complex), picture[0, 0]),
        *(picture.astype(str).astype(object), np.concatenate([picture] * 3, axis=2), {}, picture > 100),
    ]
    scales = [1.0, 0.0, -1.0, np.nan, np.inf, 1e-300, 1e300, "wide", np.array([1.0, 2.0]), {}, np.array(b"x")]
    library = {
        "images": {"hires": pictures[rng.integers(len(pictures))]},
        "scalefactors": {
            "tissue_hires_scalef": scales[rng.integers(len(scales))],
            "spot_diameter_fullres": scales[rng.integers(len(scales))],
        },
    }
    name = str(rng.choice(["images", "scalefactors", "none", "none"]))
    if name != "none":
        library[name] = odd.in_uns(rng)
    adata.uns["spatial"] = {"one": library} if rng.random() < 0.8 else odd.in_uns(rng)
    return f"uns['spatial'] = {str(adata.uns['spatial'])[:120]!r}"


def matrix(adata, rng):
    if rng.random() < 0.4:
        adata.X = None
        return "no X"
    if rng.random() < 0.5:
        adata.X = np.full(adata.shape, rng.choice([np.nan, 0.0, -1.0, np.inf]))
        return "X of one value"
    adata.raw = adata[:, :0].copy()
    adata.varm["scrcl"] = np.full((adata.n_vars, 1), np.nan)
    return "no raw genes"
