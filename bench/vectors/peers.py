"""hnswlib and FAISS on the data that `Rag.Bench vectors` wrote, one thread; prints one JSON line.

usage: peers.py hnswlib|faiss FOLDER DIMENSIONS M EF_CONSTRUCTION EF,EF,... ROUNDS
"""
import json
import os
import statistics
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np  # noqa: E402  (after the thread counts)

peer, folder, dimensions, links, ef_construction, breadths, rounds = sys.argv[1:]
dimensions, links, ef_construction, rounds = int(dimensions), int(links), int(ef_construction), int(rounds)
breadths = [int(b) for b in breadths.split(",")]
K = 10
vectors = np.fromfile(os.path.join(folder, "vectors.f32"), dtype=np.float32).reshape(-1, dimensions)
queries = np.fromfile(os.path.join(folder, "queries.f32"), dtype=np.float32).reshape(-1, dimensions)
truth = np.fromfile(os.path.join(folder, "truth.i32"), dtype=np.int32).reshape(-1, K)


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1048576


before = resident()
if peer == "hnswlib":
    import hnswlib

    index = hnswlib.Index(space="ip", dim=dimensions)
    index.init_index(max_elements=len(vectors), M=links, ef_construction=ef_construction, random_seed=1)
    index.set_num_threads(1)
    start = time.perf_counter()
    index.add_items(vectors, num_threads=1)
    build = time.perf_counter() - start

    def search(ef):
        index.set_ef(ef)
        return index.knn_query(queries, k=K, num_threads=1)[0]
else:
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexHNSWFlat(dimensions, links, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = ef_construction
    start = time.perf_counter()
    index.add(vectors)
    build = time.perf_counter() - start

    def search(ef):
        index.hnsw.efSearch = ef
        return index.search(queries, K)[1]

memory = resident() - before
searches = []
for ef in breadths:
    speeds = []
    for _ in range(rounds):
        start = time.perf_counter()
        found = search(ef)
        speeds.append(len(queries) / (time.perf_counter() - start))
    recall = sum(len(set(f) & set(t)) for f, t in zip(found.tolist(), truth.tolist())) / truth.size
    searches.append([ef, statistics.median(speeds), recall])
print(json.dumps({"name": peer, "build": build, "searches": searches, "mebibytes": memory}))
