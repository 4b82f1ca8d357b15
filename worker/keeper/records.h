// What the keeper knows, on disk, so that its own death loses nothing:
//   <home>/records      a journal: of each process family that it starts (before the start, and
//                       again with its pid), that it is gone and how it ended, that this was taken
//   <home>/tmp/         working directories of families that asked for a fresh one
//   <home>/trash/       directories that are being removed
// Not synced: a keeper's death keeps them; after the machine's death nothing runs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/journal.h"
#include "worker/keeper/protocol.h"

namespace gale::keeper {

struct RunningRecord {
  std::string key;
  int32_t pid = 0;  // 0: the keeper died while it started it
  uint64_t birthday = 0;
  TimePoint started_at;
};

class Records {
 public:
  // The directories of `home`. Before Open, for who locks the home in between.
  static Status MakeFolders(const std::string& home, Files& files = Files::Real());
  // Reads what is there, also the files (one a family) of earlier versions. Nobody else may have it
  // open.
  static Result<Records> Open(const std::string& home, Files& files = Files::Real());

  // Before the start with pid 0, again when the pid is known.
  Status Starting(const RunningRecord& record) { return Note(record).WithContext("keeper record"); }
  // A failure would be a disk's: the record with pid 0 stays good, its family has the marker.
  void Started(const RunningRecord& record) { (void)Note(record); }
  void Forget(const std::string& key);

  // Records the exit, and in the same step forgets that it ran.
  Status Exit(const Exited& exit);
  void Take(const std::string& key) { Forget(key); }

  bool Has(const std::string& key) const { return entries_.contains(key); }
  std::vector<RunningRecord> Running() const;
  Result<std::vector<Exited>> Exits() const;
  // Something that can't be read was lost: there may be families that Running doesn't know.
  bool damaged() const { return journal_.damaged() || lost_; }

  Files& files() const { return *files_; }
  const std::string& home() const { return home_; }

 private:
  // The last that was said of a key.
  struct Entry {
    uint64_t at = 0;  // in the journal
    size_t bytes = 0;
    bool exited = false;
    RunningRecord running;  // unless it exited
  };
  using Entries = std::map<std::string, Entry>;

  Records(std::string home, Files& files, Journal journal)
      : files_(&files), home_(std::move(home)), journal_(std::move(journal)) {}
  static bool Apply(Entries& entries, uint64_t at, std::string_view bytes);
  Status Append(const std::string& bytes);
  Status Note(const RunningRecord& record);
  void Compact();
  Status TakeFilesIn();

  Files* files_;
  std::string home_;
  Journal journal_;
  Entries entries_;
  bool lost_ = false;
};

}  // namespace gale::keeper
