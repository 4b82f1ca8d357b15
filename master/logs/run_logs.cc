#include "master/logs/run_logs.h"

#include <algorithm>
#include <filesystem>

#include "common/base/limits.h"
#include "common/base/log.h"

namespace gale {
namespace {

// A name of 250 bytes may stand as three times as many, cut to 200 and a hash, twice.
constexpr size_t kEntryBytesMax = limits::kLogChunkBytesMax + (4 << 10);
// What is younger may change again without that its time does.
constexpr Duration kTimeOfFilesIsFine = std::chrono::seconds(2);

// An entry: kind, time, offset, bytes, the name's length, the name, and what came. Numbers are
// 8 bytes, little endian.
constexpr char kPacked = 'p', kInFile = 'f';
constexpr size_t kHeadBytes = 1 + 4 * 8;

void AddNumber(std::string& out, uint64_t number) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(number >> (8 * i) & 0xff);
}

uint64_t Number(std::string_view bytes, size_t index) {
  uint64_t out = 0;
  for (size_t i = 8; i-- > 0;) out = out << 8 | static_cast<uint8_t>(bytes[1 + index * 8 + i]);
  return out;
}

// What stands where a damaged entry was: so many bytes, so that all others keep their place.
std::string Hole(uint64_t from, uint64_t to) {
  std::string text =
      fmt::format("\n[{} bytes of this log are damaged on the master's disk]\n", to - from);
  const size_t last = text.size() - 1;
  if (text.size() < to - from) text.insert(last, to - from - text.size(), '.');
  return text.substr(0, to - from);
}

}  // namespace

void RunLogs::Clear() {
  journal_.reset();
  packs_.clear();
  logs_.clear();
  entries_ = 0;
  inode_ = 0;
  settled_ = false;
}

Status RunLogs::Refresh() {
  for (int round = 0;; ++round) {
    const Result<struct stat> folder = files_.Look(folder_);
    if (folder.status().code() == Code::kNotFound) {
      Clear();
      return OkStatus();
    }
    GALE_RETURN_IF_ERROR(folder.status());
    if (folder->st_ino != inode_) Clear();
    Status status = FindPacks(*folder);
    for (size_t i = 0; status.ok() && i < packs_.size(); ++i) status = ReadPack(i);
    if (status.code() != Code::kNotFound || round > 0) return status;
    Clear();  // a pack went, or is another one by now: once more, from the beginning
  }
}

Status RunLogs::FindPacks(const struct stat& folder) {
  const bool same = inode_ != 0 && folder.st_mtim.tv_sec == changed_.tv_sec &&
                    folder.st_mtim.tv_nsec == changed_.tv_nsec;
  if (same && settled_) return OkStatus();
  GALE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_.List(folder_));
  for (const std::string& name : names) {
    if (!name.ends_with(".pack")) continue;
    if (std::ranges::find(packs_, name, &Pack::name) == packs_.end()) {
      packs_.emplace_back().name = name;
    }
  }
  inode_ = folder.st_ino;
  changed_ = folder.st_mtim;
  const TimePoint changed{std::chrono::duration_cast<Duration>(
      std::chrono::seconds(changed_.tv_sec) + std::chrono::nanoseconds(changed_.tv_nsec))};
  settled_ = Clock::Real().Now() - changed > kTimeOfFilesIsFine;
  return OkStatus();
}

Status RunLogs::ReadPack(size_t index) {
  Pack& pack = packs_[index];
  const std::string path = PathOf(pack.name);
  GALE_ASSIGN_OR_RETURN(const struct stat st, files_.Look(path));
  const auto size = static_cast<uint64_t>(st.st_size);
  if (pack.inode != 0 && (st.st_ino != pack.inode || size < pack.read_to)) {
    return NotFound("log pack '{}' is another one by now", path);
  }
  if (!pack.file.open()) {
    GALE_ASSIGN_OR_RETURN(pack.file, files_.Open(path, Access::kRead));
    GALE_ASSIGN_OR_RETURN(const struct stat opened, files_.Look(pack.file));
    pack.inode = opened.st_ino;
    return ReadPack(index);
  }
  if (size == pack.looked) return OkStatus();
  GALE_ASSIGN_OR_RETURN(
      pack.read_to, ReadJournal(
                        files_, pack.file, pack.read_to, kEntryBytesMax,
                        [&](uint64_t at, std::string_view entry) { Take(index, at, entry); },
                        [&](uint64_t from, uint64_t to) {
                          GALE_ERROR(
                              "log pack '{}' is damaged: its bytes {} to {} hold no whole entry",
                              path, from, to);
                        }));
  pack.looked = size;
  return OkStatus();
}

