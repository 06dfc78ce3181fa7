"""R's S4 objects as R serialises them, which the writer of ``rdata`` does not make by itself."""

import numpy as np
import rdata
from rdata.conversion.to_r import ConverterFromPythonToR, build_r_list, build_r_object
from rdata.parser import RObjectType
from rdata.unparser import UnparserXDR
from rdata.unparser._unparser import pack_r_object_info


class UnparserS4(UnparserXDR):
    """S4 objects are their attributes and nothing else."""

    def unparse_r_object(self, obj):
        if obj.info.type is RObjectType.S4:
            self.unparse_int(pack_r_object_info(obj.info))
            self.unparse_r_object(obj.attributes)
        else:
            super().unparse_r_object(obj)


class Writer:
    """Objects of one file; symbols are written in full each time."""

    def __init__(self):
        self.converter = ConverterFromPythonToR()

    def symbol(self, name):
        char = self.converter.convert_to_r_object(name).value[0]
        return build_r_object(RObjectType.SYM, value=char)

    def plain(self, value):
        return self.converter.convert_to_r_object(value)

    def s4(self, kind, package, **slots):
        """An S4 object: its slots are attributes, the last one is the class and its package."""
        where = build_r_list([(self.symbol("package"), self.plain(package))])
        name = self.plain(kind)
        name.attributes = where
        name.info.attributes = True
        pairs = [(self.symbol(slot), self.as_object(value)) for slot, value in slots.items()]
        attributes = build_r_list([*pairs, (self.symbol("class"), name)])
        return build_r_object(RObjectType.S4, is_object=True, attributes=attributes, gp=16)

    def as_object(self, value):
        return value if type(value).__name__ == "RObject" else self.plain(value)

    def named_list(self, **entries):
        """A list with names, whose entries may be S4 objects."""
        objects = [self.as_object(value) for value in entries.values()]
        names = build_r_list([(self.symbol("names"), self.plain(np.array(list(entries))))])
        return build_r_object(RObjectType.VEC, value=objects, attributes=names)


def single_cell_experiment(path, counts, genes, cells, labels, *, is_sparse):
    """A SingleCellExperiment of Bioconductor with one assay and one column of annotation."""
    from scipy import sparse

    w = Writer()
    if is_sparse:
        matrix = sparse.csc_matrix(counts)
        assay = w.s4(
            "dgCMatrix",
            "Matrix",
            i=matrix.indices.astype(np.int32),
            p=matrix.indptr.astype(np.int32),
            Dim=np.array(matrix.shape, np.int32),
            Dimnames=[np.array(genes), np.array(cells)],
            x=matrix.data.astype(float),
            factors=[],
        )
    else:
        assay = w.plain(np.asarray(counts, float))
        dimnames = w.plain([np.array(genes), np.array(cells)])
        old = assay.attributes
        assay.attributes = build_r_list([(w.symbol("dim"), old.value[0]), (w.symbol("dimnames"), dimnames)])
        assay.info.attributes = True
    assays = w.s4(
        "ShallowSimpleListAssays",
        "SummarizedExperiment",
        data=w.s4("SimpleList", "S4Vectors", listData=w.named_list(counts=assay)),
    )
    columns = w.s4(
        "DFrame",
        "S4Vectors",
        rownames=np.array(cells),
        nrows=np.array([len(cells)], np.int32),
        listData=w.named_list(cell_type1=np.array(labels)),
    )
    top = w.s4("SingleCellExperiment", "SingleCellExperiment", assays=assays, colData=columns)
    data = rdata.conversion.convert_python_to_r_data("x")
    data.object = top
    with path.open("wb") as file:
        UnparserS4(file).unparse_r_data(data)
