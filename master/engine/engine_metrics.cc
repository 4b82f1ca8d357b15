// What the engine tells of itself: for /metrics.
#include "common/base/limits.h"
#include "master/engine/engine.h"

namespace gale {
namespace {

void ReportFeed(const Feed::Stats& feed, MetricSink& sink) {
  const auto level = [&](std::string_view name, std::string_view help, size_t value) {
    sink.Level(name, help, static_cast<double>(value));
  };
  level("gale_feed_followers", "Who follows what is committed: streams and other masters.",
        feed.subscribers);
  level("gale_feed_followers_max", "Beyond it one who wants to is told RESOURCE_EXHAUSTED.",
        limits::kFeedSubscribersMax);
  level("gale_feed_turns", "Committed turns that are kept for who is slow.", feed.ring_turns);
  level("gale_feed_turns_max", "Beyond it the oldest is let go of.", limits::kFeedTurnsMax);
  level("gale_feed_bytes", "What they take.", feed.ring_bytes);
  level("gale_feed_bytes_max", "Beyond it the oldest is let go of.", limits::kFeedBytesMax);
  sink.Count("gale_feed_turns_total", "Turns told.", feed.turns);
  sink.Count("gale_feed_too_old_total",
             "Followers that were too slow, or saw another master lead: they read again.",
             feed.too_old);
}

}  // namespace

void Engine::Report(MetricSink& sink) const {
  size_t waiting = 0;
  {
    std::lock_guard lock(mutex_);
    waiting = mailbox_.size();
  }
  const auto level = [&](std::string_view name, std::string_view help, auto value) {
    sink.Level(name, help, static_cast<double>(value));
  };
  const Audits found = audits();
  level("gale_leads", "1: this master leads.", leads() ? 1 : 0);
  level("gale_engine_healthy", "1: it can commit, or follows one who leads.", healthy() ? 1 : 0);
  level("gale_ledger_reachable", "1: the database answered when last asked.",
        reaches_ledger() ? 1 : 0);
  level("gale_engine_mailbox", "Messages that wait for the engine.", waiting);
  level("gale_engine_mailbox_max", "Beyond it callers are told UNAVAILABLE.",
        limits::kMailboxEventsMax);
  level("airflow_scheduler_heartbeat_age_seconds", "Since the engine's last turn.",
        Seconds(clock_.Now() - last_turn()));
  sink.Count("gale_engine_mailbox_refused_total", "Messages that found it full or not leading.",
             metrics_.refused.value());
  sink.Count("gale_engine_turns_total", "Turns: one commit each.", metrics_.turns.value());
  sink.Count("gale_engine_events_total", "Messages done in them.", metrics_.events.value());
  sink.Count("gale_engine_terms_total", "How often this process began to lead.",
             metrics_.terms.value());
  sink.Count("gale_engine_commit_retries_total", "Commits tried again: the ledger was away.",
             metrics_.commit_retries.value());
  sink.Count("gale_engine_turns_refused_total",
             "Turns with a row that the ledger refused: done again, one message at a time.",
             metrics_.refused_turns.value());
  sink.Durations("gale_engine_turn_seconds", "A turn, its commit included.", metrics_.turn);
  sink.Durations("gale_engine_commit_seconds", "Deciding what is left, and the commit.",
                 metrics_.commit);
  sink.Durations("gale_ledger_sync_seconds", "A flush of what was committed (SQLite).",
                 metrics_.sync);
  sink.Count("gale_audits_total", "Rounds of the auditor.", found.done);
  sink.Count("gale_audit_violations_total", "Rounds that found an invariant broken.", found.broken);
  loop_.metrics().Report(sink);
  ReportFeed(loop_.feed().stats(), sink);
}

}  // namespace gale
