#include "master/api/http/json_writer.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "common/base/check.h"
#include "common/rpc/convert.h"
#include "master/api/json.h"

namespace gale::http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using ProtoDuration = google::protobuf::Duration;
using Timestamp = google::protobuf::Timestamp;

bool IsTime(const FieldDescriptor* field) {
  return field->message_type() == Timestamp::descriptor();
}
bool IsDuration(const FieldDescriptor* field) {
  return field->message_type() == ProtoDuration::descriptor();
}

template <class Number>
void AppendInt(Number number, std::string& out) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof(text), number).ptr);
}

void AppendDouble(double number, std::string& out) { out += WriteJson(Json(number)); }

void AppendTimeDelta(Duration d, std::string& out) {
  using std::chrono::days, std::chrono::seconds;
  const auto whole_days = std::chrono::floor<days>(d);
  const auto whole_seconds = std::chrono::floor<seconds>(d - whole_days);
  out += fmt::format(R"({{"__type":"TimeDelta","days":{},"seconds":{},"microseconds":{}}})",
                     whole_days.count(), whole_seconds.count(),
                     (d - whole_days - whole_seconds).count());
}

// A text that holds JSON, or, if it doesn't, the text itself.
void AppendJson(const std::string& text, std::string& out) {
  if (text == "{}") {
    out += text;
    return;
  }
  const auto json = ParseJson("value", text);
  out += WriteJson(json.ok() ? *json : Json(text));
}

// Of a field of that type in that message; both are checked when the writer is made.
Duration DurationIn(const Message& message, const FieldDescriptor* field) {
  return FromProto(
      static_cast<const ProtoDuration&>(message.GetReflection()->GetMessage(message, field)));
}
TimePoint TimeIn(const Message& message, const FieldDescriptor* field) {
  return FromProto(
      static_cast<const Timestamp&>(message.GetReflection()->GetMessage(message, field)));
}

void AppendText(const Property& property, const std::string& text, std::string& out) {
  const bool known =
      property.known.empty() || std::ranges::find(property.known, text) != property.known.end();
  if (property.as == As::kJson) {
    AppendJson(text, out);
  } else if (property.nullable && (text.empty() || !known)) {
    out += "null";
  } else {
    AppendJsonText(text, out);
  }
}

// A number or a bool. One without presence that may be null is null if it is 0.
void AppendNumber(const Property& property, const Message& message, const FieldDescriptor* field,
                  std::string& out) {
  const Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return AppendInt(reflection->GetInt32(message, field), out);
    case FieldDescriptor::CPPTYPE_INT64: {
      const int64_t number = reflection->GetInt64(message, field);
      if (property.nullable && number == 0 && !field->has_presence()) {
        out += "null";
      } else {
        AppendInt(number, out);
      }
      return;
    }
    case FieldDescriptor::CPPTYPE_UINT32:
      return AppendInt(reflection->GetUInt32(message, field), out);
    case FieldDescriptor::CPPTYPE_UINT64:
      return AppendInt(reflection->GetUInt64(message, field), out);
    case FieldDescriptor::CPPTYPE_BOOL:
      out += reflection->GetBool(message, field) ? "true" : "false";
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return AppendDouble(reflection->GetDouble(message, field), out);
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_MESSAGE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_ENUM:
      GALE_CHECK(false, "{}: no such field is written", field->full_name());
  }
}

}  // namespace

