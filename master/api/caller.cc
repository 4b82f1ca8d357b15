#include "master/api/caller.h"

namespace gale {
namespace {

constexpr uint32_t Bit(v1::Right right) { return 1U << static_cast<uint32_t>(right); }

// What each role may: Airflow's.
uint32_t RightsOf(Role role) {
  switch (role) {
    case Role::kViewer: return Bit(v1::READ);
    case Role::kUser: return Bit(v1::READ) | Bit(v1::RUN);
    case Role::kOp: return Bit(v1::READ) | Bit(v1::RUN) | Bit(v1::OPERATE);
    case Role::kAdmin: return Bit(v1::READ) | Bit(v1::RUN) | Bit(v1::OPERATE) | Bit(v1::ADMINISTER);
  }
  return 0;
}

bool Has(Role role, v1::Right right) { return (RightsOf(role) & Bit(right)) != 0; }

}  // namespace

Caller CallerOf(const Identity& who, const std::string& name, const std::string& via) {
  return {{name, via, Has(who.role, v1::ADMINISTER), who.named_token}, who.role};
}

bool May(const Caller& caller, v1::Right right, std::string_view) {
  return Has(caller.role, right);
}

std::vector<std::string> RightNames(Role role) {
  std::vector<std::string> names;
  const google::protobuf::EnumDescriptor& all = *v1::Right_descriptor();
  for (int i = 0; i < all.value_count(); ++i) {
    if (!Has(role, static_cast<v1::Right>(all.value(i)->number()))) continue;
    std::string name = all.value(i)->name();
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    names.push_back(std::move(name));
  }
  return names;
}

Status CheckMay(const Caller& caller, v1::Right right, std::string_view dag_id) {
  if (May(caller, right, dag_id)) return OkStatus();
  std::string_view least = Name(Role::kAdmin);
  for (Role role : {Role::kOp, Role::kUser, Role::kViewer}) {
    if (Has(role, right)) least = Name(role);
  }
  return PermissionDenied("user '{}' is {}, and this needs {}", caller.actor.name,
                          Name(caller.role), least);
}

}  // namespace gale
