#include "common/rpc/texts.h"

#include <limits>
#include <vector>

#include "common/base/text.h"

namespace gale {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

Status CheckOne(const std::string& text) {
  constexpr TextBounds kAny = {.bytes_max = std::numeric_limits<size_t>::max()};
  return CheckText("text", text, kAny);
}

// "bash.command: byte 3 is a NUL, ...": the message's own name is put before it by the caller.
Status Named(const Status& refused, std::string_view name) {
  const std::string_view rest = refused.message();
  const char* between = rest.starts_with("text: ") ? "" : ".";
  if (*between == '\0') return InvalidArgument("{}: {}", name, rest.substr(6));
  return InvalidArgument("{}{}{}", name, between, rest);
}

Status CheckField(const pb::Message& message, const Field& field) {
  const pb::Reflection& of = *message.GetReflection();
  const bool many = field.is_repeated();
  const int count = many ? of.FieldSize(message, &field) : 1;
  for (int i = 0; i < count; ++i) {
    Status status;
    std::string scratch;
    if (field.cpp_type() == Field::CPPTYPE_STRING) {
      if (field.type() == Field::TYPE_BYTES) return OkStatus();
      status = CheckOne(many ? of.GetRepeatedStringReference(message, &field, i, &scratch)
                             : of.GetStringReference(message, &field, &scratch));
    } else if (field.cpp_type() == Field::CPPTYPE_MESSAGE) {
      status = CheckTexts(many ? of.GetRepeatedMessage(message, &field, i)
                               : of.GetMessage(message, &field));
    } else {
      return OkStatus();
    }
    if (status.ok()) continue;
    return Named(status, many ? fmt::format("{}[{}]", field.name(), i) : field.name());
  }
  return OkStatus();
}

}  // namespace

Status CheckTexts(const pb::Message& message) {
  std::vector<const Field*> fields;  // those that are set
  message.GetReflection()->ListFields(message, &fields);
  for (const Field* field : fields) GALE_RETURN_IF_ERROR(CheckField(message, *field));
  return OkStatus();
}

}  // namespace gale
