"""Files of every format that say what is not so, and cells that are hardly any."""

import gzip
import json
import shutil

import anndata as ad
import h5py
import numpy as np
import pandas as pd
from fuzz import odd
from fuzz.calls import FEW_STEPS, Call
from readers import make
from scipy import sparse

import scrcl_geo as sg


def sources(made, folder, rng):
    """``run``, ``info`` or ``map`` on a file that lies."""
    kinds = [lying_mtx, odd_mtx, odd_csv, user_block, large, odd_zarr, odd_json, odd_json, tenx, foreign]
    kind = kinds[rng.integers(len(kinds))]
    source = kind(folder, rng)
    output = str(folder / "out.h5ad")
    calls = [
        ["run", str(source), "--output", output, "--n-clusters", "2", "--quiet", *FEW_STEPS],
        ["info", str(source)],
        ["map", str(made.model), str(source), "--output", output, "--quiet"],
    ]
    return Call(calls[rng.choice(3, p=[0.6, 0.3, 0.1])], f"{kind.__name__} {source.name}")


def lying_mtx(folder, rng):
    """Sizes in the head that nothing in the file bears out."""
    source = make.mtx(make.cells(), folder / "mtx", packed=False)
    path = source / "matrix.mtx"
    kind, _, *entries = path.read_text().split("\n", 2)
    body = entries[-1].split("\n", 2)
    n = str(rng.choice(["2000000000", "-1", "0", "40.5", "x", "99999999999999999999"]))
    heads = [f"{n} {n} 10", f"40 60 {n}", f"{n} 60 900", f"40 {n} 900", f"{n}", "", "40 60 900 1"]
    path.write_text("\n".join([kind, heads[rng.integers(len(heads))], body[-1]]))
    if rng.random() < 0.5:
        packed(source)
    return source


def odd_mtx(folder, rng):
    """What a user of 10x files gets wrong."""
    adata = make.cells()
    source = make.mtx(adata, folder / "mtx", packed=bool(rng.random() < 0.5), legacy=bool(rng.random() < 0.3))
    there = sorted(source.iterdir())
    how = ["gone", "short", "twice", "columns", "file", "empty", "negative", "barcodes"][rng.integers(8)]
    path = there[rng.integers(len(there))]
    if how == "gone":
        path.unlink()
    elif how == "short":
        path.write_bytes(path.read_bytes()[: rng.integers(1, 200)])
    elif how == "twice":
        shutil.copy(path, source / f"other_{path.name}")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "file":
        return path
    elif how == "barcodes":
        names = next(p for p in there if "barcodes" in p.name)
        names.write_bytes(gzip.compress(b"A\nB\n") if names.suffix == ".gz" else b"A\nB\n")
    elif how == "columns":
        names = next(p for p in there if "genes" in p.name or "features" in p.name)
        text = "\n".join(adata.var_names) + "\n"
        names.write_bytes(gzip.compress(text.encode()) if names.suffix == ".gz" else text.encode())
    return source


