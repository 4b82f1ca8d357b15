// What the commands about variables and connections share: values from standard input, files that hold
// secrets, imports in batches.
#pragma once

#include <algorithm>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/secret_files.h"

namespace gale::cli {

inline constexpr size_t kImportRowsMax = 100;  // of one request

// The argument; if it is "-", standard input, without the line break at its end.
Result<std::string> ReadArgument(Context& context, const std::string& argument);
Result<std::string> ReadFile(const std::string& file);
// Into the file (mode 0600, replaced whole), or if it is "-" to standard output. `what`: "3 variables".
Status WriteExport(Context& context, const std::string& file, const std::string& text,
                   const std::string& what);
// For people only.
void Say(Context& context, const std::string& sentence);

// Calls `one` for some rows at a time, which answers with an ImportResponse. Says how many were
// taken; the errors go to standard error, each a line, and make the exit code 1.
template <class Row, class One>
Status ImportAll(Context& context, const std::vector<Row>& rows, std::string_view what, One one) {
  uint64_t done = 0, skipped = 0;
  for (size_t from = 0; from < rows.size(); from += kImportRowsMax) {
    const size_t size = std::min(kImportRowsMax, rows.size() - from);
    GALE_ASSIGN_OR_RETURN(const v1::ImportResponse answer,
                          one(std::span<const Row>(rows).subspan(from, size)));
    done += answer.done();
    skipped += answer.skipped();
    for (const std::string& error : answer.errors()) {
      context.io.err << "gale: " << error << '\n';
      context.exit_code = 1;
    }
  }
  Say(context, fmt::format("{} of {} {} are imported{}", done, rows.size(), what,
                           skipped == 0 ? "" : fmt::format("; {} were there already", skipped)));
  return OkStatus();
}

}  // namespace gale::cli
