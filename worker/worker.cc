#include "worker/worker.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/base/log.h"
#include "worker/messages.h"
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
  options.templates.life =
      fmt::format("{}-{}", ::getpid(), Clock::Real().Now().time_since_epoch().count());
  return options;
}

RunnerOptions ForRunner(const WorkerOptions& options, const std::string& task_socket) {
  RunnerOptions out;
  out.python = options.python;
  out.sdk = options.sdk;
  out.home = options.home;
  out.environ = options.environ;
  out.secrets = {options.join_token};
  if (!options.broker_url.empty()) out.secrets.push_back(options.broker_url);
  out.kill_grace = options.kill_grace;
  out.task_socket = task_socket;
  out.templates = options.templates;
  return out;
}

DriverOptions ForDriver(const WorkerOptions& options, const std::string& task_socket) {
  return {.name = options.name,
          .home = options.home,
          .identity = Identity(options),
          .core = {.slots = options.slots,
                   .results_max = limits::kSpoolEntriesMax,
                   .host_check = options.host_check},
          .runner = ForRunner(options, task_socket)};
}

SessionOptions ForSession(const WorkerOptions& options) {
  return {options.name, options.masters, options.join_token, options.credentials,
          options.in_process};
}

}  // namespace

WorkerNode::Impl::Impl(WorkerOptions options)
    : options_(Completed(std::move(options))),
      files_(options_.files != nullptr ? *options_.files : Files::Real()),
      keeper_(options_.home, options_.keeper_argv,
              {.on_event =
                   [this](uint64_t number, const keeper::KeeperEvent& event) {
                     mailbox_.Post(letter::FromKeeper{number, event});
                   },
               .on_closed =
                   [this](uint64_t number, const Status& why) {
                     mailbox_.Post(letter::KeeperClosed{number, why});
                   }}),
      bundles_(options_.home, options_.join_token, files_),
      shipper_(AttemptFiles(options_.home, files_), options_.join_token, options_.name),
      load_(options_.devices_command),
      tasks_(options_.home, AttemptFiles(options_.home, files_), options_.join_token,
             options_.name),
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
                                    const Status&) { mailbox_.Post(letter::Closed{stream}); }}),
      driver_(ForDriver(options_, tasks_.path()),
              {Clock::Real(), files_, *this, keeper_, *this, shipper_}) {}

WorkerNode::Impl::~Impl() { Stop(MonoTime()); }

Status WorkerNode::Impl::LockHome() {
  std::error_code error;
  fs::create_directories(options_.home, error);
  if (error) return Unavailable("cannot make the home '{}': {}", options_.home, error.message());
  ::chmod(options_.home.c_str(), 0700);
  GALE_ASSIGN_OR_RETURN(lock_, files_.Open(options_.home + "/worker.lock", Access::kUpdate));
  if (::flock(lock_.fd(), LOCK_EX | LOCK_NB) != 0) {
    std::string holder = files_.Read(lock_.path()).value_or("?");
    holder.erase(std::min(holder.find('\n'), holder.size()));
    return FailedPrecondition(
        "worker '{}': another worker (pid {}) lives in '{}'; stop it, or give this one a home of "
        "its own",
        options_.name, holder, options_.home);
  }
  // Behind the pid may stand the end of a longer one; it is for people.
  return files_.WriteAll(lock_, fmt::format("{}\n", ::getpid()), 0);
}

