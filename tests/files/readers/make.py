"""Small files in each format, as the instruments and packages write them."""

import gzip
import json

import h5py
import numpy as np
import pandas as pd
from PIL import Image
from scipy import io, sparse

import scrcl_geo as sg

N_CELLS, N_GENES = 60, 40
SPOT = 137.0  # pixels between spots of a published slide


def cells(spacing=50.0):
    """Toy cells with barcodes, on a grid of ``spacing``; two genes share a symbol, as in 10x references."""
    adata = sg.datasets.toy(n_slides=1, n_cells=N_CELLS, n_genes=N_GENES, n_markers=4)
    adata.obs_names = [f"AAAC{i:04d}-1" for i in range(N_CELLS)]
    adata.obsm["spatial"] = adata.obsm["spatial"] / 50 * spacing
    adata.var["gene_ids"] = [f"ENSG{i:05d}" for i in range(N_GENES)]
    return adata


def tenx_h5(adata, path):
    """Cell Ranger 3 and later; the last feature is an antibody."""
    matrix = sparse.csc_matrix(sparse.hstack([adata.X, np.ones((adata.n_obs, 1))]).T)
    names = [*adata.var_names[:-1], adata.var_names[0], "CD3"]
    with h5py.File(path, "w") as file:
        file.attrs["library_ids"] = np.array([b"slide_1"])
        file.attrs["chemistry_description"] = b"Spatial 3' v1"
        group = file.create_group("matrix")
        group["data"], group["indices"] = matrix.data.astype(np.int32), matrix.indices
        group["indptr"], group["shape"] = matrix.indptr, np.array(matrix.shape, np.int32)
        group["barcodes"] = np.array(adata.obs_names, "S")
        features = group.create_group("features")
        features["id"] = np.array([*adata.var["gene_ids"], "CD3"], "S")
        features["name"] = np.array(names, "S")
        features["feature_type"] = np.array(["Gene Expression"] * adata.n_vars + ["Antibody Capture"], "S")
        features["genome"] = np.array(["toy"] * (adata.n_vars + 1), "S")
        features["_all_tag_keys"] = np.array(["genome"], "S")
    return path


def mtx(adata, folder, *, packed=True, legacy=False, prefix=""):
    """A folder of Cell Ranger 2 (legacy) or later, packed or unpacked."""
    folder.mkdir(parents=True, exist_ok=True)
    genes = pd.DataFrame({"id": adata.var["gene_ids"].to_numpy(), "name": adata.var_names})
    if not legacy:
        genes["type"] = "Gene Expression"
    texts = {
        f"{prefix}{'genes' if legacy else 'features'}.tsv": genes.to_csv(sep="\t", header=False, index=False),
        f"{prefix}barcodes.tsv": "\n".join(adata.obs_names) + "\n",
    }
    io.mmwrite(folder / f"{prefix}matrix.mtx", sparse.coo_matrix(adata.X.T.astype(int)))
    texts[f"{prefix}matrix.mtx"] = (folder / f"{prefix}matrix.mtx").read_text()
    for name, text in texts.items():
        if packed:
            (folder / name).unlink(missing_ok=True)
            (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / name).write_text(text)
    return folder


def positions(adata):
    """Space Ranger's table: row (y) before column (x), one more spot than there are cells."""
    x, y = adata.obsm["spatial"].T
    table = pd.DataFrame(
        {
            "barcode": adata.obs_names,
            "in_tissue": 1,
            "array_row": np.arange(adata.n_obs),
            "array_col": 0,
            "pxl_row_in_fullres": y,
            "pxl_col_in_fullres": x,
        }
    )
    return pd.concat([table, table.tail(1).assign(barcode="TTTT-1", in_tissue=0)], ignore_index=True)


def visium(adata, folder, *, images=True, header=True, counts="h5", diameter=75.0):
    """The folder ``outs`` of Space Ranger; before version 2 the positions have no header."""
    spatial = folder / "spatial"
    spatial.mkdir(parents=True)
    if counts == "h5":
        tenx_h5(adata, folder / "filtered_feature_bc_matrix.h5")
    else:
        mtx(adata, folder / "filtered_feature_bc_matrix")
    name = "tissue_positions.csv" if header else "tissue_positions_list.csv"
    positions(adata).to_csv(spatial / name, header=header, index=False)
    factors = {"spot_diameter_fullres": diameter, "tissue_hires_scalef": 0.1, "tissue_lowres_scalef": 0.03}
    (spatial / "scalefactors_json.json").write_text(json.dumps(factors))
    if images:
        for size, width in (("hires", 60), ("lowres", 20)):
            Image.new("RGB", (width, width), "white").save(spatial / f"tissue_{size}_image.png")
    return folder


def visium_hd(adata, folder, bins=("002", "008", "016")):
    """Bins of several sizes under ``binned_outputs``."""
    for name in bins:
        inside = folder / "binned_outputs" / f"square_{name}um"
        (inside / "spatial").mkdir(parents=True)
        tenx_h5(adata, inside / "filtered_feature_bc_matrix.h5")
        positions(adata).to_parquet(inside / "spatial" / "tissue_positions.parquet")
        factors = {"microns_per_pixel": 0.27, "bin_size_um": float(name)}
        (inside / "spatial" / "scalefactors_json.json").write_text(json.dumps(factors))
    return folder


def xenium(adata, folder, *, table="parquet", counts="h5", as_bytes=False):
    """The folder of Xenium Onboard Analysis."""
    folder.mkdir(parents=True)
    if counts == "h5":
        tenx_h5(adata, folder / "cell_feature_matrix.h5")
    else:
        mtx(adata, folder / "cell_feature_matrix")
    x, y = adata.obsm["spatial"].T
    ids = [name.encode() for name in adata.obs_names] if as_bytes else list(adata.obs_names)
    cells_table = pd.DataFrame({"cell_id": ids, "x_centroid": x, "y_centroid": y, "cell_area": 50.0})
    cells_table = cells_table.iloc[::-1]  # another order than the matrix
    if table == "parquet":
        cells_table.to_parquet(folder / "cells.parquet")
    else:
        cells_table.to_csv(folder / "cells.csv.gz", index=False)
    (folder / "experiment.xenium").write_text("{}")
    return folder


def spatialdata(adata, path, *, with_spatial=False, names=("table",)):
    """Circles around the cells and tables that annotate them."""
    from spatialdata import SpatialData
    from spatialdata.models import ShapesModel, TableModel

    xy = adata.obsm["spatial"]
    shapes = ShapesModel.parse(xy, geometry=0, radius=5.0, index=np.arange(adata.n_obs) + 100)
    tables = {}
    for name in names:
        table = adata.copy()
        if not with_spatial:
            del table.obsm["spatial"]
        table.obs["region"] = pd.Categorical(["cells"] * adata.n_obs)
        table.obs["instance"] = np.arange(adata.n_obs) + 100
        tables[name] = TableModel.parse(table, region="cells", region_key="region", instance_key="instance")
    SpatialData(shapes={"cells": shapes}, tables=tables).write(path)
    return path
