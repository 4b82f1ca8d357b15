// The output of one run's attempts, in the run's folder: what is small in packs, what grew beyond
// limits::kLogPackedBytesMax in a file of its own.
//
// A pack (<writer>.pack) is a journal (common/base/journal.h) that one master appends to and every
// master reads. An entry is a piece of one attempt's log, and when it came. The index of them is
// only in memory, made by reading the packs, and never behind them: before each use it looks
// whether a pack grew. A file of its own holds its log from the first byte on; for it the pack has
// only entries without bytes, that say when what came. Files of versions without packs look the
// same.
//
// The folder is nobody's: it may be moved away or removed at any time, and is then made anew.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/base/files.h"
#include "common/base/journal.h"
#include "master/logs/log_store.h"

namespace gale {

// One thread at a time, and one object a folder and writer. A log's name is its path below the
// folder.
class RunLogs {
 public:
  RunLogs(Files& files, std::string base, std::string folder, std::string writer)
      : files_(files),
        base_(std::move(base)),
        folder_(std::move(folder)),
        own_(std::move(writer) + ".pack") {}

  // As LogStore's.
  Result<uint64_t> Append(const std::string& name, uint64_t offset, std::string_view data,
                          TimePoint now);
  Result<uint64_t> Size(const std::string& name);
  Result<std::string> Read(const std::string& name, uint64_t offset, size_t max);
  Result<std::vector<LogTime>> Times(const std::string& name, uint64_t offset, size_t bytes);

  size_t entries() const { return entries_; }  // of the index
  size_t descriptors() const { return packs_.size() + (journal_ ? 1 : 0); }

 private:
  struct Piece {
    uint64_t offset = 0;  // in the log
    uint64_t bytes = 0;
    TimePoint time;
    int32_t pack = -1;  // -1: in the file of its own
    uint64_t at = 0;    // of the first byte, in the pack
    uint64_t end() const { return offset + bytes; }
  };
  struct Log {
    std::vector<Piece> pieces;  // by offset; may overlap, or leave a hole where one was damaged
    uint64_t packed = 0;        // where the last one in a pack ends
  };
  struct Pack {
    std::string name;
    uint64_t read_to = 0;  // the index has what stands before
    uint64_t looked = 0;   // its size at the last look
    File file{};           // kept open, so that no other gets its inode's number
    ino_t inode = 0;
  };

  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }
  Status Refresh();
  Status FindPacks(const struct stat& folder);
  Status ReadPack(size_t index);
  void Take(size_t pack, uint64_t at, std::string_view entry);
  void Clear();
  // The size of its file; absent if there is none, or the packs have more.
  Result<std::optional<uint64_t>> SizeOfFile(const std::string& name) const;
  Result<std::string> ReadPacked(const Log& log, uint64_t from, uint64_t to);
  Result<std::string> ReadPiece(const Piece& piece, uint64_t from, uint64_t to);
  Status Grow(const std::string& name, uint64_t size, bool in_file, std::string_view data);
  Status OpenOwn();
  Status Note(const std::string& name, uint64_t offset, uint64_t bytes, std::string_view data,
              TimePoint now);
  Status MakeFolders(std::string_view name);

  Files& files_;
  const std::string base_, folder_;
  const std::string own_;           // the pack that we write
  std::optional<Journal> journal_;  // of it, once something was written
  std::vector<Pack> packs_;
  std::unordered_map<std::string, Log> logs_;
  size_t entries_ = 0;
  // Which folder was listed, in which state; and whether it may have changed in that very moment.
  ino_t inode_ = 0;
  struct timespec changed_ {};
  bool settled_ = false;
};

}  // namespace gale
