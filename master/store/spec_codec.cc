#include "master/store/spec_codec.h"

#include <zstd.h>

#include "common/base/limits.h"

namespace gale {
namespace {
constexpr int kLevel = 3;  // 10 MB in some 30 ms; higher ones gain little on specs
}  // namespace

Result<std::vector<uint8_t>> Compress(std::string_view bytes) {
  std::vector<uint8_t> blob(ZSTD_compressBound(bytes.size()));
  const size_t size = ZSTD_compress(blob.data(), blob.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size)) return Internal("zstd: {}", ZSTD_getErrorName(size));
  blob.resize(size);
  return blob;
}

Result<std::vector<uint8_t>> CompressSpec(std::string_view spec) {
  if (spec.size() <= limits::kSpecBytesMax) return Compress(spec);
  return InvalidArgument("the spec has {} bytes, more than kSpecBytesMax ({}); split the DAG",
                         spec.size(), limits::kSpecBytesMax);
}

Result<std::string> Decompress(const std::vector<uint8_t>& blob) {
  const unsigned long long size = ZSTD_getFrameContentSize(blob.data(), blob.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ||
      size > limits::kSpecBytesMax) {
    return DataLoss("what is stored is damaged: no zstd frame of a known size");
  }
  std::string bytes(size, '\0');
  const size_t got = ZSTD_decompress(bytes.data(), bytes.size(), blob.data(), blob.size());
  if (ZSTD_isError(got) || got != size) {
    return DataLoss("what is stored is damaged: {}",
                    ZSTD_isError(got) ? ZSTD_getErrorName(got) : "it is cut off");
  }
  return bytes;
}

}  // namespace gale
