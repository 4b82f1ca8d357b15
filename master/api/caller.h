// Who asks, and whether he may.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "gale/v1/control.pb.h"
#include "master/api/auth.h"
#include "master/engine/messages.h"

namespace gale {

struct Caller {
  Actor actor;
  Role role = Role::kViewer;
};

// `name`: as the trail is to have him.
Caller CallerOf(const Identity& who, const std::string& name, const std::string& via);

// Every role is a set of rights (caller.cc). `dag_id` is the DAG that it is about, empty: none, or
// several; no role differs from DAG to DAG yet.
bool May(const Caller& caller, v1::Right right, std::string_view dag_id);
// "read", "run", ...: all that a role may.
std::vector<std::string> RightNames(Role role);
// PERMISSION_DENIED, naming what the caller lacks.
Status CheckMay(const Caller& caller, v1::Right right, std::string_view dag_id);

}  // namespace gale