def packed(source):
    for path in list(source.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()


def odd_csv(folder, rng):
    """Tables of text."""
    x = pd.DataFrame(rng.poisson(1.0, (30, 20)), [f"c{i}" for i in range(30)], [f"g{i}" for i in range(20)])
    text = x.to_csv()
    texts = [
        *(
            x.T.to_csv(),
            x.astype(str).replace("0", "").to_csv(),
            x.to_csv(sep=";", decimal=","),
            x.to_csv(header=False),
        ),
        *(
            x.to_csv(index=False),
            text.replace("0", "NA"),
            text.replace("1", "1,1"),
            "\ufeff" + text,
            text[:200],
        ),
        *(",", ",\n", "a,b\n", "a,b\nc,d\n", "a\tb,c;d\n1\t2\n", "\n" * 1000 + text, text * 2, '"' + text),
        *("x," * 100_000, text.replace("\n", "\r"), text.replace("c0,", "c0\0,"), text + "c99,1e400\n"),
        *(x.to_csv(quoting=1), x.to_csv(sep="\t"), text.replace(",", ", "), "# comment\n" + text),
    ]
    path = folder / "table.csv"
    path.write_bytes(texts[rng.integers(len(texts))].encode("utf-16" if rng.random() < 0.1 else "utf-8"))
    return path


def user_block(folder, rng):
    """HDF5 that starts later in the file, as the format allows."""
    path = folder / "block.h5ad"
    make.cells().write_h5ad(folder / "plain.h5ad")
    size = int(rng.choice([512, 1024, 2048]))
    start = [bytes(size), rng.bytes(size), b"\x1f\x8b" + bytes(size - 2), b"a,b\n" * (size // 4)][
        rng.integers(4)
    ]
    path.write_bytes(start + (folder / "plain.h5ad").read_bytes()[: -1 if rng.random() < 0.3 else None])
    return path


def large(folder, rng):
    """Arrays of a size that no machine holds, in a small file."""
    place = str(rng.choice(["X", "raw/X", "layers/wide", "obsm/wide", "uns/wide", "obs/wide", "sparse"]))
    adata = make.cells()
    adata.raw = adata.copy()
    path = folder / "large.h5ad"
    adata.write_h5ad(path)
    chunks = {"dtype": np.float32, "chunks": True, "compression": "gzip"}
    with h5py.File(path, "r+") as file:
        if place == "sparse":
            for name in ("data", "indices"):
                del file[f"raw/X/{name}"]
                kind = {**chunks, "dtype": np.float32 if name == "data" else np.int64}
                file.create_dataset(f"raw/X/{name}", (10**12,), **kind)
            return path
        if place in file:
            del file[place]
        n = {"raw/X": (60, 10**11), "X": (60, 10**11), "obs/wide": (10**12,)}.get(place, (60, 10**11))
        item = file.create_dataset(place, n, **chunks)
        item.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
        if rng.random() < 0.5 and "X" in place:
            groups = [file["raw/var"]] if place == "raw/X" else [file["var"]]
            groups[0].attrs["note"] = "the names are too few"
    return path


def odd_zarr(folder, rng):
    """A zarr folder whose metadata is something else."""
    path = folder / "store.zarr"
    adata = make.cells()
    adata.write_zarr(path)
    metadata = sorted(p for p in path.rglob("*") if p.name in ("zarr.json", ".zattrs", ".zarray", ".zgroup"))
    if rng.random() < 0.4:
        metadata = [p for p in metadata if p.parent == path]
    at = metadata[rng.integers(len(metadata))]
    how = ["list", "text", "deep", "value", "value", "shape", "shape", "gone", "binary"][rng.integers(9)]
    stored = json.loads(at.read_text())
    if how in ("list", "text", "deep", "binary"):
        code = {"list": b"[1]", "text": b'"x"', "deep": b"[" * 200_000, "binary": b"\xff\xfe"}[how]
        at.write_bytes(code)
    elif how == "gone":
        at.unlink()
    else:
        if how == "shape" and isinstance(stored, dict) and "shape" in stored:
            stored["shape"] = [10**12, *stored["shape"][1:]]
        elif isinstance(stored, dict) and stored:
            stored[sorted(stored)[rng.integers(len(stored))]] = odd.plain(rng)
        at.write_text(json.dumps(stored))
    return path


def odd_json(folder, rng):
    """Scale factors of Visium, or the table beside the counts, of another type."""
    adata = make.cells()
    source = make.visium(adata, folder / "visium", images=bool(rng.random() < 0.5))
    path = source / "spatial" / "scalefactors_json.json"
    if rng.random() < 0.7:
        factors = json.loads(path.read_text())
        factors[sorted(factors)[rng.integers(len(factors))]] = odd.plain(rng)
        texts = [json.dumps(factors)] * 4 + ["[1]", '"x"', "null", "[" * 100_000, "", "{"]
        path.write_text(texts[rng.integers(len(texts))])
    else:
        table = source / "spatial" / "tissue_positions.csv"
        lines = table.read_text().splitlines()
        texts = ["", lines[0], "\n".join(lines[:5]), "\n".join(x[:10] for x in lines), "a,b\n1,2\n"]
        texts.append("\n".join(lines).replace("0", "x"))
        table.write_text(texts[rng.integers(len(texts))])
    return source


def tenx(folder, rng):
    """Cell Ranger's .h5 with a part of another form."""
    path = make.tenx_h5(make.cells(), folder / "tenx.h5")
    with h5py.File(path, "r+") as file:
        group = file["matrix"]
        name = ["data", "indices", "indptr", "shape", "barcodes", "features"][rng.integers(6)]
        how = ["gone", "large", "short", "text", "group"][rng.integers(5)]
        old = group[name][:] if name != "features" else np.zeros(3)
        del group[name]
        if how == "large":
            group[name] = np.full(len(old), 2**31 - 1, np.int64)
        elif how == "short":
            group[name] = old[:1]
        elif how == "text":
            group[name] = "text"
        elif how == "group":
            group.create_group(name)
    return path


def foreign(folder, rng):
    """Files of other programs."""
    path = folder / str(rng.choice(["a.h5ad", "a.tar.gz", "a.zip", "a.png", "a.rds", "a.loom", "a"]))
    starts = [
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"\x89PNG\r\n",
        b"\x89HDF\r\n\x1a\n",
        b"X\n\x00\x00",
        b"",
        b"{}",
        b"\n",
    ]
    path.write_bytes(starts[rng.integers(len(starts))] + rng.bytes(int(rng.choice([0, 100, 5000]))))
    return path


def cells(made, folder, rng):
    """Few cells, cells that are alike, many batches, tables on their side."""
    kinds = [few, few, alike, many_batches, zeros, sideways, one_hot, constant_space]
    kind = kinds[rng.integers(len(kinds))]
    adata, extra = kind(rng)
    path = folder / "cells.h5ad"
    adata.write_h5ad(path)
    arguments = ["run", str(path), "--output", str(folder / "out.h5ad"), "--quiet", *FEW_STEPS, *extra]
    if rng.random() < 0.6:
        arguments += ["--n-clusters", str(rng.choice(["2", "3"]))]
    if rng.random() < 0.3:
        arguments += ["--spatial", "no"]
    return Call(arguments, f"{kind.__name__} {adata.shape}")


def few(rng):
    n, g = int(rng.choice([1, 2, 3, 4, 5, 8, 12])), int(rng.choice([1, 2, 3, 30]))
    adata = ad.AnnData(sparse.csr_matrix(rng.poisson(2.0, (n, g)).astype(np.float32)))
    if rng.random() < 0.5:
        adata.obsm["spatial"] = rng.uniform(0, 100, (n, 2))
    return adata, []


def alike(rng):
    row = rng.poisson(2.0, 30).astype(np.float32)
    adata = ad.AnnData(np.repeat(row[None], 60, axis=0))
    if rng.random() < 0.3:
        adata.obsm["spatial"] = rng.uniform(0, 100, (60, 2))
    return adata, []


def many_batches(rng):
    adata = sg.datasets.toy(n_slides=1, n_cells=80, n_genes=60)
    adata.obs["batch"] = pd.Categorical([f"b{i // int(rng.choice([1, 4]))}" for i in range(80)])
    return adata, ["--batch-key", "batch"]


def zeros(rng):
    adata = sg.datasets.toy(n_slides=1, n_cells=40, n_genes=60)
    x = adata.X.toarray()
    x[rng.random(x.shape) < 0.97] = 0
    adata.X = sparse.csr_matrix(x)
    return adata, []


def sideways(rng):
    adata = sg.datasets.toy(n_slides=1, n_cells=60, n_genes=200)
    del adata.obsm, adata.uns
    return adata.T.copy(), []


def one_hot(rng):
    return ad.AnnData(sparse.eye(30, format="csr", dtype=np.float32)), []


def constant_space(rng):
    adata = sg.datasets.toy(n_slides=1, n_cells=40, n_genes=60)
    places = [np.zeros((40, 2)), np.ones((40, 2)) * np.nan, np.repeat(np.eye(2), 20, axis=0)]
    adata.obsm["spatial"] = places[rng.integers(3)]
    return adata, []
