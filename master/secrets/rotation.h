// A new key for the secrets: `gale secrets rotate`. Beside running masters, in short transactions, and
// whatever moment it is killed at: it goes on when it is called again.
//
// 1. The new key goes into the key file, before the others; on the disk.
// 2. The ledger's setting names it: from then on nobody seals by the former one (Write refuses it).
// 3. What is sealed by others is sealed anew, some rows at a time; what somebody changes meanwhile is
//    sealed by the new key already.
// The former keys stay in the file, for backups of the database, until ForgetSealKeys.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "master/store/store.h"

namespace gale {

inline constexpr size_t kRotateRowsMax = 20;  // of one transaction; each may have 2 MiB

struct Rotated {
  std::string key_id;
  bool resumed = false;  // an earlier one had been interrupted, and was brought to its end
  uint64_t variables = 0, connections = 0;
  // What couldn't be opened, and stays as it is: "variable 'x': its value doesn't open: ...".
  std::vector<std::string> left;
};

// Puts a new key into the file and changes nothing else, so that the file can be copied to other masters
// first; its id. One that was prepared already stays. FAILED_PRECONDITION: there are no secrets yet.
Result<std::string> PrepareSealKey(Store& store, Files& files, const std::string& file);

// `others`: masters that need the file, too; with any, a key must have been prepared and copied to them.
// ABORTED: another rotation was faster. `step`: called after each transaction; false: stop, UNAVAILABLE.
Result<Rotated> RotateSealKey(Store& store, Files& files, const std::string& file,
                              const std::vector<std::string>& others,
                              const std::function<bool()>& step = {});

// Takes all keys out of the file but the one that all is sealed by; how many went.
// FAILED_PRECONDITION: some rows are sealed by another.
Result<size_t> ForgetSealKeys(Store& store, Files& files, const std::string& file);

// For who has lost the key: the file's newest, or a first one, is sealed by from now on; its id. What the
// lost one sealed stays as it is, and can't be read; it may be set anew, or deleted.
// FAILED_PRECONDITION: the file has the key.
Result<std::string> ReplaceLostSealKey(Store& store, Files& files, const std::string& file);

}  // namespace gale
