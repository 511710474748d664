"""Text in, vectors and scores out. No page, no plots, no evaluation.

    from models import Workbench
    bench = Workbench()
    comparison = bench.compare_all(queries, candidates, ["libra-mini-encoder", "bm25"])

Importing this package is light: torch and its friends are imported when a model is first loaded.
"""
