// The verbs of gale.v1.Control, each once: messages in, messages out. gRPC (control_service.h) and REST
// (http/rest_api.h) are two ways to call them; what a verb asks of its caller and of this master stands
// beside it in control.proto.
//
// Verbs block and are thread-safe, as Control's are, which they are made of.
#pragma once

#include <span>

#include "gale/v1/control.pb.h"
#include "master/api/auth.h"
#include "master/api/control.h"

// THE list: X(verb, request, answer). A verb of control.proto that streams isn't here.
#define GALE_VERBS(X)                                                             \
  X(GetVersion, GetVersionRequest, GetVersionResponse)                            \
  X(GetHealth, GetHealthRequest, GetHealthResponse)                               \
  X(GetCluster, GetClusterRequest, Cluster)                                       \
  X(SubmitDag, SubmitDagRequest, DagInfo)                                         \
  X(ListDags, ListDagsRequest, ListDagsResponse)                                  \
  X(GetDag, GetDagRequest, GetDagResponse)                                        \
  X(GetDagInfo, GetDagRequest, DagInfo)                                           \
  X(SetDagPaused, SetDagPausedRequest, DagInfo)                                   \
  X(ListDagVersions, ListDagVersionsRequest, ListDagVersionsResponse)             \
  X(GetDagVersion, GetDagVersionRequest, DagVersion)                              \
  X(ListTasks, ListTasksRequest, ListTasksResponse)                               \
  X(GetTask, GetTaskRequest, DagTask)                                             \
  X(ListImportErrors, ListImportErrorsRequest, ListImportErrorsResponse)          \
  X(GetImportError, GetImportErrorRequest, ImportError)                           \
  X(TriggerDagRun, TriggerDagRunRequest, DagRun)                                  \
  X(GetDagRun, GetDagRunRequest, DagRun)                                          \
  X(ListDagRuns, ListDagRunsRequest, ListDagRunsResponse)                         \
  X(SetDagRunState, SetDagRunStateRequest, DagRun)                                \
  X(ListTaskInstances, ListTaskInstancesRequest, ListTaskInstancesResponse)       \
  X(GetTaskInstance, GetTaskInstanceRequest, TaskInstance)                        \
  X(ListTries, GetTaskInstanceRequest, ListTaskInstancesResponse)                 \
  X(SetTaskInstanceState, SetTaskInstanceStateRequest, ListTaskInstancesResponse) \
  X(ClearTaskInstances, ClearTaskInstancesRequest, ListTaskInstancesResponse)     \
  X(ExplainTaskInstance, ExplainTaskInstanceRequest, ExplainTaskInstanceResponse) \
  X(GetLogTimes, LogRangeRequest, LogTimes)                                       \
  X(GetRunOutput, GetRunOutputRequest, RunOutput)                                 \
  X(FindInLog, FindInLogRequest, LogMarks)                                        \
  X(ListWaits, ListWaitsRequest, ListWaitsResponse)                               \
  X(ListQueues, ListQueuesRequest, ListQueuesResponse)                            \
  X(ListPoolHolders, ListPoolHoldersRequest, ListPoolHoldersResponse)             \
  X(ListXComs, ListXComsRequest, ListXComsResponse)                               \
  X(GetXCom, GetXComRequest, XComEntry)                                           \
  X(ListPools, ListPoolsRequest, ListPoolsResponse)                               \
  X(GetPool, GetPoolRequest, Pool)                                                \
  X(CreatePool, SetPoolRequest, Pool)                                             \
  X(SetPool, SetPoolRequest, Pool)                                                \
  X(PatchPool, PatchPoolRequest, Pool)                                            \
  X(DeletePool, DeletePoolRequest, DeletePoolResponse)                            \
  X(ListWorkers, ListWorkersRequest, ListWorkersResponse)                         \
  X(DrainWorker, DrainWorkerRequest, DrainWorkerResponse)                         \
  X(ForgetWorker, ForgetWorkerRequest, ForgetWorkerResponse)                      \
  X(ListVariables, ListVariablesRequest, ListVariablesResponse)                   \
  X(GetVariable, GetVariableRequest, Variable)                                    \
  X(CreateVariable, SetVariableRequest, Variable)                                 \
  X(SetVariable, SetVariableRequest, Variable)                                    \
  X(PatchVariable, PatchVariableRequest, Variable)                                \
  X(DeleteVariable, DeleteVariableRequest, DeleteVariableResponse)                \
  X(ImportVariables, ImportVariablesRequest, ImportResponse)                      \
  X(BulkVariables, BulkRequest, BulkResponse)                                     \
  X(ListConnections, ListConnectionsRequest, ListConnectionsResponse)             \
  X(GetConnection, GetConnectionRequest, Connection)                              \
  X(CreateConnection, Connection, Connection)                                     \
  X(SetConnection, Connection, Connection)                                        \
  X(PatchConnection, PatchConnectionRequest, Connection)                          \
  X(DeleteConnection, DeleteConnectionRequest, DeleteConnectionResponse)          \
  X(ImportConnections, ImportConnectionsRequest, ImportResponse)                  \
  X(BulkConnections, BulkRequest, BulkResponse)                                   \
  X(TestConnection, Connection, TestConnectionResponse)                           \
  X(GetConfig, GetConfigRequest, Settings)                                        \
  X(GetEvent, GetEventRequest, Event)                                             \
  X(ListUsers, ListUsersRequest, ListUsersResponse)                               \
  X(CreateUser, CreateUserRequest, User)                                          \
  X(PatchUser, PatchUserRequest, User)                                            \
  X(DeleteUser, DeleteUserRequest, DeleteUserResponse)                            \
  X(ListTokens, ListTokensRequest, ListTokensResponse)                            \
  X(CreateToken, CreateTokenRequest, Token)                                       \
  X(DeleteToken, DeleteTokenRequest, DeleteTokenResponse)                         \
  X(SetDagFavorite, SetDagFavoriteRequest, SetDagFavoriteResponse)                \
  X(GetDagStats, GetDagStatsRequest, DagStatsResponse)                            \
  X(ListDagTags, ListDagTagsRequest, ListDagTagsResponse)                         \
  X(ListDagWarnings, ListDagWarningsRequest, ListDagWarningsResponse)             \
  X(ListEvents, ListEventsRequest, ListEventsResponse)                            \
  X(GetDagStructure, GetDagStructureRequest, DagStructure)                        \
  X(GetDagGrid, GetDagGridRequest, DagGrid)                                       \
  X(ListDagItems, ListDagItemsRequest, DagList)                                   \
  X(GetDagGantt, GetDagRunRequest, Gantt)                                         \
  X(GetSummary, GetSummaryRequest, Summary)                                       \
  X(GetDagCalendar, GetDagCalendarRequest, DagCalendar)

namespace gale {

namespace verbs {
#define GALE_DECLARE(verb, request, answer) \
  Result<v1::answer> verb(Control& control, const v1::request& request, const Actor& actor);
GALE_VERBS(GALE_DECLARE)
#undef GALE_DECLARE
}  // namespace verbs

// A verb by its name.
struct Verb {
  std::string_view name;
  const google::protobuf::Message& request;  // an empty one of its kind, to make others from
  const google::protobuf::Message& answer;
  // `request` and `answer` must be of those kinds.
  Status (*call)(Control& control, const google::protobuf::Message& request, const Actor& actor,
                 google::protobuf::Message& answer);
  v1::Needs needs;
};

// Crashes if there is none.
const Verb& FindVerb(std::string_view name);
// What control.proto says of a method of the service, streaming ones too. Crashes if there is none.
v1::Needs NeedsOf(std::string_view method);

}  // namespace gale
