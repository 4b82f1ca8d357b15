#include "master/api/http/encoding.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/base/check.h"

namespace gale::http {
namespace {

// Below it a packet is a packet, and the page's own csrf_token is never packed (BREACH).
constexpr size_t kPackedBytesMin = 1024;
constexpr int kQuick = 1;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return low;
}

// What stands before the next `mark`, which goes from `rest` with it.
std::string_view Next(std::string_view& rest, char mark) {
  const size_t end = std::min(rest.find(mark), rest.size());
  const std::string_view part = Trim(rest.substr(0, end));
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return part;
}

// "gzip;q=0.5" -> 0.5. A q that is no number is none.
double QualityOf(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string parameter = Lower(Next(parameters, ';'));
    if (!parameter.starts_with("q=")) continue;
    double quality = 0;
    const char* const end = parameter.data() + parameter.size();
    const auto [rest, error] = std::from_chars(parameter.data() + 2, end, quality);
    return error == std::errc() && rest == end ? std::clamp(quality, 0.0, 1.0) : 0.0;
  }
  return 1;
}

}  // namespace

bool TakesGzip(const Request& request) {
  std::optional<double> gzip, any, plain;
  std::string_view rest = request.header("accept-encoding");
  while (!rest.empty()) {
    std::string_view parameters = Next(rest, ',');
    const std::string coding = Lower(Next(parameters, ';'));
    const double quality = QualityOf(parameters);
    if (coding == "gzip" || coding == "x-gzip") gzip = quality;
    if (coding == "identity") plain = quality;
    if (coding == "*") any = quality;
  }
  const double wish = gzip.value_or(any.value_or(0));
  return wish > 0 && wish >= plain.value_or(0);
}

std::string Gzip(std::string_view bytes, int level) {
  constexpr int kGzipWindow = 15 + 16;  // zlib's word for gzip's header and the largest window
  z_stream stream{};
  GALE_CHECK(deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK,
             "zlib can't begin");
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int ended = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  GALE_CHECK(ended == Z_STREAM_END, "zlib: {} bytes don't fit where it said they do", bytes.size());
  return packed;
}

void PackAnswer(const Request& request, Response& response) {
  if (response.body.size() < kPackedBytesMin || (response.content_type != "application/json" &&
                                                 response.content_type != "application/x-ndjson")) {
    return;
  }
  for (const auto& [name, value] : response.headers) {
    if (name == "Content-Encoding") return;  // the leader did, to whom it was handed on
  }
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!TakesGzip(request)) return;
  response.body = Gzip(response.body, kQuick);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace gale::http
