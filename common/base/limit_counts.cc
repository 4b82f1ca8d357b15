#include "common/base/limit_counts.h"

namespace gale {
namespace {

constexpr size_t kLookedAtBytes = 4096;  // a traceback is long, and names no limit

constexpr std::string_view kByName[] = {
    "kTasksPerDagMax",
    "kEdgesPerDagMax",
    "kIdBytesMax",
    "kSpecBytesMax",
    "kBundleFileBytesMax",
    "kBundleBytesMax",
    "kBundleFilesMax",
    "kBundlePathBytesMax",
    "kCommandBytesMax",
    "kConfBytesMax",
    "kNoteBytesMax",
    "kFeedSubscribersMax",
    "kFeedLogsMax",
    "kLogChunkBytesMax",
    "kTriesMax",
    "kReadTimeMax",
    "kListedInstancesMax",
    "kXComVersionsMax",
    "kLedgerRequestsMax",
    "kNotedInstancesMax",
    "kClearedRunsMax",
    "kClearedInstancesMax",
    "kClearLookedRunsMax",
    "kTokensOfUserMax",
    "kEndedSessionsOfUserMax",
};

constexpr OtherLimit kOthers[] = {
    {"kXComBytesMax", "", "the worker leaves the XCom out, and the task's log says so"},
    {"kTaskFrameBytesMax", "", "the line is closed, and the task's log says so"},
    {"kTaskFramesBytesMax", "", "a large question waits until others are answered"},
    {"kTaskLinesMax", "", "the line is closed; the task connects again"},
    {"kTaskLineQuestionsMax", "", "a line's next question waits for an answer"},
    {"kTaskAsksMax", "", "a question waits until others are answered"},
    {"kTaskSaidBytesMax", "", "the task's call fails with a sentence"},
    {"kTaskEndBytesMax", "", "the end's reason is cut"},
    {"kOutputLinesMax", "", "the answer is a page; the next one goes on"},
    {"kOutputBytesMax", "", "the answer is a page; the next one goes on"},
    {"kOutputLineBytesMax", "", "the line is cut; the task's own log has it whole"},
    {"kOutputLogsMax", "", "the answer says how many logs are left out"},
    {"kUsersMax", "", "users are told a page at a time"},
    {"kWaitGroupsMax", "", "the rarest causes aren't told; the total counts them"},
    {"kHoldersMax", "", "the answer says how many there are"},
    {"kHoldersDefault", "", "the answer says how many there are"},
    {"kTimelineRowsMax", "", "DAGs that only will run are left out first"},
    {"kDevicesMax", "", "a worker tells of its first ones"},
    {"kHttpBodyBytesMax", "gale_http_requests_too_large_total", ""},
    {"kHttpHeaderBytesMax", "", "no honest client sends so much; its connection is closed"},
    {"kHttpConnectionsMax", "gale_http_connections_refused_total", ""},
    {"kHttpStreamsMax", "gale_http_streams_refused_total", ""},
    {"kStreamWatchesMax", "", "the stream is refused by name"},
    {"kStreamPieceBytesMax", "", "the page is told to read again"},
    {"kStreamTurnsMax", "", "the same"},
    {"kStreamTextsBytesMax", "", "a change's text is made again"},
    {"kGridRunsMax", "", "a page of the grid has no more; older runs are the next page"},
    {"kGridInstancesMax", "", "the same"},
    {"kListedDagsMax", "", "a list looks through no more"},
    {"kGanttTriesMax", "", "earlier tries beyond it aren't shown"},
    {"kSummaryNeedsMax", "", "the newest are shown, and how many there are"},
    {"kTimelineRunsMax", "", "older runs aren't drawn"},
    {"kTimelineDagRunsMax", "", "the same"},
    {"kCalendarRunsMax", "", "older runs aren't counted"},
    {"kPlannedRunsMax", "", "later ones aren't shown yet"},
    {"kLineMax", "", "further back in a line nobody is told his place"},
    {"kLogScanBytesMax", "", "the answer says where the search goes on"},
    {"kLogScanTimeMax", "", "the same"},
    {"kLogScansMax", "", "a search is refused; the page asks again"},
    {"kLogRangeBytesMax", "", "a range has no more, and says where it ends"},
    {"kLogMarksMax", "", "the first are told, and where the next begin"},
    {"kLogTimesMax", "", "the first are told"},
    {"kLogSearchBytesMax", "", "the search is refused with a sentence"},
    {"kPageRowsMax", "", "a page has no more, as in Airflow, and the answer's total tells"},
    {"kPageRowsDefault", "", "of a page that is asked for without a size"},
    {"kMailboxEventsMax", "gale_engine_mailbox_refused_total", ""},
    {"kBatchEventsMax", "", "what is left comes in the next turn"},
    {"kFeedTurnsMax", "gale_feed_too_old_total", ""},
    {"kFeedBytesMax", "gale_feed_too_old_total", ""},
    {"kFeedTurnBytesMax", "", "who follows is told to read the run again"},
    {"kFeedTasksPerRunMax", "", "the same"},
    {"kGrpcMessageBytesMax", "gale_grpc_calls_total", "code RESOURCE_EXHAUSTED"},
    {"kSpoolEntriesMax", "gale_worker_spool_entries", "against gale_worker_spool_entries_max"},
    {"kMapElementsMax", "", "the task fails, and its reason says so"},
    {"kLooksMax", "", "the try fails, and its reason says so"},
    {"kSkipsMax", "", "the attempt fails, and its reason says so"},
    {"kAskNamesMax", "", "the task's question is refused with a sentence"},
    {"kAskRunsMax", "", "the same"},
    {"kAskAnswerBytesMax", "", "the same"},
    {"kLogPackedBytesMax", "", "a longer log has a file of its own"},
    {"kLogRunsOpenMax", "", "the index of one that wasn't used for long is read again"},
    {"kLogEntriesMax", "", "the same"},
    {"kLogDescriptorsMax", "", "a pack is opened again"},
    {"kJournalBytesMin", "", "a smaller journal isn't written anew"},
    {"kScheduledRunsPerPass", "", "the next ones are made in the next turn"},
    {"kCommitRetryMax", "gale_engine_terms_total", "a master steps down"},
};

}  // namespace

std::span<const std::string_view> CountedLimits() {
  static_assert(std::size(kByName) == LimitCounts::kCounted);
  return kByName;
}
std::span<const OtherLimit> OtherLimits() { return kOthers; }

LimitCounts& LimitCounts::Process() {
  static LimitCounts counts;
  return counts;
}

void LimitCounts::Note(std::string_view message) {
  message = message.substr(0, kLookedAtBytes);
  for (size_t i = 0; i < kCounted; ++i) {
    if (message.find(kByName[i]) != std::string_view::npos) counts_[i].Add();
  }
}

void LimitCounts::Report(MetricSink& sink) const {
  for (size_t i = 0; i < kCounted; ++i) {
    sink.Count("gale_limit_reached_total", "What a limit of limits.h refused.", counts_[i].value(),
               {{"limit", std::string(kByName[i])}});
  }
}

uint64_t LimitCounts::count(std::string_view limit) const {
  for (size_t i = 0; i < kCounted; ++i) {
    if (kByName[i] == limit) return counts_[i].value();
  }
  return 0;
}

}  // namespace gale
