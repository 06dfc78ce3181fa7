"""Sphinx: Markdown pages, API reference; built with warnings as errors."""

import logging
import warnings

import matplotlib as mpl

import scrcl_geo

mpl.use("Agg")
# deprecations inside our dependencies are not the reader's business
warnings.simplefilter("ignore")
logging.getLogger("scrcl_geo").setLevel(logging.WARNING)

project = "scrcl_geo"
author = "scrcl_geo developers"
project_copyright = author
version = release = scrcl_geo.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "extend"]
html_theme = "furo"
html_title = f"scrcl_geo {version}"

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
# links from a page to a file of the repository that is no page
suppress_warnings = ["myst.xref_missing", "config.cache"]

autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_typehints = "none"  # the signature has them
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
