#include "worker/messages.h"

#include <unistd.h>

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/base/text_limits.h"
#include "common/rpc/convert.h"
#include "gale_version.h"
#include "worker/runner/attempt_files.h"

namespace gale::worker {

v1::Hello Identity(const WorkerOptions& options) {
  v1::Hello hello;
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  hello.set_name(options.name);
  hello.set_host(RepairText(host, limits::kHostBytesMax));
  hello.set_pid(::getpid());
  hello.set_version(GALE_VERSION);
  for (const std::string& queue : options.queues) hello.add_queues(queue);
  hello.set_slots(options.slots);
  int64_t start = Clock::Real().Now().time_since_epoch().count();
  *hello.mutable_started_at() = ToProto(TimePoint(Duration(start)));
  hello.set_incarnation(fmt::format("{}-{}", ::getpid(), start));
  hello.set_boot_id(Files::Real().ReadLine("/proc/sys/kernel/random/boot_id").value_or(""));
  return hello;
}

v1::WorkerMessage HelloMessage(const v1::Hello& identity, const action::SendHello& said,
                               const Results& results, TimePoint now) {
  v1::WorkerMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello = identity;
  *hello.mutable_sent_at() = ToProto(now);
  hello.set_draining(said.draining);
  for (const AttemptId& id : said.running) *hello.add_running() = ToProto(id);
  for (const Ending& ending : said.spooled) {
    if (auto it = results.find(ending.attempt); it != results.end())
      *hello.add_spooled() = it->second;
  }
  return message;
}

v1::WorkerMessage StartedMessage(const action::SendStarted& started) {
  v1::WorkerMessage message;
  *message.mutable_started()->mutable_attempt() = ToProto(started.attempt);
  message.mutable_started()->set_pid(started.pid);
  return message;
}

v1::WorkerMessage HeartbeatMessage(const action::SendHeartbeat& heartbeat,
                                   const WorkerHealth& health) {
  v1::WorkerMessage message;
  message.mutable_heartbeat()->set_sequence(heartbeat.sequence);
  message.mutable_heartbeat()->set_spool_entries(health.spool_entries);
  message.mutable_heartbeat()->set_spool_bytes(health.spool_bytes);
  message.mutable_heartbeat()->set_keeper_restarts(health.keeper_restarts);
  return message;
}

event::Welcome ToEvent(const v1::Welcome& welcome) {
  event::Welcome out;
  out.lease = FromProto(welcome.lease());
  out.heartbeat = FromProto(welcome.heartbeat());
  out.epoch = Epoch(welcome.epoch());
  out.serves_queue = welcome.serves_queue();
  out.drained = welcome.drained();
  for (const auto& ref : welcome.adopted()) out.adopted.push_back(FromProto(ref));
  for (const auto& ref : welcome.unwanted()) out.unwanted.push_back(FromProto(ref));
  return out;
}

Ending ToEnding(const v1::Finished& finished) {
  Ending ending;
  ending.attempt = FromProto(finished.attempt());
  ending.exit.code = finished.exit_code();
  ending.exit.signal = finished.signal();
  ending.reason = finished.reason();
  return ending;
}

}  // namespace gale::worker