void AppendJsonText(std::string_view text, std::string& out) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
  if (!plain) {
    out += WriteJson(Json(text));
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

struct JsonWriter::Step {
  std::string key;  // "name":
  const Property* property = nullptr;
  bool itself = false;                       // "."
  std::vector<const FieldDescriptor*> path;  // the messages on the way
  const FieldDescriptor* field = nullptr;
  const FieldDescriptor* second = nullptr;  // of kBetween, kSum
  std::unique_ptr<JsonWriter> object;
};

JsonWriter::~JsonWriter() = default;

JsonWriter::JsonWriter(const Shape& shape, const Descriptor* message)
    : JsonWriter(shape, message, nullptr) {}

JsonWriter::JsonWriter(const Shape& shape, const Descriptor* message, const FieldDescriptor* list) {
  for (const Property& property : shape.properties) {
    Step step;
    step.property = &property;
    if (!steps_.empty()) step.key = ",";
    AppendJsonText(property.name, step.key);
    step.key += ':';
    if (property.constant == nullptr) {
      std::string_view from = property.from;
      step.itself = from == ".";
      if (from.starts_with("../")) from.remove_prefix(3);
      const size_t blank = from.find(' ');
      auto find = [&](const Descriptor* in, std::string_view name) {
        const FieldDescriptor* field = in->FindFieldByName(std::string(name));
        GALE_CHECK(field != nullptr, "openapi.json: {}.{}: {} has no field '{}'", shape.name,
                   property.name, in->full_name(), name);
        return field;
      };
      const Descriptor* in = message;
      for (std::string_view rest = from.substr(0, blank); !step.itself && step.field == nullptr;) {
        const size_t dot = rest.find('.');
        const FieldDescriptor* field = find(in, rest.substr(0, dot));
        if (dot == std::string_view::npos) {
          step.field = field;
        } else {
          step.path.push_back(field);
          in = field->message_type();
          rest.remove_prefix(dot + 1);
        }
      }
      if (blank != std::string_view::npos) step.second = find(in, from.substr(blank + 1));
      if (property.as == As::kBetween) GALE_CHECK(IsTime(step.field) && IsTime(step.second));
      if (property.as == As::kSum) GALE_CHECK(IsDuration(step.field) && IsDuration(step.second));
      if (property.as == As::kTimeDelta) GALE_CHECK(IsDuration(step.field));
      if (property.object != nullptr) {
        const bool of_items = step.field != nullptr && step.field->message_type() == nullptr;
        const Descriptor* of = step.itself ? message : of_items ? in : step.field->message_type();
        step.object.reset(new JsonWriter(*property.object, of, of_items ? step.field : nullptr));
      } else {
        GALE_CHECK(!step.itself || list != nullptr, "openapi.json: {}.{}: '.' is an object",
                   shape.name, property.name);
      }
    }
    steps_.push_back(std::move(step));
  }
}

std::string JsonWriter::Write(const Message& message) const {
  std::string out;
  Append({message}, out);
  return out;
}

void JsonWriter::Append(const Source& source, std::string& out) const {
  out += '{';
  for (const Step& step : steps_) {
    out += step.key;
    AppendStep(step, source, out);
  }
  out += '}';
}

void JsonWriter::AppendStep(const Step& step, const Source& source, std::string& out) const {
  if (step.property->constant != nullptr) {
    out += step.property->constant;
    return;
  }
  if (step.itself) {
    if (step.object != nullptr) {
      step.object->Append(source, out);
    } else {
      std::string scratch;
      const Reflection* reflection = source.message.GetReflection();
      AppendJsonText(reflection->GetRepeatedStringReference(source.message, source.list,
                                                            source.item, &scratch),
                     out);
    }
    return;
  }
  const Message* message = &source.message;
  for (const FieldDescriptor* field : step.path) {
    message = &message->GetReflection()->GetMessage(*message, field);
  }
  if (step.field->is_map()) {
    AppendMap(step, *message, out);
  } else if (step.field->is_repeated()) {
    AppendList(step, *message, out);
  } else {
    AppendField(step, *message, out);
  }
}

void JsonWriter::AppendList(const Step& step, const Message& message, std::string& out) const {
  const Reflection* reflection = message.GetReflection();
  out += '[';
  const int size = reflection->FieldSize(message, step.field);
  for (int i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    if (IsTime(step.field)) {
      const Message& time = reflection->GetRepeatedMessage(message, step.field, i);
      AppendJsonText(FormatTime(FromProto(static_cast<const Timestamp&>(time))), out);
    } else if (step.field->message_type() != nullptr) {
      step.object->Append({reflection->GetRepeatedMessage(message, step.field, i)}, out);
    } else if (step.object != nullptr) {
      step.object->Append({message, step.field, i}, out);
    } else {
      std::string scratch;
      AppendJsonText(reflection->GetRepeatedStringReference(message, step.field, i, &scratch), out);
    }
  }
  out += ']';
}

// Of texts to numbers or texts, by key. One that may be null is null if it is empty.
void JsonWriter::AppendMap(const Step& step, const Message& message, std::string& out) const {
  const Reflection* reflection = message.GetReflection();
  const int size = reflection->FieldSize(message, step.field);
  if (size == 0 && step.property->nullable) {
    out += "null";
    return;
  }
  const Descriptor* entry = step.field->message_type();
  std::map<std::string, const Message*> sorted;
  for (int i = 0; i < size; ++i) {
    const Message& item = reflection->GetRepeatedMessage(message, step.field, i);
    sorted.emplace(item.GetReflection()->GetString(item, entry->map_key()), &item);
  }
  out += '{';
  for (const auto& [key, item] : sorted) {
    if (out.back() != '{') out += ',';
    AppendJsonText(key, out);
    out += ':';
    if (entry->map_value()->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      AppendJsonText(item->GetReflection()->GetString(*item, entry->map_value()), out);
    } else {
      AppendNumber(*step.property, *item, entry->map_value(), out);
    }
  }
  out += '}';
}

void JsonWriter::AppendField(const Step& step, const Message& message, std::string& out) const {
  const Property& property = *step.property;
  const Reflection* reflection = message.GetReflection();
  const FieldDescriptor* field = step.field;
  const bool unset = field->has_presence() && !reflection->HasField(message, field);
  if (property.as == As::kBetween) {
    if (unset || !reflection->HasField(message, step.second)) {
      out += "null";
    } else {
      AppendDouble(Seconds(TimeIn(message, step.second) - TimeIn(message, field)), out);
    }
    return;
  }
  if (property.as == As::kSum) {
    AppendDouble(Seconds(DurationIn(message, field) + DurationIn(message, step.second)), out);
    return;
  }
  if (unset && property.nullable) {
    out += "null";
    return;
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    std::string scratch;
    AppendText(property, reflection->GetStringReference(message, field, &scratch), out);
  } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    AppendNumber(property, message, field, out);
  } else if (IsTime(field)) {
    AppendJsonText(FormatTime(TimeIn(message, field)), out);
  } else if (property.as == As::kTimeDelta) {
    AppendTimeDelta(DurationIn(message, field), out);
  } else if (IsDuration(field)) {
    AppendJsonText(fmt::format("PT{}S", Seconds(DurationIn(message, field))), out);
  } else {
    step.object->Append({reflection->GetMessage(message, field)}, out);
  }
}

}  // namespace gale::http