Status WorkerNode::Impl::Start() {
  GALE_RETURN_IF_ERROR(LockHome());
  GALE_RETURN_IF_ERROR(MakePuller());
  GALE_RETURN_IF_ERROR(bundles_.Start());
  GALE_RETURN_IF_ERROR(shipper_.Start());
  GALE_RETURN_IF_ERROR(tasks_.Start());
  GALE_RETURN_IF_ERROR(load_.Start());
  GALE_RETURN_IF_ERROR(driver_.Start().WithContext(fmt::format("worker '{}'", options_.name)));
  thread_ = NamedThread("worker", [this] { Run(); });
  if (puller_) puller_->Start();
  GALE_RETURN_IF_ERROR(session_.Start());
  GALE_INFO("worker '{}': {} slots, home '{}', keeper {}", options_.name, options_.slots,
            options_.home, keeper_.pid());
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

void WorkerNode::Impl::On(letter::Opened& l) {
  stream_ = l.stream;
  channel_ = std::move(l.channel);
  driver_.OnOpened();
}

void WorkerNode::Impl::On(letter::Closed&) {
  shipper_.SetChannel(nullptr);
  tasks_.SetChannel(nullptr);
  bundles_.SetChannel(nullptr);
  if (puller_) puller_->SetRoom(0);
  driver_.OnClosed();
}

void WorkerNode::Impl::On(letter::Message& l) {
  if (l.message.has_welcome()) {
    shipper_.SetChannel(channel_);
    tasks_.SetChannel(channel_);
    bundles_.SetChannel(channel_);
    load_.Anew();
  }
  driver_.OnMaster(l.message);
}

void WorkerNode::Impl::On(letter::FromKeeper& l) {
  if (l.keeper == keeper_.number()) driver_.OnKeeper(l.event);
}

void WorkerNode::Impl::On(letter::KeeperClosed& l) {
  if (l.keeper == keeper_.number()) driver_.OnKeeperGone(l.why);
}

void WorkerNode::Impl::On(letter::Popped& l) {
  driver_.OnPopped(std::move(l.attempts));
  puller_->Took();  // after the core has said its room
}

void WorkerNode::Impl::Send(v1::WorkerMessage message) {
  if (message.has_heartbeat()) {
    if (auto load = load_.Take()) *message.mutable_heartbeat()->mutable_load() = std::move(*load);
  }
  session_.Send(stream_, std::move(message));
}

bool WorkerNode::Impl::Pop(uint32_t room) {
  if (puller_) puller_->SetRoom(room);
  return puller_ != nullptr;
}

void WorkerNode::Impl::Fetch(const AttemptId& id, const std::string& digest) {
  bundles_.Ensure(digest, [this, id](const Result<DagCode>& code) {
    mailbox_.Post(letter::Fetched{id, code.status()});
  });
}

void WorkerNode::Impl::Run() {
  while (!quit_) {
    for (Letter& letter : mailbox_.TakeAll(driver_.next_tick())) {
      std::visit([&](auto& l) { On(l); }, letter);
    }
    driver_.OnTick();
    TellState();
  }
}

void WorkerNode::Impl::TellState() {
  // With no master in reach there is nobody to say Goodbye to: its lease will tell.
  const WorkerCore& core = driver_.core();
  bool drained = core.drained() || (core.draining() && core.idle() && !core.welcomed());
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
  load_.Stop(deadline);
  tasks_.Stop(deadline);
  shipper_.Stop(deadline);
  session_.Stop(deadline);
  if (thread_.joinable()) {
    mailbox_.Post(letter::Quit{});
    thread_.join();
  }
  mailbox_.Close();
  if (!options_.leave_running) {
    Status ended = keeper_.Shutdown(options_.kill_grace + std::chrono::seconds(2));
    if (!ended.ok())
      GALE_WARN("worker '{}': ending its keeper: {}", options_.name, ended.ToString());
  }
  keeper_.Leave();
}

WorkerNode::WorkerNode(WorkerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
WorkerNode::~WorkerNode() = default;
Status WorkerNode::Start() { return impl_->Start(); }
void WorkerNode::Stop(MonoTime deadline) { impl_->Stop(deadline); }
void WorkerNode::Drain(Duration grace) { impl_->Drain(grace); }
bool WorkerNode::WaitDrained(MonoTime deadline) { return impl_->WaitDrained(deadline); }

}  // namespace gale::worker
