#include "common/model/weights.h"

#include <algorithm>
#include <array>

namespace gale {
namespace {

constexpr size_t kWords = 4;
constexpr size_t kChunk = kWords * 64;  // targets that one pass follows
using Bits = std::array<uint64_t, kWords>;

// The same graph with the tasks renumbered by their place in the order, so that edges point
// forwards and passes read memory in sequence.
struct Ordered {
  std::vector<uint32_t> begin;
  std::vector<uint32_t> to;
  std::vector<int64_t> weight;

  std::span<const uint32_t> edges(size_t i) const {
    return std::span(to).subspan(begin[i], begin[i + 1] - begin[i]);
  }
};

Ordered Renumber(std::span<const TaskIndex> order, std::span<const uint32_t> begin,
                 std::span<const TaskIndex> to, std::span<const int64_t> weights) {
  std::vector<uint32_t> place(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) place[order[i].value] = i;
  Ordered g;
  g.begin.push_back(0);
  for (TaskIndex t : order) {
    for (uint32_t e = begin[t.value]; e < begin[t.value + 1]; ++e) {
      g.to.push_back(place[to[e].value]);
    }
    g.begin.push_back(static_cast<uint32_t>(g.to.size()));
    g.weight.push_back(weights[t.value]);
  }
  return g;
}

// Tasks whose sum is just the sum of their neighbours' sums: those with one neighbour at most, and
// those below which the graph is a tree. The others share reachable tasks and need counting.
std::vector<bool> FindAdditive(const Ordered& g) {
  const size_t n = g.weight.size();
  std::vector<uint32_t> entries(n);
  for (uint32_t t : g.to) ++entries[t];
  std::vector<bool> tree(n), additive(n);
  for (size_t i = n; i-- > 0;) {
    auto edges = g.edges(i);
    tree[i] = std::all_of(edges.begin(), edges.end(),
                          [&](uint32_t t) { return entries[t] == 1 && tree[t]; });
    additive[i] = tree[i] || edges.size() <= 1;
  }
  return additive;
}

// The weights of one chunk's targets, summed for every value of a byte of the mask.
class ByteSums {
 public:
  explicit ByteSums(std::span<const int64_t> weights) {
    for (size_t byte = 0; byte * 8 < weights.size(); ++byte) {
      for (unsigned value = 1; value < 256; ++value) {
        size_t target = byte * 8 + static_cast<size_t>(__builtin_ctz(value));
        int64_t own = target < weights.size() ? weights[target] : 0;
        sums_[byte][value] = sums_[byte][value & (value - 1)] + own;
      }
    }
    for (int64_t weight : weights) all_ += weight;
  }
  int64_t operator()(const Bits& bits) const {
    uint64_t common = ~uint64_t{0};
    for (uint64_t word : bits) common &= word;
    if (common == ~uint64_t{0}) return all_;  // the usual case far above the chunk
    int64_t sum = 0;
    for (size_t w = 0; w < kWords; ++w) {
      uint64_t word = bits[w];
      for (size_t byte = w * 8; word != 0; word >>= 8, ++byte) sum += sums_[byte][word & 0xFF];
    }
    return sum;
  }

 private:
  std::array<std::array<int64_t, 256>, kChunk / 8> sums_{};
  int64_t all_ = 0;
};

}  // namespace

std::vector<int64_t> SumReachable(std::span<const TaskIndex> order, std::span<const uint32_t> begin,
                                  std::span<const TaskIndex> to, std::span<const int64_t> weights) {
  const Ordered g = Renumber(order, begin, to, weights);
  const size_t n = order.size();
  const std::vector<bool> additive = FindAdditive(g);
  std::vector<int64_t> sums(n);
  if (std::find(additive.begin(), additive.end(), false) != additive.end()) {
    std::vector<Bits> reach(n);
    for (size_t first = 0; first < n; first += kChunk) {
      const size_t end = std::min(n, first + kChunk);
      const ByteSums byte_sums(std::span(g.weight).subspan(first, end - first));
      for (size_t i = end; i-- > 0;) {  // tasks after the chunk reach none of it
        Bits bits{};
        if (i >= first) bits[(i - first) / 64] = uint64_t{1} << ((i - first) % 64);
        for (uint32_t t : g.edges(i)) {
          if (t >= end) continue;
          for (size_t w = 0; w < kWords; ++w) bits[w] |= reach[t][w];
        }
        reach[i] = bits;
        if (!additive[i]) sums[i] += byte_sums(bits);
      }
    }
  }
  for (size_t i = n; i-- > 0;) {
    if (!additive[i]) continue;
    sums[i] = g.weight[i];
    for (uint32_t t : g.edges(i)) sums[i] += sums[t];
  }
  std::vector<int64_t> by_task(n);
  for (size_t i = 0; i < n; ++i) by_task[order[i].value] = sums[i];
  return by_task;
}

}  // namespace gale
