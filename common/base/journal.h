// A file that only grows, entry by entry, instead of a file for each of many small things.
//
//   GALE_ASSIGN_OR_RETURN(Journal journal, Journal::Open(files, path, bytes_max, on_entry));
//   GALE_RETURN_IF_ERROR(journal.Append(bytes, /*sync=*/false).status());
//
// An entry on the disk: "gJ1\n", its length, its CRC-32C (of length and bytes), its bytes; numbers
// are 4 bytes, little endian. So a reader knows an entry that was torn (its writer died, or the disk
// was full) or damaged (a bad disk), and finds the next whole one behind it. Who can write what he
// likes into entries could forge one, but it is only taken for one if what is around it is damaged.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/status.h"

namespace gale {

inline constexpr size_t kJournalHeaderBytes = 12;

// The entry of these bytes, as it stands on the disk.
std::string JournalEntry(std::string_view bytes);

uint32_t Crc32c(std::string_view bytes, uint32_t before = 0);

// Where the entry begins, and what it holds (until the call returns).
using OnJournalEntry = std::function<void(uint64_t at, std::string_view bytes)>;
// The bytes [from, to) of the file are no entry, though there is a whole one behind them.
using OnJournalGap = std::function<void(uint64_t from, uint64_t to)>;

// Reads the entries from `from` on; returns where the next look should begin: behind the last whole
// entry. What may stand there is the beginning of one that is being written, or was torn.
Result<uint64_t> ReadJournal(Files& files, const File& file, uint64_t from, size_t entry_bytes_max,
                             const OnJournalEntry& on_entry, const OnJournalGap& on_gap);

// The journal of one owner: nobody else writes to it. Not thread-safe. What was appended survives
// the process; and the machine, if it was synced.
class Journal {
 public:
  // Made if missing. Reads what is there: a torn end is dropped; what is damaged goes to
  // <path>.damaged, is said in the log, and costs no other entry. An error: it can't be read.
  static Result<Journal> Open(Files& files, std::string path, size_t entry_bytes_max,
                              const OnJournalEntry& on_entry);

  // Returns where it begins. After an error there is no such entry, and the journal is as it was:
  // what was written in part is taken back, now or, if the disk refuses that, before the next one.
  // kResourceExhausted: more than entry_bytes_max.
  Result<uint64_t> Append(std::string_view bytes, bool sync);
  // The entry that begins there. An error if it isn't whole (any more).
  Result<std::string> Read(uint64_t at) const;
  // Writes it anew: from now on it holds the entries that begin there, in this order, and nothing
  // else; all or nothing, whoever dies. Returns where each begins now.
  Result<std::vector<uint64_t>> Keep(const std::vector<uint64_t>& entries, bool sync);
  // Whether that is worth it, if of all entries so many bytes are still needed. After one that
  // failed not before it is twice as large.
  bool Bloated(uint64_t needed_bytes) const {
    return size_ >= rewrite_from_ && needed_bytes <= size_ / 4;
  }

  uint64_t size() const { return size_; }
  bool damaged() const { return damaged_; }  // when it was opened
  const std::string& path() const { return path_; }

 private:
  Journal(Files& files, std::string path, size_t entry_bytes_max)
      : files_(&files), path_(std::move(path)), entry_bytes_max_(entry_bytes_max) {}
  void SetAside(const std::vector<std::pair<uint64_t, uint64_t>>& gaps);
  Status TakeBack();
  Status Replace(const std::string& bytes, bool sync);

  Files* files_;
  std::string path_;
  size_t entry_bytes_max_;
  File file_;
  uint64_t size_ = 0;  // of what is whole
  bool damaged_ = false;
  bool torn_ = false;  // something stands behind it
  uint64_t rewrite_from_ = limits::kJournalBytesMin;
};

}  // namespace gale