void RunLogs::Take(size_t pack, uint64_t at, std::string_view entry) {
  if (entry.size() < kHeadBytes || (entry[0] != kPacked && entry[0] != kInFile)) return;
  const uint64_t name_bytes = Number(entry, 3);
  if (name_bytes > entry.size() - kHeadBytes) return;
  Piece piece{.offset = Number(entry, 1),
              .bytes = Number(entry, 2),
              .time = TimePoint(Duration(static_cast<int64_t>(Number(entry, 0))))};
  Log& log = logs_[std::string(entry.substr(kHeadBytes, name_bytes))];
  if (entry[0] == kPacked) {
    if (piece.bytes != entry.size() - kHeadBytes - name_bytes) return;
    piece.pack = static_cast<int32_t>(pack);
    piece.at = at + kJournalHeaderBytes + kHeadBytes + name_bytes;
    log.packed = std::max(log.packed, piece.end());
  }
  log.pieces.insert(std::ranges::upper_bound(log.pieces, piece.offset, {}, &Piece::offset), piece);
  ++entries_;
}

Result<std::optional<uint64_t>> RunLogs::SizeOfFile(const std::string& name) const {
  const auto st = files_.Look(PathOf(name));
  if (st.status().code() == Code::kNotFound) return std::optional<uint64_t>();
  GALE_RETURN_IF_ERROR(st.status());
  const auto size = static_cast<uint64_t>(st->st_size);
  const auto log = logs_.find(name);
  if (log != logs_.end() && log->second.packed > size) return std::optional<uint64_t>();
  return std::optional(size);
}

Result<uint64_t> RunLogs::Size(const std::string& name) {
  GALE_RETURN_IF_ERROR(Refresh());
  GALE_ASSIGN_OR_RETURN(const std::optional<uint64_t> size, SizeOfFile(name));
  if (size) return *size;
  const auto log = logs_.find(name);
  return log == logs_.end() ? 0 : log->second.packed;
}

Result<std::string> RunLogs::Read(const std::string& name, uint64_t offset, size_t max) {
  GALE_RETURN_IF_ERROR(Refresh());
  GALE_ASSIGN_OR_RETURN(const std::optional<uint64_t> size, SizeOfFile(name));
  const auto log = logs_.find(name);
  if (!size && log == logs_.end()) return std::string();
  const uint64_t end = size ? *size : log->second.packed;
  if (offset >= end) return std::string();
  const uint64_t to = offset + std::min<uint64_t>(max, end - offset);
  if (!size) return ReadPacked(log->second, offset, to);
  GALE_ASSIGN_OR_RETURN(const File file, files_.Open(PathOf(name), Access::kRead));
  return files_.ReadRange(file, offset, to);
}

Result<std::string> RunLogs::ReadPacked(const Log& log, uint64_t from, uint64_t to) {
  std::string out;
  uint64_t at = from;
  for (const Piece& piece : log.pieces) {
    if (at >= to || piece.offset >= to) break;
    if (piece.pack < 0 || piece.end() <= at) continue;
    if (piece.offset > at) out += Hole(at, piece.offset);
    at = std::max(at, piece.offset);
    const uint64_t end = std::min(to, piece.end());
    auto bytes = ReadPiece(piece, at, end);
    GALE_RETURN_IF_ERROR(bytes.status());
    out += *bytes;
    at = end;
  }
  return out;
}

Result<std::string> RunLogs::ReadPiece(const Piece& piece, uint64_t from, uint64_t to) {
  const File& file = packs_[static_cast<size_t>(piece.pack)].file;
  const uint64_t at = piece.at + (from - piece.offset);
  GALE_ASSIGN_OR_RETURN(std::string bytes, files_.ReadRange(file, at, at + (to - from)));
  if (bytes.size() != to - from) return Internal("log pack '{}' was cut off", file.path());
  return bytes;
}

Result<std::vector<LogTime>> RunLogs::Times(const std::string& name, uint64_t offset,
                                            size_t bytes) {
  GALE_RETURN_IF_ERROR(Refresh());
  std::vector<LogTime> out;
  const auto log = logs_.find(name);
  if (log == logs_.end()) return out;
  for (const Piece& piece : log->second.pieces) {
    if (piece.end() > offset && piece.offset < offset + bytes) {
      out.push_back({piece.offset, piece.time});
    }
  }
  return out;
}

