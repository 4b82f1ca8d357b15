#include "common/model/state.h"

namespace gale {
namespace {

constexpr std::array<std::string_view, kTiStates> kTiNames = {
    "none",     "scheduled",  "queued",          "running",      "success",
    "failed",   "skipped",    "upstream_failed", "up_for_retry", "up_for_reschedule",
    "deferred", "restarting", "removed"};
constexpr std::array<std::string_view, kRunStates> kRunNames = {"queued", "running", "success",
                                                                "failed"};

constexpr uint16_t Bit(TiState s) { return uint16_t(1u << static_cast<unsigned>(s)); }
template <class... S>
constexpr uint16_t To(S... states) {
  return uint16_t((Bit(states) | ...));
}

// What a person may set by hand, from anywhere but a live process; and where a clear leads.
constexpr uint16_t kByHand =
    To(TiState::kNone, TiState::kSuccess, TiState::kFailed, TiState::kSkipped, TiState::kRemoved);
// A task that was marked by hand while it ran, and cleared before its process is gone.
constexpr uint16_t kMarked = kByHand | To(TiState::kRestarting);

// THE transition table of task instances: row = from, bits = to.
constexpr std::array<uint16_t, kTiStates> kTiEdges = {
    /* none              */ uint16_t(kByHand | To(TiState::kScheduled, TiState::kUpstreamFailed)),
    /* scheduled         */ uint16_t(kByHand | To(TiState::kQueued)),
    /* queued            */
    uint16_t(kByHand | To(TiState::kRunning, TiState::kScheduled, TiState::kUpForRetry)),
    /* running           */
    uint16_t(To(TiState::kSuccess, TiState::kFailed, TiState::kSkipped, TiState::kUpForRetry,
                TiState::kUpForReschedule, TiState::kDeferred, TiState::kRestarting,
                TiState::kRemoved)),
    /* success           */ kMarked,
    /* failed            */ kMarked,
    /* skipped           */ kMarked,
    /* upstream_failed   */ kByHand,
    /* up_for_retry      */ uint16_t(kByHand | To(TiState::kScheduled)),
    /* up_for_reschedule */ uint16_t(kByHand | To(TiState::kScheduled)),
    /* deferred          */ uint16_t(kByHand | To(TiState::kScheduled)),
    /* restarting        */
    uint16_t(To(TiState::kNone, TiState::kFailed, TiState::kSuccess, TiState::kSkipped,
                TiState::kRemoved)),
    /* removed           */ kByHand,
};

constexpr std::array<std::array<bool, kRunStates>, kRunStates> kRunEdges = {{
    //                queued running success failed
    /* queued  */ {{true, true, true, true}},
    /* running */ {{false, true, true, true}},
    /* success */ {{true, false, true, true}},  // cleared; or marked the other way by hand
    /* failed  */ {{true, false, true, true}},
}};

template <class State, size_t N>
std::optional<State> Parse(const std::array<std::string_view, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<State>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view Name(TiState state) { return kTiNames[static_cast<size_t>(state)]; }
std::string_view Name(RunState state) { return kRunNames[static_cast<size_t>(state)]; }
std::optional<TiState> ParseTiState(std::string_view name) {
  return Parse<TiState>(kTiNames, name);
}
std::optional<RunState> ParseRunState(std::string_view name) {
  return Parse<RunState>(kRunNames, name);
}

bool MayFollow(TiState from, TiState to) {
  return from == to || (kTiEdges[static_cast<size_t>(from)] & Bit(to)) != 0;
}
bool MayFollow(RunState from, RunState to) {
  return kRunEdges[static_cast<size_t>(from)][static_cast<size_t>(to)];
}

}  // namespace gale
