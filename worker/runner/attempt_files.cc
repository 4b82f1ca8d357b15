#include "worker/runner/attempt_files.h"

#include <charconv>

#include "common/base/journal.h"
#include "common/base/limits.h"

namespace gale::worker {
namespace {

// First line of a .grant file: this, output_offset, and a secret if it has one.
constexpr std::string_view kGrantMagic = "gale-grant-1 ";

// How the header of a log begins and ends, and how far into the log it may end.
constexpr std::string_view kHeaderStart = "Running command: ['/bin/bash', '-c', ";
constexpr std::string_view kHeaderEnd = "]\nOutput:\n";
constexpr uint64_t kHeaderBytesMax = 64 << 10;

}  // namespace

Status AttemptFiles::Create() const { return AsUnavailable(files_.EnsureFolder(folder_, 0700)); }

Status AttemptFiles::TryRoom() const {
  const std::string path = folder_ + "/.room";
  const Status written = files_.Write(path, std::string(kRoomBytes, '\0'));
  const Status removed = files_.Remove(path);
  return AsUnavailable(written.ok() ? removed : written);
}

Status AttemptFiles::WriteGrant(const AttemptId& id, const StoredGrant& stored) const {
  std::string bytes = fmt::format("{}{}{}{}\n", kGrantMagic, stored.output_offset,
                                  stored.secret.empty() ? "" : " ", stored.secret);
  stored.grant.AppendToString(&bytes);
  return AsUnavailable(files_.Write(GrantPath(id), bytes));
}

Result<StoredGrant> AttemptFiles::ReadGrant(const AttemptId& id) const {
  std::string path = GrantPath(id);
  GALE_ASSIGN_OR_RETURN(std::string bytes, files_.Read(path));
  StoredGrant stored;
  size_t line_end = bytes.find('\n');
  if (line_end == std::string::npos || bytes.compare(0, kGrantMagic.size(), kGrantMagic) != 0) {
    return Internal("'{}' is no grant of gale", path);
  }
  const char* end_of_line = bytes.data() + line_end;
  const char* rest =
      std::from_chars(bytes.data() + kGrantMagic.size(), end_of_line, stored.output_offset).ptr;
  if (rest != end_of_line && *rest == ' ') stored.secret.assign(rest + 1, end_of_line);
  if (!stored.grant.ParseFromArray(bytes.data() + line_end + 1,
                                   static_cast<int>(bytes.size() - line_end - 1))) {
    return Internal("the grant in '{}' is damaged", path);
  }
  return stored;
}

Status AttemptFiles::WriteTask(const AttemptId& id, std::string_view json) const {
  return AsUnavailable(files_.Write(TaskPath(id), json));
}

Result<std::string> AttemptFiles::ReadTask(const AttemptId& id) const {
  return files_.Read(TaskPath(id));
}

Status AttemptFiles::CreateSaid(const AttemptId& id) const {
  return AsUnavailable(files_.Open(SaidPath(id), Access::kTruncate).status());
}

Status AttemptFiles::AppendSaid(const AttemptId& id, std::string_view message,
                                size_t bytes_max) const {
  // Not made here: a word that comes after the attempt was put away is nobody's.
  const std::string path = SaidPath(id);
  GALE_RETURN_IF_ERROR(files_.Look(path).status());
  GALE_ASSIGN_OR_RETURN(File file, files_.Open(path, Access::kAppend));
  GALE_ASSIGN_OR_RETURN(const struct stat st, files_.Look(file));
  if (static_cast<size_t>(st.st_size) + message.size() > bytes_max) {
    return ResourceExhausted(
        "what the task tells of itself (result, rendered fields, skips) has more than {} bytes "
        "(kTaskSaidBytesMax)",
        bytes_max);
  }
  return files_.WriteAll(file, JournalEntry(message));
}

Result<std::vector<std::string>> AttemptFiles::ReadSaid(const AttemptId& id) const {
  GALE_ASSIGN_OR_RETURN(File file, files_.Open(SaidPath(id), Access::kRead));
  std::vector<std::string> said;
  auto read = ReadJournal(
      files_, file, 0, limits::kTaskSaidBytesMax + limits::kTaskEndBytesMax,
      [&](uint64_t, std::string_view bytes) { said.emplace_back(bytes); },
      [](uint64_t, uint64_t) {});  // torn, and so never answered, and told again
  GALE_RETURN_IF_ERROR(read.status());
  return said;
}

Result<uint64_t> AttemptFiles::AppendLog(const AttemptId& id, std::string_view text) const {
  auto file = files_.Open(LogPath(id), Access::kAppend);
  if (!file.ok()) return AsUnavailable(file.status());
  auto st = files_.Look(*file);
  if (!st.ok()) return AsUnavailable(st.status());
  const auto size = static_cast<uint64_t>(st->st_size);
  std::string bytes;
  if (size > 0) {
    auto last = files_.ReadSome(*file, size - 1, 1);
    if (last.ok() && !last->empty() && *last != "\n") bytes = "\n";
  }
  bytes += text;
  GALE_RETURN_IF_ERROR(AsUnavailable(files_.WriteAll(*file, bytes)));
  return size + bytes.size();
}

uint64_t AttemptFiles::LogSize(const AttemptId& id) const {
  auto st = files_.Look(LogPath(id));
  return st.ok() ? static_cast<uint64_t>(st->st_size) : 0;
}

uint64_t AttemptFiles::OutputStart(const AttemptId& id, uint64_t from, uint64_t to) const {
  auto file = files_.Open(LogPath(id), Access::kRead);
  if (!file.ok()) return from;
  auto text = files_.ReadRange(*file, from, std::min(to, from + kHeaderBytesMax));
  if (!text.ok()) return from;
  size_t begin = 0;
  if (!text->starts_with(kHeaderStart)) {
    begin = text->find("\n" + std::string(kHeaderStart));
    if (begin == std::string::npos) return from;
  }
  const size_t end = text->find(kHeaderEnd, begin);
  return end == std::string::npos ? from : from + end + kHeaderEnd.size();
}

Result<std::optional<std::string>> AttemptFiles::LastLine(const AttemptId& id, uint64_t from,
                                                          uint64_t to, size_t bytes_max) const {
  if (to <= from) return std::optional<std::string>("");
  std::string path = LogPath(id);
  GALE_ASSIGN_OR_RETURN(File file, files_.Open(path, Access::kRead));
  // Room for the newline at its end and for the byte that shows where it begins.
  uint64_t begin = to - from > bytes_max + 2 ? to - (bytes_max + 2) : from;
  GALE_ASSIGN_OR_RETURN(std::string text, files_.ReadRange(file, begin, to));
  if (!text.empty() && text.back() == '\n') text.pop_back();
  size_t newline = text.rfind('\n');
  if (newline == std::string::npos && begin != from) return std::optional<std::string>();
  if (newline != std::string::npos) text.erase(0, newline + 1);
  text.erase(text.find_last_not_of(" \t\r\n\v\f") + 1);
  if (text.size() > bytes_max) return std::optional<std::string>();
  return std::optional<std::string>(std::move(text));
}

void AttemptFiles::RemoveAllButLog(const AttemptId& id) const {
  (void)files_.Remove(GrantPath(id));
  (void)files_.Remove(TaskPath(id));
  (void)files_.Remove(SaidPath(id));
}

}  // namespace gale::worker
