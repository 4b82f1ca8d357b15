#include "cli/secret_io.h"

#include <istream>
#include <iterator>

#include "common/base/files.h"
#include "common/base/text_limits.h"

namespace gale::cli {

namespace {
constexpr size_t kFileBytesMax = 256 << 20;
}  // namespace

Result<std::string> ReadArgument(Context& context, const std::string& argument) {
  if (argument != "-") return argument;
  std::string text;
  char buffer[4096];
  while (context.io.in.read(buffer, sizeof buffer) || context.io.in.gcount() > 0) {
    text.append(buffer, static_cast<size_t>(context.io.in.gcount()));
    if (text.size() > 2 * limits::kSecretBytesMax) {
      return InvalidArgument("standard input has more than {} bytes", limits::kSecretBytesMax);
    }
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

Result<std::string> ReadFile(const std::string& file) {
  return Files::Real().Read(file, kFileBytesMax);
}

Status WriteExport(Context& context, const std::string& file, const std::string& text,
                   const std::string& what) {
  if (file == "-") {
    context.io.out << text;
    return OkStatus();
  }
  GALE_RETURN_IF_ERROR(Files::Real().Replace(file, text));
  Say(context, fmt::format("{} are in {}, with what is secret in them", what, file));
  return OkStatus();
}

void Say(Context& context, const std::string& sentence) {
  if (context.globals.format == Format::kTable) context.io.out << sentence << '\n';
}

}  // namespace gale::cli
