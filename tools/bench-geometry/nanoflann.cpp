// nanoflann WORK: the measurements of nanoflann, one for each line CASE IMPLEMENTATION, see bench.py, which compiles this with
// g++ -O3 -march=native -ffp-contract=off -std=c++17 nanoflann.cpp -lcrypto (Debian: libnanoflann-dev libssl-dev).
#include <openssl/sha.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <nanoflann.hpp>
#include <string>
#include <utility>
#include <vector>

using Floats = std::vector<float>;

static Floats read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const size_t start = 10 + (uint8_t)bytes[8] + 256 * (uint8_t)bytes[9];
  Floats values((bytes.size() - start) / 4);
  std::memcpy(values.data(), bytes.data() + start, values.size() * 4);
  return values;
}

struct Cloud {
  const float* at;
  size_t count;
  size_t kdtree_get_point_count() const { return count; }
  float kdtree_get_pt(size_t i, size_t axis) const { return at[3 * i + axis]; }
  template <class Box>
  bool kdtree_get_bbox(Box&) const { return false; }
};
using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<float, Cloud>, Cloud, 3, uint32_t>;

// The first 32 points in index order within 10 cm.
static void ball(const float* points, size_t n, const float* centers, size_t m, size_t leaf, std::vector<uint32_t>& rows) {
  Cloud cloud{points, n};
  Tree tree(3, cloud, nanoflann::KDTreeSingleIndexAdaptorParams(leaf));
  tree.buildIndex();
  std::vector<std::pair<uint32_t, float>> matches;
  std::vector<uint32_t> found;
  nanoflann::SearchParams params;
  params.sorted = false;
  for (size_t j = 0; j < m; j++) {
    tree.radiusSearch(centers + 3 * j, 0.1f * 0.1f, matches, params);
    found.clear();
    for (const auto& match : matches) found.push_back(match.first);
    if (found.size() > 32) {
      std::nth_element(found.begin(), found.begin() + 31, found.end());
      found.resize(32);
    }
    std::sort(found.begin(), found.end());
    for (size_t k = 0; k < 32; k++) rows.push_back(k < found.size() ? found[k] : (found.empty() ? 0 : found[0]));
  }
}

static void nearest(const float* points, size_t n, const float* queries, size_t m, size_t k, size_t leaf,
                    std::vector<uint32_t>& ids, Floats& distances) {
  Cloud cloud{points, n};
  Tree tree(3, cloud, nanoflann::KDTreeSingleIndexAdaptorParams(leaf));
  tree.buildIndex();
  const size_t start = ids.size();
  ids.resize(start + m * k);
  distances.resize(start + m * k);
  for (size_t j = 0; j < m; j++) tree.knnSearch(queries + 3 * j, k, &ids[start + j * k], &distances[start + j * k]);
}

int main(int count, char** args) {
  if (count != 2) return 2;
  const std::string work = args[1];
  const Floats scene = read(work + "/scene.npy"), chunks = read(work + "/chunks.npy");
  const Floats centers = read(work + "/centers.npy"), chunk_centers = read(work + "/chunk_centers.npy");
  std::string name, implementation;
  while (std::cin >> name >> implementation) {
    const size_t leaf = implementation == "nanoflann-32" ? 32 : 10;
    const size_t clouds = name.find("chunks") != std::string::npos ? 16 : 1;
    const Floats& large = clouds == 16 ? chunks : scene;
    const Floats& small = clouds == 16 ? chunk_centers : centers;
    const size_t n = large.size() / 3 / clouds, m = small.size() / 3 / clouds;
    std::vector<uint32_t> ids;
    Floats distances;
    const auto start = std::chrono::steady_clock::now();
    for (size_t c = 0; c < clouds; c++) {
      const float *points = large.data() + 3 * n * c, *chosen = small.data() + 3 * m * c;
      if (name.rfind("ball", 0) == 0) ball(points, n, chosen, m, leaf, ids);
      else if (name.rfind("three", 0) == 0) nearest(chosen, m, points, n, 3, leaf, ids, distances);
      else nearest(points, n, points, n, 16, leaf, ids, distances);
    }
    const double took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    uint8_t digest[32];
    const bool by_distance = name.rfind("knn", 0) == 0;
    const void* data = by_distance ? (const void*)distances.data() : (const void*)ids.data();
    SHA256((const uint8_t*)data, 4 * ids.size(), digest);
    std::printf("%.4f ", took);
    for (int i = 0; i < 6; i++) std::printf("%02x", digest[i]);
    std::printf("\n");
    std::fflush(stdout);
  }
}
