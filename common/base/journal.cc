#include "common/base/journal.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/base/log.h"

namespace gale {
namespace {

constexpr std::string_view kMagic = "gJ1\n";
constexpr size_t kReadBytes = 1 << 20;

// Eight tables: eight bytes a step.
constexpr std::array<std::array<uint32_t, 256>, 8> MakeTables() {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
    tables[0][i] = crc;
  }
  for (size_t t = 1; t < 8; ++t) {
    for (uint32_t i = 0; i < 256; ++i) {
      tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xff];
    }
  }
  return tables;
}
constexpr auto kTables = MakeTables();

uint32_t Number(std::string_view bytes, size_t at) {
  uint32_t out = 0;
  for (size_t i = 4; i-- > 0;) out = out << 8 | static_cast<uint8_t>(bytes[at + i]);
  return out;
}

void AddNumber(std::string& out, uint32_t number) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(number >> (8 * i) & 0xff);
}

// The file from a place on, as far as it is needed.
class Window {
 public:
  Window(Files& files, const File& file, uint64_t from) : files_(files), file_(file), base_(from) {}

  uint64_t at() const { return base_ + pos_; }
  std::string_view rest() const { return std::string_view(bytes_).substr(pos_); }
  void Skip(size_t n) { pos_ += n; }
  // rest() has that many bytes, unless the file ends before.
  Status Want(size_t bytes) {
    while (bytes_.size() - pos_ < bytes && !end_) {
      bytes_.erase(0, pos_);
      base_ += std::exchange(pos_, 0);
      GALE_ASSIGN_OR_RETURN(const std::string some,
                            files_.ReadSome(file_, base_ + bytes_.size(), kReadBytes));
      end_ = some.empty();
      bytes_ += some;
    }
    return OkStatus();
  }

 private:
  Files& files_;
  const File& file_;
  std::string bytes_;
  uint64_t base_;
  size_t pos_ = 0;
  bool end_ = false;
};

// The length of the entry that rest() may begin with; absent: it can't.
std::optional<size_t> LengthOf(std::string_view rest, size_t bytes_max) {
  if (rest.size() < kJournalHeaderBytes || !rest.starts_with(kMagic)) return std::nullopt;
  const size_t length = Number(rest, 4);
  return length <= bytes_max ? std::optional(length) : std::nullopt;
}

// Its bytes, if it is whole.
std::optional<std::string_view> BytesOf(std::string_view rest, size_t length) {
  if (rest.size() < kJournalHeaderBytes + length) return std::nullopt;
  const std::string_view bytes = rest.substr(kJournalHeaderBytes, length);
  if (Crc32c(bytes, Crc32c(rest.substr(4, 4))) != Number(rest, 8)) return std::nullopt;
  return bytes;
}

}  // namespace

uint32_t Crc32c(std::string_view bytes, uint32_t before) {
  uint32_t crc = ~before;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    const uint32_t low = crc ^ Number(bytes, 0), high = Number(bytes, 4);
    crc = 0;
    for (size_t i = 0; i < 4; ++i) {
      crc ^= kTables[7 - i][low >> (8 * i) & 0xff] ^ kTables[3 - i][high >> (8 * i) & 0xff];
    }
  }
  for (const char c : bytes) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<uint8_t>(c)) & 0xff];
  return ~crc;
}

std::string JournalEntry(std::string_view bytes) {
  std::string out(kMagic);
  out.reserve(kJournalHeaderBytes + bytes.size());
  AddNumber(out, static_cast<uint32_t>(bytes.size()));
  AddNumber(out, Crc32c(bytes, Crc32c(std::string_view(out).substr(4))));
  out += bytes;
  return out;
}

Result<uint64_t> ReadJournal(Files& files, const File& file, uint64_t from, size_t entry_bytes_max,
                             const OnJournalEntry& on_entry, const OnJournalGap& on_gap) {
  Window window(files, file, from);
  constexpr uint64_t kNone = UINT64_MAX;
  uint64_t gap = kNone;
  for (;;) {
    GALE_RETURN_IF_ERROR(window.Want(kJournalHeaderBytes));
    if (window.rest().size() < kJournalHeaderBytes) break;
    if (const auto length = LengthOf(window.rest(), entry_bytes_max)) {
      GALE_RETURN_IF_ERROR(window.Want(kJournalHeaderBytes + *length));
      if (const auto bytes = BytesOf(window.rest(), *length)) {
        if (gap != kNone && on_gap) on_gap(gap, window.at());
        gap = kNone;
        if (on_entry) on_entry(window.at(), *bytes);
        window.Skip(kJournalHeaderBytes + *length);
        continue;
      }
    }
    if (gap == kNone) gap = window.at();
    // The next place where one may begin; the last bytes may be a part of the word.
    const size_t next = window.rest().find(kMagic, 1);
    window.Skip(next != std::string_view::npos ? next : window.rest().size() - (kMagic.size() - 1));
  }
  return gap == kNone ? window.at() : gap;
}

