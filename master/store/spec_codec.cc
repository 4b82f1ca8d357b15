#include "master/store/spec_codec.h"

#include <zstd.h>

#include "common/base/limits.h"

namespace gale {
namespace {
constexpr int kLevel = 3;  // 10 MB in some 30 ms; higher ones gain little on specs
}  // namespace

Result<std::vector<uint8_t>> CompressSpec(std::string_view spec) {
  if (spec.size() > limits::kSpecBytesMax) {
    return InvalidArgument("the spec has {} bytes, more than kSpecBytesMax ({}); split the DAG",
                           spec.size(), limits::kSpecBytesMax);
  }
  std::vector<uint8_t> blob(ZSTD_compressBound(spec.size()));
  const size_t size = ZSTD_compress(blob.data(), blob.size(), spec.data(), spec.size(), kLevel);
  if (ZSTD_isError(size)) return Internal("compressing a spec: {}", ZSTD_getErrorName(size));
  blob.resize(size);
  return blob;
}

Result<std::string> DecompressSpec(const std::vector<uint8_t>& blob) {
  const unsigned long long size = ZSTD_getFrameContentSize(blob.data(), blob.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ||
      size > limits::kSpecBytesMax) {
    return DataLoss("the stored spec is damaged: no zstd frame of a known size");
  }
  std::string spec(size, '\0');
  const size_t got = ZSTD_decompress(spec.data(), spec.size(), blob.data(), blob.size());
  if (ZSTD_isError(got) || got != size) {
    return DataLoss("the stored spec is damaged: {}",
                    ZSTD_isError(got) ? ZSTD_getErrorName(got) : "it is cut off");
  }
  return spec;
}

}  // namespace gale
