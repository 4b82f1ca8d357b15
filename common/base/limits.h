// Every bound in Gale that isn't a setting, in one place. Exceeding one is refused with its name.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gale::limits {

inline constexpr size_t kTasksPerDagMax = 100'000;
inline constexpr size_t kEdgesPerDagMax = 1'000'000;
inline constexpr size_t kMapElementsMax = 1'000'000;  // of a mapped task in one run
inline constexpr size_t kIdBytesMax = 250;            // dag_id, task_id, run_id: as in Airflow
inline constexpr size_t kSpecBytesMax = 64 << 20;     // one DagSpec, serialised
// A bundle: the DAGs folder as it goes to the workers. Code and templates, not data.
inline constexpr size_t kBundleFileBytesMax = 4 << 20;
inline constexpr size_t kBundleBytesMax = 256 << 20;
inline constexpr size_t kBundleFilesMax = 20'000;
inline constexpr size_t kBundlePathBytesMax = 1024;  // of a file, below the folder
inline constexpr size_t kCommandBytesMax = 1 << 20;  // one bash command
inline constexpr size_t kConfBytesMax = 1 << 20;     // a run's conf, JSON
inline constexpr size_t kXComBytesMax = 64 << 10;    // one XCom from a bash task's last line
// Python tasks' lines to their worker. A frame holds an XCom of at most 16 MiB (the SDK's limit).
inline constexpr size_t kTaskFrameBytesMax = 20 << 20;
inline constexpr size_t kTaskFramesBytesMax = 256 << 20;  // of all lines: then they wait
inline constexpr size_t kTaskLinesMax = 8'192;
inline constexpr size_t kTaskLineQuestionsMax = 4;    // unanswered ones of a line
inline constexpr size_t kTaskAsksMax = 32;            // questions at the master at a time
inline constexpr size_t kTaskSaidBytesMax = 3 << 20;  // what goes with an attempt's end
inline constexpr size_t kTaskEndBytesMax = 64 << 10;  // the end alone
inline constexpr size_t kNoteBytesMax = 1000;         // as in Airflow
inline constexpr size_t kNotedInstancesMax = 10'000;  // of a mapped task, by one request
// One clear of earlier or later runs, too: runs in which something is cleared, task instances in all of
// them, and runs that are looked through for that.
inline constexpr size_t kClearedRunsMax = 1'000;
inline constexpr size_t kClearedInstancesMax = 10'000;
inline constexpr size_t kClearLookedRunsMax = 100'000;
inline constexpr size_t kHttpBodyBytesMax = 4 << 20;
inline constexpr size_t kHttpHeaderBytesMax = 64 << 10;
inline constexpr size_t kHttpConnectionsMax = 4096;
// Answers that go on: streams of what is committed. One that has more to say at once, or is further
// behind, tells its page to read again instead.
inline constexpr size_t kHttpStreamsMax = 1024;
inline constexpr size_t kStreamWatchesMax = 64;  // of one stream
inline constexpr size_t kStreamPieceBytesMax = 512 << 10;
inline constexpr size_t kStreamTurnsMax = 1'024;
inline constexpr size_t kStreamTextsBytesMax = 8 << 20;  // of changes as JSON, for all streams
inline constexpr size_t kUsersMax = 10'000;
inline constexpr size_t kTokensOfUserMax = 100;           // named ones
inline constexpr size_t kEndedSessionsOfUserMax = 1'000;  // that would be valid still
inline constexpr size_t kPageRowsMax = 100;               // [api] maximum_page_limit
inline constexpr size_t kPageRowsDefault = 50;            // [api] fallback_page_limit
// Reads of the ledger: how long a statement may take, what one listing looks through.
inline constexpr std::chrono::seconds kReadTimeMax{5};
inline constexpr size_t kListedInstancesMax = 100'000;  // sorted, or filtered by state
inline constexpr size_t kGridRunsMax = 400;             // of one page of the grid
inline constexpr size_t kGridInstancesMax = 2'000'000;  // the same: of more, it has fewer runs
inline constexpr size_t kListedDagsMax = 100'000;       // that one list looks through
inline constexpr size_t kGanttTriesMax = 10'000;        // earlier tries of one run's tasks
inline constexpr size_t kSummaryNeedsMax = 50;          // task instances that need somebody
inline constexpr size_t kTimelineRunsMax = 5'000;       // of all DAGs
inline constexpr size_t kTimelineDagRunsMax = 200;      // of one
inline constexpr size_t kCalendarRunsMax = 1'000'000;   // that are counted
inline constexpr size_t kPlannedRunsMax = 2'000;        // of a DAG, ahead
inline constexpr size_t kXComVersionsMax = 500;  // looked into for a task's XComs in runs of "~"
// Engine: beyond it callers are told UNAVAILABLE.
inline constexpr size_t kMailboxEventsMax = 65'536;
inline constexpr size_t kLedgerRequestsMax = 4'096;  // that wait for their runs to be read
inline constexpr size_t kBatchEventsMax = 4'096;     // engine: events of one commit
// Of the line at a pool or of a DAG's runs: so far it is told who is the how many-th.
inline constexpr size_t kLineMax = 10'000;
// The feed of what was committed: what is kept for who comes late, and who may follow.
inline constexpr size_t kFeedTurnsMax = 4'096;
inline constexpr size_t kFeedBytesMax = 16 << 20;
inline constexpr size_t kFeedTurnBytesMax = 2
                                            << 20;  // beyond it, runs are named without their tasks