Result<Journal> Journal::Open(Files& files, std::string path, size_t entry_bytes_max,
                              const OnJournalEntry& on_entry) {
  Journal journal(files, std::move(path), entry_bytes_max);
  GALE_ASSIGN_OR_RETURN(journal.file_, files.Open(journal.path_, Access::kUpdate));
  std::vector<std::pair<uint64_t, uint64_t>> gaps;
  GALE_ASSIGN_OR_RETURN(journal.size_, ReadJournal(files, journal.file_, 0, entry_bytes_max,
                                                   on_entry, [&gaps](uint64_t from, uint64_t to) {
                                                     gaps.emplace_back(from, to);
                                                   }));
  GALE_ASSIGN_OR_RETURN(const struct stat st, files.Look(journal.file_));
  const auto end = static_cast<uint64_t>(st.st_size);
  if (end > journal.size_) {
    // Torn if bytes are missing; if none is, it was whole once.
    GALE_ASSIGN_OR_RETURN(const std::string rest,
                          files.ReadRange(journal.file_, journal.size_,
                                          std::min<uint64_t>(end, journal.size_ + kReadBytes)));
    const auto length = LengthOf(rest, entry_bytes_max);
    const bool torn = rest.size() < kJournalHeaderBytes ||
                      (length && end - journal.size_ < kJournalHeaderBytes + *length);
    if (!torn) gaps.emplace_back(journal.size_, end);
    journal.torn_ = true;
  }
  journal.SetAside(gaps);
  (void)journal.TakeBack();  // or before the first entry
  return journal;
}

// All of them in one file, anew at each start: they stay where they are, too, until the journal is
// written anew.
void Journal::SetAside(const std::vector<std::pair<uint64_t, uint64_t>>& gaps) {
  if (gaps.empty()) return;
  damaged_ = true;
  const std::string aside = path_ + ".damaged";
  std::string bytes;
  for (const auto& [from, to] : gaps) {
    GALE_ERROR("'{}' is damaged: its bytes {} to {} hold no whole entry; they are now in '{}'",
               path_, from, to, aside);
    bytes += files_->ReadRange(file_, from, to).value_or("");
  }
  if (Status status = files_->Replace(aside, bytes); !status.ok()) {
    GALE_ERROR("{}", status.ToString());
  }
}

Status Journal::TakeBack() {
  if (!torn_) return OkStatus();
  GALE_RETURN_IF_ERROR(files_->Truncate(file_, size_));
  torn_ = false;
  return OkStatus();
}

Result<uint64_t> Journal::Append(std::string_view bytes, bool sync) {
  if (bytes.size() > entry_bytes_max_) {
    return ResourceExhausted("'{}': an entry of {} bytes; at most {} are taken", path_,
                             bytes.size(), entry_bytes_max_);
  }
  GALE_RETURN_IF_ERROR(TakeBack());
  const std::string entry = JournalEntry(bytes);
  torn_ = true;
  Status status = files_->WriteAll(file_, entry, size_);
  if (status.ok() && sync) status = files_->Sync(file_);
  if (!status.ok()) {
    (void)TakeBack();
    return status;
  }
  torn_ = false;
  const uint64_t at = size_;
  size_ += entry.size();
  return at;
}

Result<std::string> Journal::Read(uint64_t at) const {
  GALE_ASSIGN_OR_RETURN(std::string entry, files_->ReadRange(file_, at, at + kJournalHeaderBytes));
  if (const auto length = LengthOf(entry, entry_bytes_max_)) {
    GALE_ASSIGN_OR_RETURN(entry, files_->ReadRange(file_, at, at + kJournalHeaderBytes + *length));
    if (const auto bytes = BytesOf(entry, *length)) return std::string(*bytes);
  }
  return Internal("'{}' is damaged: no whole entry begins at {}", path_, at);
}

Result<std::vector<uint64_t>> Journal::Keep(const std::vector<uint64_t>& entries, bool sync) {
  rewrite_from_ = std::max<uint64_t>(limits::kJournalBytesMin, 2 * size_);  // unless it works
  std::vector<uint64_t> out;
  std::string bytes;
  for (const uint64_t at : entries) {
    auto entry = Read(at);
    GALE_RETURN_IF_ERROR(entry.status());
    out.push_back(bytes.size());
    bytes += JournalEntry(*entry);
  }
  GALE_RETURN_IF_ERROR(bytes.empty() ? files_->Truncate(file_, 0) : Replace(bytes, sync));
  size_ = bytes.size();
  torn_ = false;
  rewrite_from_ = limits::kJournalBytesMin;
  return out;
}

Status Journal::Replace(const std::string& bytes, bool sync) {
  // The open file is the new one before its name is: nothing can fail behind the move.
  const std::string fresh = path_ + ".new";
  auto write = [&]() -> Result<File> {
    GALE_RETURN_IF_ERROR(files_->Write(fresh, bytes, {.sync = sync}));
    GALE_ASSIGN_OR_RETURN(File file, files_->Open(fresh, Access::kUpdate));
    GALE_RETURN_IF_ERROR(files_->Move(fresh, path_));
    return file;
  };
  Result<File> file = write();
  if (!file.ok()) {
    (void)files_->Remove(fresh);
    return file.status();
  }
  file_ = std::move(*file);
  file_.MovedTo(path_);
  return OkStatus();
}

}  // namespace gale
