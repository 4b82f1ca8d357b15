#include "worker/worker.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/base/log.h"
#include "worker/keeper/keeper.h"
#include "worker/worker_impl.h"

namespace gale::worker {
namespace {

namespace fs = std::filesystem;

WorkerOptions Completed(WorkerOptions options) {
  if (options.name.empty()) {
    char host[256] = {};
    ::gethostname(host, sizeof(host) - 1);
    options.name = host;
  }
  if (options.environ.empty()) {
    for (char** variable = ::environ; *variable != nullptr; ++variable) {
      options.environ.emplace_back(*variable);
    }
  }
  options.slots = std::max<uint32_t>(options.slots, 1);
  return options;
}

RunnerOptions ForRunner(const WorkerOptions& options) {
  RunnerOptions out;
  out.python = options.python;
  out.sdk = options.sdk;
  out.home = options.home;
  out.environ = options.environ;
  out.secrets = {options.join_token};
  if (!options.broker_url.empty()) out.secrets.push_back(options.broker_url);
  out.kill_grace = options.kill_grace;
  return out;
}

Files& FilesOf(const WorkerOptions& options) {
  return options.files != nullptr ? *options.files : Files::Real();
}

SessionOptions ForSession(const WorkerOptions& options) {
  return {options.name, options.masters, options.join_token, options.credentials};
}

}  // namespace

WorkerNode::Impl::Impl(WorkerOptions options)
    : options_(Completed(std::move(options))),
      identity_(Identity(options_)),
      core_({.slots = options_.slots, .results_max = limits::kSpoolEntriesMax}),
      files_(options_.home, FilesOf(options_)),
      runner_(files_, ForRunner(options_)),
      spool_(options_.home, files_.files()),
      bundles_(options_.home, options_.join_token, files_.files()),
      shipper_(files_, options_.join_token),
      session_(ForSession(options_),
               {.on_opened =
                    [this](uint64_t stream, std::shared_ptr<grpc::Channel> channel) {
                      mailbox_.Post(letter::Opened{stream, std::move(channel)});
                    },
                .on_message =
                    [this](uint64_t stream, v1::MasterMessage message) {
                      mailbox_.PostOrWait(letter::Message{stream, std::move(message)});
                    },
                .on_closed = [this](uint64_t stream,
                                    const Status&) { mailbox_.Post(letter::Closed{stream}); }}) {}

WorkerNode::Impl::~Impl() { Stop(MonoTime()); }

Status WorkerNode::Impl::LockHome() {
  std::error_code error;
  fs::create_directories(options_.home, error);
  if (error) return Unavailable("cannot make the home '{}': {}", options_.home, error.message());
  ::chmod(options_.home.c_str(), 0700);
  Files& files = files_.files();
  GALE_ASSIGN_OR_RETURN(lock_, files.Open(options_.home + "/worker.lock", Access::kUpdate));
  if (::flock(lock_.fd(), LOCK_EX | LOCK_NB) != 0) {
    std::string holder = files.Read(lock_.path()).value_or("?");
    holder.erase(std::min(holder.find('\n'), holder.size()));
    return FailedPrecondition(
        "worker '{}': another worker (pid {}) lives in '{}'; stop it, or give this one a home of "
        "its own",
        options_.name, holder, options_.home);
  }
  // Behind the pid may stand the end of a longer one; it is for people.
  return files.WriteAll(lock_, fmt::format("{}\n", ::getpid()), 0);
}

Status WorkerNode::Impl::Start() {
  GALE_RETURN_IF_ERROR(LockHome());
  GALE_RETURN_IF_ERROR(files_.Create());
  GALE_RETURN_IF_ERROR(MakePuller());
  GALE_RETURN_IF_ERROR(bundles_.Start());
  GALE_RETURN_IF_ERROR(shipper_.Start());
  GALE_RETURN_IF_ERROR(Recover().WithContext(fmt::format("worker '{}'", options_.name)));
  thread_ = std::thread([this] { Run(); });
  if (puller_) puller_->Start();
  GALE_RETURN_IF_ERROR(session_.Start());
  GALE_INFO("worker '{}': {} slots, home '{}', keeper {}", options_.name, options_.slots,
            options_.home, keeper_->keeper_pid());
  return OkStatus();
}

Status WorkerNode::Impl::MakePuller() {
  if (options_.broker_url.empty()) return OkStatus();
  RedisOptions redis;
  redis.ns = options_.broker_namespace;
  GALE_ASSIGN_OR_RETURN(auto popper, RedisPopper::Open(options_.broker_url, std::move(redis)));
  puller_ = std::make_unique<Puller>(std::move(popper), options_.queues,
                                     [this](std::vector<AttemptId> attempts) {
                                       mailbox_.Post(letter::Popped{std::move(attempts)});
                                     });
  return OkStatus();
}

Status WorkerNode::Impl::Recover() {
  GALE_ASSIGN_OR_RETURN(std::vector<v1::Finished> spooled, spool_.Load());
  event::SpoolLoaded loaded;
  for (v1::Finished& finished : spooled) {
    Ending ending = ToEnding(finished);
    results_[ending.attempt] = std::move(finished);
    shipper_.Ended(ending.attempt);
    loaded.endings.push_back(std::move(ending));
  }
  Feed(std::move(loaded));
  GALE_RETURN_IF_ERROR(ConnectKeeper());
  GALE_RETURN_IF_ERROR(ListKeeper());
  ShipOrphans();
  return OkStatus();
}

Status WorkerNode::Impl::ConnectKeeper() {
  keeper::StartOptions start;
  start.home = options_.home;
  start.argv = options_.keeper_argv;
  GALE_RETURN_IF_ERROR(keeper::StartKeeper(start));
  uint64_t number = ++keeper_number_;
  GALE_ASSIGN_OR_RETURN(keeper_, keeper::KeeperClient::Connect(
                                     keeper::SocketPath(options_.home),
                                     {.on_event =
                                          [this, number](const keeper::KeeperEvent& event) {
                                            mailbox_.Post(letter::FromKeeper{number, event});
                                          },
                                      .on_closed =
                                          [this, number](const Status& why) {
                                            mailbox_.Post(letter::KeeperClosed{number, why});
                                          }}));
  if (core_.fence_at()) Do(action::KeeperFence{*core_.fence_at()});
  return OkStatus();
}

Status WorkerNode::Impl::ListKeeper() {
  GALE_ASSIGN_OR_RETURN(keeper::Listing listing, keeper_->List(kListTimeout));
  event::KeeperListed listed;
  for (const keeper::Running& running : listing.running) {
    auto id = AttemptId::Parse(running.key);
    if (!id.ok()) continue;  // nothing of a worker's
    shipper_.Follow(*id);
    listed.running.push_back({*id, TakeUpGrant(*id), running.pid});
  }
  for (const keeper::Exited& exited : listing.exited) {
    auto id = AttemptId::Parse(exited.key);
    if (!id.ok()) continue;
    listed.exits.push_back({*id, TakeUpGrant(*id), KeepExit(*id, exited)});
  }
  if (!listed.running.empty() || !listed.exits.empty()) {
    GALE_INFO("worker '{}': takes over {} running attempts and {} ended ones from the keeper",
              options_.name, listed.running.size(), listed.exits.size());
  }
  Feed(std::move(listed));
  return OkStatus();
}

// Blocks the worker's thread; without a keeper there is nothing else to do.
void WorkerNode::Impl::ReplaceKeeper() {
  keeper_.reset();
  keeper_retry_at_.reset();
  Status status = ConnectKeeper();
  if (status.ok()) status = ListKeeper();
  if (status.ok()) return;
  GALE_ERROR("worker '{}': no keeper: {}; trying again", options_.name, status.ToString());
  keeper_.reset();
  keeper_retry_at_ = Clock::Real().Mono() + kKeeperRetry;
}

// Logs of attempts that are over and acked, which an earlier process did not ship to their end.
void WorkerNode::Impl::ShipOrphans() {
  for (const fs::path name : files_.files().List(files_.folder()).value_or({})) {
    auto id = AttemptId::Parse(name.stem().string());
    if (!id.ok() || core_.Knows(*id)) continue;
    files_.RemoveAllButLog(*id);
    if (name.extension() != ".log") continue;
    shipper_.Ended(*id);
    shipper_.Release(*id);
  }
}

void WorkerNode::Impl::Run() {
  while (!quit_) {
    std::optional<MonoTime> wake = core_.next_tick();
    if (keeper_retry_at_) wake = wake ? std::min(*wake, *keeper_retry_at_) : *keeper_retry_at_;
    for (Letter& letter : mailbox_.TakeAll(wake)) {
      std::visit([&](auto& l) { On(l); }, letter);
    }
    MonoTime now = Clock::Real().Mono();
    if (keeper_retry_at_ && now >= *keeper_retry_at_) ReplaceKeeper();
    if (auto tick = core_.next_tick(); tick && now >= *tick) Feed(event::Tick{});
    TellState();
  }
}

void WorkerNode::Impl::TellState() {
  // With no master in reach there is nobody to say Goodbye to: its lease will tell.
  bool drained = core_.drained() || (core_.draining() && core_.idle() && !core_.welcomed());
  bool tell = false;
  {
    std::lock_guard lock(state_mutex_);
    tell = drained && !drained_;
    drained_ = drained;
    if (tell) state_changed_.notify_all();
  }
  if (tell) GALE_INFO("worker '{}': drained", options_.name);
}

bool WorkerNode::Impl::WaitDrained(MonoTime deadline) {
  std::unique_lock lock(state_mutex_);
  return state_changed_.wait_until(
      lock, std::chrono::steady_clock::time_point(deadline.time_since_epoch()),
      [&] { return drained_; });
}

void WorkerNode::Impl::Stop(MonoTime deadline) {
  Duration left = std::max(deadline - Clock::Real().Mono(), Duration(0));
  if (thread_.joinable()) {
    if (puller_) puller_->Stop();
    Duration grace = FromSeconds(Seconds(left) * kStopDrainShare);
    if (options_.leave_running) {
      // No new work; a grace that outlasts us kills nothing.
      if (left > Duration(0)) Drain(left + std::chrono::hours(1));
    } else {
      Drain(std::max(grace, Duration(1)));
    }
    if (left > Duration(0)) WaitDrained(deadline - (left - grace) / 4);
  }
  bundles_.Stop(deadline);
  shipper_.Stop(deadline);
  session_.Stop(deadline);
  if (thread_.joinable()) {
    mailbox_.Post(letter::Quit{});
    thread_.join();
  }
  mailbox_.Close();
  if (keeper_ && !options_.leave_running) {
    Status ended = keeper_->Shutdown(/*force=*/true, options_.kill_grace + std::chrono::seconds(2));
    if (!ended.ok())
      GALE_WARN("worker '{}': ending its keeper: {}", options_.name, ended.ToString());
  }
  keeper_.reset();
}

WorkerNode::WorkerNode(WorkerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
WorkerNode::~WorkerNode() = default;
Status WorkerNode::Start() { return impl_->Start(); }
void WorkerNode::Stop(MonoTime deadline) { impl_->Stop(deadline); }
void WorkerNode::Drain(Duration grace) { impl_->Drain(grace); }
bool WorkerNode::WaitDrained(MonoTime deadline) { return impl_->WaitDrained(deadline); }

}  // namespace gale::worker
