#include "worker/spool.h"

#include <filesystem>

#include "common/base/log.h"
#include "common/rpc/convert.h"

namespace gale::worker {
namespace {

// An entry's first byte: a result follows, or the AttemptRef of one that was acked.
constexpr char kResult = 'r', kAcked = 'a';
// A result: an XCom of kXComBytesMax, and its reason and names.
constexpr size_t kEntryBytesMax = 4 << 20;

template <class Message>
std::string EntryOf(char kind, const Message& message) {
  std::string bytes(1, kind);
  message.AppendToString(&bytes);
  return bytes;
}

}  // namespace

Result<std::vector<v1::Finished>> Spool::Load() {
  GALE_RETURN_IF_ERROR(files_.EnsureFolder(folder_, 0700));
  std::map<AttemptId, v1::Finished> results;
  entries_.clear();
  bytes_ = 0;
  auto take = [&](uint64_t at, std::string_view entry) {
    v1::Finished finished;
    v1::AttemptRef acked;
    const std::string body(entry.substr(std::min<size_t>(1, entry.size())));
    if (entry.starts_with(kAcked) && acked.ParseFromString(body)) {
      Forget(FromProto(acked));
      results.erase(FromProto(acked));
    } else if (entry.starts_with(kResult) && finished.ParseFromString(body) &&
               finished.outcome() != 0) {
      const AttemptId id = FromProto(finished.attempt());
      Forget(id);
      entries_[id] = {at, entry.size()};
      bytes_ += entry.size() + kJournalHeaderBytes;
      results[id] = std::move(finished);
    } else {
      GALE_ERROR("spool: what stands at {} of '{}/results' is no result; it is left out", at,
                 folder_);
    }
  };
  auto journal = Journal::Open(files_, folder_ + "/results", kEntryBytesMax, take);
  GALE_RETURN_IF_ERROR(journal.status().WithContext("spool"));
  journal_ = std::move(*journal);
  GALE_RETURN_IF_ERROR(LoadFiles(results));
  std::vector<v1::Finished> out;
  for (auto& [id, finished] : results) out.push_back(std::move(finished));
  return out;
}

// Of versions that had a file for each.
Status Spool::LoadFiles(std::map<AttemptId, v1::Finished>& results) {
  GALE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_.List(folder_));
  for (const std::string& name : names) {
    const std::filesystem::path path = folder_ + "/" + name;
    if (path.extension() == ".new") (void)files_.Remove(path);  // its writer died at it
    if (path.extension() != ".result") continue;
    auto bytes = files_.Read(path);
    v1::Finished finished;
    if (!bytes.ok()) {  // it may be good all the same: nobody gives a result up for an I/O error
      return Status(
          bytes.status().code(),
          fmt::format("spool: {}; mend the disk, or remove the file to give its attempt up",
                      bytes.status().message()));
    }
    if (!finished.ParseFromString(*bytes) || finished.outcome() == 0 ||
        FromProto(finished.attempt()).ToString() != path.stem()) {
      SetAside(path, Internal("it is no result of the attempt that its name says"));
    } else {
      // On a full disk the file stays, until it is acked in another life.
      if (Append(finished, /*sync=*/true).ok()) (void)files_.Remove(path);
      results[FromProto(finished.attempt())] = std::move(finished);
    }
  }
  return OkStatus();
}

void Spool::SetAside(const std::string& path, const Status& why) {
  std::string aside = folder_ + "/damaged";
  (void)files_.EnsureFolder(aside, 0700);
  std::string to = aside + "/" + std::filesystem::path(path).filename().string();
  GALE_ERROR(
      "spool: '{}' is damaged ({}); it is now '{}', and its attempt will be given up as lost", path,
      why.ToString(), to);
  if (Status moved = files_.Move(path, to); !moved.ok()) GALE_ERROR("{}", moved.ToString());
}

Status Spool::Write(const v1::Finished& finished, bool sync) {
  if (entries_.size() >= entries_max_) {
    return ResourceExhausted(
        "the spool '{}' holds {} results that no master acked (kSpoolEntriesMax)", folder_,
        entries_.size());
  }
  return Append(finished, sync).WithContext("spool");
}

Status Spool::Append(const v1::Finished& finished, bool sync) {
  GALE_CHECK(journal_, "the spool was not loaded");
  const std::string entry = EntryOf(kResult, finished);
  GALE_ASSIGN_OR_RETURN(const uint64_t at, journal_->Append(entry, sync));
  const AttemptId id = FromProto(finished.attempt());
  Forget(id);
  entries_[id] = {at, entry.size()};
  bytes_ += entry.size() + kJournalHeaderBytes;
  return OkStatus();
}

void Spool::Forget(const AttemptId& id) {
  auto it = entries_.find(id);
  if (it == entries_.end()) return;
  bytes_ -= it->second.bytes + kJournalHeaderBytes;
  entries_.erase(it);
}

void Spool::Remove(const AttemptId& id) {
  if (!entries_.contains(id)) return;
  Forget(id);
  const bool noted = journal_->Append(EntryOf(kAcked, ToProto(id)), /*sync=*/false).ok();
  if (!journal_->Bloated(bytes_) && (noted || !entries_.empty())) return;
  if (Status status = Compact(); !status.ok()) GALE_WARN("spool: {}", status.ToString());
}

Status Spool::Compact() {
  std::vector<uint64_t> places;
  for (const auto& [id, entry] : entries_) places.push_back(entry.at);
  GALE_ASSIGN_OR_RETURN(places, journal_->Keep(places, /*sync=*/true));
  size_t n = 0;
  for (auto& [id, entry] : entries_) entry.at = places[n++];
  return OkStatus();
}

}  // namespace gale::worker
