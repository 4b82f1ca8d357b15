// THE table of how long each text of a row may be, and the check that every row passes before any
// database sees it: so both refuse the same, by the field's name, and a row that is accepted fits.
// tests/contract/store_contract_bounds.cc holds both schemas to it.
//
// The doors (api, engine, dags) use the same checks, to refuse a request before it is in a commit.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "master/store/store.h"

namespace gale {

struct ColumnBounds {
  std::string_view table, column;
  TextBounds bounds;
};
std::span<const ColumnBounds> TextColumns();

// INVALID_ARGUMENT: a text of the row is too short, too long, no UTF-8, or a name that holds a NUL:
// "pool 'x': description: has 70000 bytes; at most 65536 are taken".
Status CheckRow(const DagRow& row);
Status CheckRow(const DagVersionRow& row);
Status CheckRow(const CommitBatch::VersionBundle& row);
Status CheckRow(const RunRow& row);
Status CheckRow(const TiRow& row);
Status CheckRow(const AttemptRow& row);
Status CheckRow(const XComRow& row);
Status CheckRow(const RenderedRow& row);
Status CheckRow(const TaskNoteRow& row);
Status CheckRow(const PoolRow& row);
Status CheckRow(const WorkerRow& row);
Status CheckRow(const ImportErrorRow& row);
Status CheckRow(const EventRow& row);
Status CheckRow(const UserRow& row);
Status CheckRow(const TokenRow& row);
Status CheckRow(const EndedSessionRow& row);
Status CheckRow(const FavoriteRow& row);
Status CheckRow(const MasterRow& row);
Status CheckRow(const VariableRow& row);
Status CheckRow(const ConnectionRow& row);
Status CheckRow(const LeaderClaim& claim);
Status CheckSetting(const std::string& key, const std::string& value);
// Of each row of the batch; the first that is refused, and which one it is. Says "table X: " first.
Status CheckBatch(const CommitBatch& batch, BatchRow& refused);

// What a row is called in a message: "run 'r' of dag 'd'".
std::string Describe(const DagRow& row);
std::string Describe(const DagVersionRow& row);
std::string Describe(const CommitBatch::VersionBundle& row);
std::string Describe(const RunRow& row);
std::string Describe(const TiRow& row);
std::string Describe(const AttemptRow& row);
std::string Describe(const XComRow& row);
std::string Describe(const RenderedRow& row);
std::string Describe(const TaskNoteRow& row);
std::string Describe(const PoolRow& row);
std::string Describe(const WorkerRow& row);
std::string Describe(const ImportErrorRow& row);
std::string Describe(const EventRow& row);
std::string Describe(const UserRow& row);
std::string Describe(const TokenRow& row);
std::string Describe(const EndedSessionRow& row);
std::string Describe(const FavoriteRow& row);
std::string Describe(const MasterRow& row);
std::string Describe(const VariableRow& row);
std::string Describe(const ConnectionRow& row);

}  // namespace gale