inline constexpr size_t kFeedTasksPerRunMax = 1'000;  // of one turn: the same
inline constexpr size_t kFeedSubscribersMax = 8'192;
inline constexpr size_t kFeedLogsMax = 4'096;  // that one subscriber watches
inline constexpr size_t kLogChunkBytesMax = 64 << 10;
// The master's logs: beyond it a log has a file of its own.
inline constexpr size_t kLogPackedBytesMax = 64 << 10;
// Runs whose logs' index is kept, its entries, and their open packs: beyond it the one that wasn't
// used for the longest time goes.
inline constexpr size_t kLogRunsOpenMax = 128;
inline constexpr size_t kLogEntriesMax = 1'000'000;
inline constexpr size_t kLogDescriptorsMax = 512;
// What one request may look through of a log, and for how long; what it may get of it.
inline constexpr uint64_t kLogScanBytesMax = 1 << 30;
inline constexpr std::chrono::seconds kLogScanTimeMax{5};
inline constexpr uint32_t kLogScansMax = 4;  // at a time: half of REST's threads
inline constexpr uint32_t kLogRangeBytesMax = 4 << 20;
inline constexpr size_t kLogMarksMax = 1'000;
inline constexpr size_t kLogTimesMax = 10'000;
// The output of a run, of all its logs: a page, a line of it, and the logs.
inline constexpr size_t kOutputLinesMax = 2'000;
inline constexpr size_t kOutputBytesMax = 4 << 20;
inline constexpr size_t kOutputLineBytesMax = 16 << 10;
inline constexpr size_t kOutputLogsMax = 200;
inline constexpr size_t kLogSearchBytesMax = 256;  // of the text that is searched for
inline constexpr size_t kGrpcMessageBytesMax = 64 << 20;
// The worker's and the keeper's journals: smaller they are never written anew.
inline constexpr size_t kJournalBytesMin = 256 << 10;
inline constexpr size_t kSpoolEntriesMax = 100'000;  // worker: results that no master acked yet
inline constexpr uint32_t kTriesMax = 1'000'000;     // try numbers of one task instance
inline constexpr uint32_t kLooksMax = 1'000'000;     // of one try: it comes again that often
// What a running task asks of a master: names or dates in one question, runs that it is about, and
// the bytes of an answer.
inline constexpr size_t kAskNamesMax = 10'000;
inline constexpr size_t kAskRunsMax = 1'000;
inline constexpr size_t kAskAnswerBytesMax = 32 << 20;
inline constexpr size_t kSkipsMax = kTasksPerDagMax;  // that the end of an attempt names
inline constexpr size_t kScheduledRunsPerPass = 100;  // calendar: runs of one DAG created at a time
inline constexpr std::chrono::seconds kCommitRetryMax{10};  // then the master steps down

}  // namespace gale::limits