Result<uint64_t> RunLogs::Append(const std::string& name, uint64_t offset, std::string_view data,
                                 TimePoint now) {
  GALE_RETURN_IF_ERROR(Refresh());
  GALE_ASSIGN_OR_RETURN(const std::optional<uint64_t> file, SizeOfFile(name));
  const auto log = logs_.find(name);
  const uint64_t size = file ? *file : log == logs_.end() ? 0 : log->second.packed;
  if (offset > size) {
    return OutOfRange("log {} has {} bytes, and the chunk begins at {}: send from {} on",
                      PathOf(name), size, offset, size);
  }
  data.remove_prefix(std::min<uint64_t>(size - offset, data.size()));
  if (data.empty()) return size;
  const uint64_t after = size + data.size();
  if (!file && after <= limits::kLogPackedBytesMax) {
    GALE_RETURN_IF_ERROR(Note(name, size, data.size(), data, now));
  } else {
    GALE_RETURN_IF_ERROR(Grow(name, size, file.has_value(), data));
    // That it came is what counts; when, is good to know.
    if (Status noted = Note(name, size, data.size(), {}, now); !noted.ok()) {
      GALE_WARN("log {}: when this came isn't noted: {}", PathOf(name), noted.ToString());
    }
  }
  return after;
}

// Into its file. The first time with all that the packs have of it, at once: a reader finds
// either all of it in the packs or all of it in the file.
Status RunLogs::Grow(const std::string& name, uint64_t size, bool in_file, std::string_view data) {
  if (in_file) {
    GALE_ASSIGN_OR_RETURN(const File file, files_.Open(PathOf(name), Access::kUpdate));
    return files_.WriteAll(file, data, size);
  }
  std::string all;
  if (const auto log = logs_.find(name); log != logs_.end()) {
    GALE_ASSIGN_OR_RETURN(all, ReadPacked(log->second, 0, size));
  }
  all += data;
  GALE_RETURN_IF_ERROR(MakeFolders(name));
  return files_.Replace(PathOf(name), all);
}

Status RunLogs::OpenOwn() {
  const auto own = std::ranges::find(packs_, own_, &Pack::name);
  if (journal_ && own != packs_.end() && own->looked == journal_->size()) return OkStatus();
  journal_.reset();  // new, or somebody else wrote into it
  GALE_RETURN_IF_ERROR(MakeFolders(""));
  auto journal = Journal::Open(files_, PathOf(own_), kEntryBytesMax, nullptr);
  GALE_RETURN_IF_ERROR(journal.status());
  settled_ = false;  // it may be new
  GALE_RETURN_IF_ERROR(Refresh());
  journal_ = std::move(*journal);
  return OkStatus();
}

Status RunLogs::Note(const std::string& name, uint64_t offset, uint64_t bytes,
                     std::string_view data, TimePoint now) {
  GALE_RETURN_IF_ERROR(OpenOwn());
  const auto own = std::ranges::find(packs_, own_, &Pack::name);
  if (own == packs_.end()) {
    Clear();
    return Unavailable("log pack '{}' was removed in this moment", PathOf(own_));
  }
  std::string entry(1, data.empty() ? kInFile : kPacked);
  AddNumber(entry, static_cast<uint64_t>(now.time_since_epoch().count()));
  AddNumber(entry, offset);
  AddNumber(entry, bytes);
  AddNumber(entry, name.size());
  entry += name;
  entry += data;
  GALE_ASSIGN_OR_RETURN(const uint64_t at, journal_->Append(entry, /*sync=*/false));
  Take(static_cast<size_t>(own - packs_.begin()), at, entry);
  own->read_to = own->looked = journal_->size();
  return OkStatus();
}

// The base is nobody else's, and so is what is in it.
Status RunLogs::MakeFolders(std::string_view name) {
  const std::filesystem::path base(base_), run(folder_);
  Status status = files_.EnsureFolder(base_);
  if (status.code() == Code::kNotFound) {
    std::error_code error;
    std::filesystem::create_directories(base.parent_path(), error);
    if (error) return FileError(error.value(), "make the folder", base.parent_path().string());
    status = files_.EnsureFolder(base_);
  }
  GALE_RETURN_IF_ERROR(status);
  GALE_RETURN_IF_ERROR(files_.EnsureFolder(run.parent_path().string()));
  GALE_RETURN_IF_ERROR(files_.EnsureFolder(folder_));
  for (size_t slash = name.find('/'); slash != std::string_view::npos;
       slash = name.find('/', slash + 1)) {
    GALE_RETURN_IF_ERROR(files_.EnsureFolder(PathOf(std::string(name.substr(0, slash)))));
  }
  return OkStatus();
}

}  // namespace gale
