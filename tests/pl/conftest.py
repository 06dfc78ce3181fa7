"""A result to draw: toy slides with planted clusters, two partitions, and names that try to be markup."""

import shutil

import numpy as np
import pandas as pd
import pytest

import scrcl_geo as sg

EVIL = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>"


def planted(n_slides=2, n_cells=150, seed=0):
    """Toy slides with the planted domains as clusters, as a run would store them; no training."""
    adata = sg.datasets.toy(n_slides=n_slides, n_cells=n_cells, n_genes=100, overlap=True, seed=seed)
    domain = adata.obs["domain"].cat.codes.to_numpy()
    adata.obs["scrcl"] = pd.Categorical.from_codes(domain, list("01234"), ordered=True)
    for k in (2, 3):
        adata.obs[f"scrcl_{k}"] = pd.Categorical((domain % k).astype(str))
    sg.pp.select_genes(adata)
    sg.pp.pca(adata, n_comps=10)
    sg.pp.neighbors(adata)
    rng = np.random.default_rng(seed)
    angle = 2 * np.pi * domain / 5
    adata.obsm["X_scrcl_umap"] = np.c_[np.cos(angle), np.sin(angle)] + rng.normal(0, 0.15, (adata.n_obs, 2))
    sg.tl.associations(adata, use_rep="X_scrcl_pca")
    losses = pd.DataFrame({"Alignment": np.exp(-np.arange(8.0)), "Consistency": np.linspace(1, 0.2, 8)})
    adata.uns["scrcl"] = {
        "params": {"hidden_channels": 128, "batch_key": "slide"},
        "losses": losses,
        "stopped": "all 8 epochs done",
        "seed": 0,
        "versions": {"scrcl_geo": "0"},
    }
    numbers = np.arange(2, 9)
    curve = np.exp(-((numbers - 5) ** 2) / 8)
    adata.uns["scrcl_n_clusters"] = {
        "n_clusters": 5,
        "table": pd.DataFrame(
            {
                "n_clusters": numbers,
                "stability": curve,
                "stability_low": curve - 0.1,
                "stability_high": curve + 0.05,
            }
        ),
    }
    return adata


@pytest.fixture(scope="session")
def result():
    """Not to be edited."""
    return planted()


@pytest.fixture(scope="session")
def evil():
    """Markup in the names of cells, genes, clusters, samples and parameters."""
    adata = planted(n_cells=60)
    top = adata.uns["scrcl_associations"]["names"].iloc[0]
    adata.var_names = [EVIL if name == top else name for name in adata.var_names]
    adata.uns["scrcl_associations"]["names"] = adata.uns["scrcl_associations"]["names"].replace(top, EVIL)
    adata.uns["scrcl_associations"]["group"] = adata.uns["scrcl_associations"]["group"].replace("0", EVIL)
    adata.obs["scrcl"] = adata.obs["scrcl"].cat.rename_categories({"0": EVIL})
    adata.obs["slide"] = adata.obs["slide"].cat.rename_categories({"slide_1": EVIL})
    adata.obs_names = [f"{EVIL}{i}" for i in range(adata.n_obs)]
    adata.uns["scrcl"]["params"][EVIL] = EVIL
    adata.uns["scrcl"]["stopped"] = EVIL
    return adata


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium, or a skip that says what to install."""
    api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on PATH: apt-get install chromium")
    with api.sync_playwright() as play:
        # without a GPU, WebGL is drawn in software
        browser = play.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--enable-unsafe-swiftshader"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def path(result, tmp_path_factory):
    """The report of the result."""
    return sg.pl.report(result, tmp_path_factory.mktemp("report") / "report.html", title="toy")
