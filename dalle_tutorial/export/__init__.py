"""Trained models as ONNX, which runs without Python: on a page, on a phone. `export` checks the files, and writes."""

from dalle_tutorial.export.exporting import TOLERANCE, export, files_of
from dalle_tutorial.export.graphs import Graph, graphs_of

__all__ = ["TOLERANCE", "Graph", "export", "files_of", "graphs_of"]
