// FAISS behind a C interface, for src/Rag.Engines/Faiss; built by eng/engines/faiss.sh against Debian's libfaiss-dev (1.7.3).
//
// An index is an IndexIDMap2 over an IndexHNSWFlat, so Python's faiss reads what is written here and the other way round. Every function returns 0, or -1 with a
// text for lfaiss_error(); no C++ exception crosses the border. Searches may run beside each other, changes may not run beside anything: the caller locks.
#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIDMap.h>
#include <faiss/index_io.h>
#include <faiss/utils/distances.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

thread_local std::string last_error;

struct Index {
    std::unique_ptr<faiss::IndexIDMap2> map;
    faiss::IndexHNSWFlat* graph;
    const faiss::IndexFlat* flat;
};

template <typename Work>
int guarded(Work work) noexcept {
    try {
        work();
        return 0;
    } catch (const std::exception& error) {
        try { last_error = error.what(); } catch (...) {}
    } catch (...) {
        try { last_error = "an unknown error"; } catch (...) {}
    }
    return -1;
}

void demand(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
}

// A file may be anybody's: whatever a search follows without looking must lead somewhere.
void check(const Index& index) {
    const auto& hnsw = index.graph->hnsw;
    const auto total = index.graph->ntotal;
    demand(total >= 0 && total < std::numeric_limits<int>::max(), "its number of vectors is out of range");
    demand(index.map->ntotal == total && index.map->id_map.size() == (size_t)total, "it has not one id for each vector");
    demand(index.map->d == index.graph->d && index.flat->d == index.graph->d && index.graph->d > 0, "its parts have different dimensions");
    demand(index.flat->ntotal == total && index.flat->code_size == sizeof(float) * (size_t)index.graph->d
           && index.flat->codes.size() == index.flat->code_size * (size_t)total, "it has not one vector for each place");
    demand(hnsw.levels.size() == (size_t)total && hnsw.offsets.size() == (size_t)total + 1, "its levels are incomplete");
    const auto& cumulative = hnsw.cum_nneighbor_per_level;
    demand(!cumulative.empty() && cumulative[0] == 0 && std::is_sorted(cumulative.begin(), cumulative.end()), "its numbers of links are wrong");
    for (int64_t i = 0; i < total; i++) {
        const auto level = hnsw.levels[i];
        demand(level >= 1 && (size_t)level < cumulative.size(), "a level is out of range");
        demand(hnsw.offsets[i] <= hnsw.offsets[i + 1] && hnsw.offsets[i + 1] <= hnsw.neighbors.size()
               && hnsw.offsets[i + 1] - hnsw.offsets[i] == (size_t)cumulative[level], "a vector's links are cut off");
        for (int layer = 0; layer < level; layer++)
            for (auto at = hnsw.offsets[i] + cumulative[layer]; at < hnsw.offsets[i] + cumulative[layer + 1]; at++) {
                const auto other = hnsw.neighbors[at];
                demand(other >= -1 && other < total, "a link leads nowhere");
                demand(other < 0 || hnsw.levels[other] > layer, "a link leads to a layer that is not there");
            }
    }
    if (total == 0) {
        demand(hnsw.entry_point == -1, "it is empty and has an entry");
    } else {
        demand(hnsw.entry_point >= 0 && hnsw.entry_point < total, "its entry leads nowhere");
        demand(hnsw.max_level >= 0 && hnsw.max_level < hnsw.levels[hnsw.entry_point], "its highest layer is out of range");
    }
}

Index* adopt(std::unique_ptr<faiss::Index> any) {
    auto* map = dynamic_cast<faiss::IndexIDMap2*>(any.get());
    demand(map != nullptr, "it is no IndexIDMap2 (in Python: faiss.IndexIDMap2(faiss.IndexHNSWFlat(d, 16)))");
    auto* graph = dynamic_cast<faiss::IndexHNSWFlat*>(map->index);
    demand(graph != nullptr, "it is no IndexIDMap2 over an IndexHNSWFlat");
    auto* flat = dynamic_cast<faiss::IndexFlat*>(graph->storage);
    demand(flat != nullptr, "its vectors are not kept whole (IndexFlat)");
    demand(graph->metric_type == faiss::METRIC_L2 || graph->metric_type == faiss::METRIC_INNER_PRODUCT, "its metric is neither L2 nor the inner product");
    any.release();
    auto index = std::make_unique<Index>(Index{std::unique_ptr<faiss::IndexIDMap2>(map), graph, flat});
    check(*index);
    return index.release();
}

} // namespace

extern "C" {

const char* lfaiss_error() { return last_error.c_str(); }

int lfaiss_version(int* interface_version, int* major, int* minor, int* patch) {
    *interface_version = 1;
    *major = FAISS_VERSION_MAJOR;
    *minor = FAISS_VERSION_MINOR;
    *patch = FAISS_VERSION_PATCH;
    return 0;
}

int lfaiss_create(int dimensions, int links, int insert_breadth, Index** made) {
    return guarded([&] {
        demand(dimensions > 0 && links > 1 && insert_breadth > 0, "dimensions, links and breadth must be above 0");
        auto graph = std::make_unique<faiss::IndexHNSWFlat>(dimensions, links);
        graph->hnsw.efConstruction = insert_breadth;
        auto map = std::make_unique<faiss::IndexIDMap2>(graph.get());
        graph.release();
        map->own_fields = true;
        *made = adopt(std::move(map));
    });
}

int lfaiss_read(const char* path, Index** made) {
    return guarded([&] { *made = adopt(std::unique_ptr<faiss::Index>(faiss::read_index(path))); });
}

int lfaiss_write(const Index* index, const char* path) {
    return guarded([&] { faiss::write_index(index->map.get(), path); });
}

void lfaiss_free(Index* index) { delete index; }

int lfaiss_size(const Index* index, int64_t* count, int* dimensions) {
    *count = index->map->ntotal;
    *dimensions = index->map->d;
    return 0;
}

// All ids, in the order of their places; room for lfaiss_size's count.
int lfaiss_ids(const Index* index, int64_t* ids) {
    return guarded([&] { std::copy(index->map->id_map.begin(), index->map->id_map.end(), ids); });
}

int lfaiss_add(Index* index, int64_t count, const float* vectors, const int64_t* ids) {
    return guarded([&] { index->map->add_with_ids(count, vectors, ids); });
}

// The nearest, best first; ids of -1 fill what was not found. Scores are cosines when all vectors have length 1.
int lfaiss_search(const Index* index, const float* query, int64_t count, int breadth, float* scores, int64_t* ids) {
    return guarded([&] {
        faiss::SearchParametersHNSW parameters;
        parameters.efSearch = breadth;
        index->graph->search(1, query, count, scores, ids, &parameters);
        const bool is_distance = index->graph->metric_type == faiss::METRIC_L2;
        for (int64_t i = 0; i < count; i++) {
            if (ids[i] < 0) continue;
            ids[i] = index->map->id_map[ids[i]];
            if (is_distance) scores[i] = 1 - scores[i] / 2;
        }
    });
}

// Inner products with certain vectors; NaN for an id that is not there.
int lfaiss_compare(const Index* index, const float* query, int64_t count, const int64_t* ids, float* scores) {
    return guarded([&] {
        const auto d = (size_t)index->map->d;
        for (int64_t i = 0; i < count; i++) {
            const auto place = index->map->rev_map.find(ids[i]);
            scores[i] = place == index->map->rev_map.end() ? std::numeric_limits<float>::quiet_NaN()
                                                           : faiss::fvec_inner_product(query, index->flat->get_xb() + (size_t)place->second * d, d);
        }
    });
}

} // extern "C"
