#include "gale/v1/control.pb.h"
#include "master/api/dag_source.h"
#include "master/api/http/answers.h"
#include "master/api/http/handlers.h"

namespace gale::http {

// As JSON, or as text: by the header Accept.
Response GetDagSource(const Call& call) {
  const auto& asked = static_cast<const v1::GetDagSourceRequest&>(*call.message);
  std::optional<int64_t> version;
  if (asked.has_version_number()) version = asked.version_number();
  auto source = ReadDagSource(call.control, asked.dag_id(), version);
  if (!source.ok()) return Failure(source.status());
  if (call.request.header("accept").starts_with("text/plain")) {
    return {200, "text/plain; charset=utf-8", std::move(source->text), {}};
  }
  return JsonAnswer({{"content", std::move(source->text)},
                     {"dag_id", asked.dag_id()},
                     {"version_number", source->version},
                     {"dag_display_name", asked.dag_id()}});
}

}  // namespace gale::http
