// The template processes, and the forks that are asked of them; template_pool.h decides.
//
// A template is a child of the keeper that has imported what tasks need. Its descriptor 3 is a
// seqpacket socket to us: it says `ready` or `unforkable WHY`, and is told `fork`, with one end of a
// socket of that fork alone. There the fork gets the task's log, and what the task needs (key,
// directory, command, environment). It says `stale PATH` if a file that the template read has
// changed; else, by then our child, `here`, and the kernel vouches for its pid. It goes on when it is
// told `go`, which a start is once and on that socket only: whoever else may have been forked for
// it, late or twice, finds his closed and ends. A template that was used has a fork in store.
//
// One thread; nothing blocks.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "common/base/files.h"
#include "worker/keeper/protocol.h"
#include "worker/keeper/template_pool.h"

namespace gale::keeper {

// In a template's environment, as the key of kMarkerName. No task's key begins so.
inline constexpr std::string_view kTemplateKey = ".template";

class Templates {
 public:
  // Who owns the starts. They may call Drop, nothing else of this.
  struct Owner {
    std::function<Result<File>(const std::string& key)> open_log;
    // The process is ours and waits for its word. False: it isn't to go.
    std::function<bool(const std::string& key, pid_t pid)> on_forked;
    // It has to be started without a template; `why` is empty if that is as it should be.
    std::function<void(const std::string& key, const std::string& why)> on_fresh;
  };

  Templates(std::string home, bool reset_oom_score, Owner owner);
  ~Templates();
  Templates(const Templates&) = delete;
  Templates& operator=(const Templates&) = delete;

  // `request` names templates; its env is whole, its cwd is one. on_forked or on_fresh follows,
  // perhaps before this returns.
  void Start(const SpawnRequest& request);
  // Nobody wants this start any more.
  void Drop(const std::string& key);

  // A child was reaped. True: it was a template.
  bool Reaped(pid_t pid);
  bool Has(pid_t pid) const { return serials_by_pid_.contains(pid); }

  // Readable when OnReady has something to do.
  int fd() const { return epoll_; }
  void OnReady();
  void OnTime(int64_t now_boot_us);
  int64_t next_boot_us() const { return pool_.next(); }
  void EndAll();

 private:
  struct Process {
    uint64_t serial = 0;
    std::string id;
    pid_t pid = 0;
    int line = -1;
    int spare = -1;  // the line of a fork in store
    int64_t started_boot_us = 0;
  };
  struct Starting {
    SpawnRequest request;
    uint64_t number = 0;  // of the asking
    uint64_t serial = 0;  // of the template that was asked
    int line = -1;        // -1: none was
  };

  void Do(TemplatePool::Steps steps);
  Status StartProcess(const TemplatePool::Step& step);
  Result<int> Fork(const Process& process);
  Status Ask(const std::string& key, Process& process);
  void KeepSpare(uint64_t serial);
  void CloseLines(Process& process);
  void End(const TemplatePool::Step& step);
  void ReadTemplate(uint64_t serial);
  void OnWord(uint64_t serial, std::string_view word);
  void ReadFork(uint64_t number);
  bool TakeFork(const std::string& key, std::string* stale);
  void ReadForksOf(uint64_t serial);
  void CloseLine(Starting& start);
  Status Watch(int fd, uint64_t token);

  const std::string home_;
  const bool reset_oom_score_;
  const Owner owner_;
  int epoll_;
  TemplatePool pool_;
  std::map<uint64_t, Process> processes_;               // by serial; what isn't to end
  std::unordered_map<pid_t, uint64_t> serials_by_pid_;  // not yet reaped
  std::map<std::string, Starting> starts_;              // by key
  std::unordered_map<uint64_t, std::string> keys_;      // number -> key
  uint64_t last_number_ = 0;
};

}  // namespace gale::keeper
