#include "master/api/verbs.h"

#include <algorithm>
#include <vector>

namespace gale {
namespace {

template <class Request, class Answer,
          Result<Answer> (*verb)(Control&, const Request&, const Actor&)>
Status CallVerb(Control& control, const google::protobuf::Message& request, const Actor& actor,
                google::protobuf::Message& answer) {
  GALE_ASSIGN_OR_RETURN(Answer made, verb(control, static_cast<const Request&>(request), actor));
  static_cast<Answer&>(answer) = std::move(made);
  return OkStatus();
}

const std::vector<Verb>& AllVerbs() {
  static const std::vector<Verb> verbs = {
#define GALE_ROW(verb, request, answer)                                    \
  {#verb, v1::request::default_instance(), v1::answer::default_instance(), \
   CallVerb<v1::request, v1::answer, verbs::verb>, NeedsOf(#verb)},
      GALE_VERBS(GALE_ROW)
#undef GALE_ROW
  };
  return verbs;
}

}  // namespace

const Verb& FindVerb(std::string_view name) {
  auto found = std::ranges::find(AllVerbs(), name, &Verb::name);
  GALE_CHECK(found != AllVerbs().end(), "there is no verb {}", name);
  return *found;
}

v1::Needs NeedsOf(std::string_view method) {
  const auto* service = v1::DagInfo::descriptor()->file()->FindServiceByName("Control");
  const auto* found = service->FindMethodByName(std::string(method));
  GALE_CHECK(found != nullptr, "control.proto has no method {}", method);
  return found->options().GetExtension(v1::needs);
}

}  // namespace gale
