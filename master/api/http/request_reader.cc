#include "master/api/http/request_reader.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <charconv>

#include "common/base/check.h"
#include "common/rpc/convert.h"

namespace gale::http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string_view NameOf(Place place) {
  switch (place) {
    case Place::kPath: return "path";
    case Place::kQuery: return "query";
    case Place::kBody: return "body";
  }
  return "body";
}

bool IsMapIndex(const Json& number) {
  if (number.is_number_unsigned()) return number.get<uint64_t>() <= INT32_MAX;
  return number.is_number_integer() && number.get<int64_t>() == kUnmapped;
}

// [task_id, map_index], as Airflow names an instance in a list of tasks.
bool IsPair(const Json& item) {
  return item.is_array() && item.size() == 2 && item[0].is_string() && IsMapIndex(item[1]);
}

// Whether the list `field` takes pairs.
bool TakesPairs(const FieldDescriptor& field) {
  const Descriptor* of = field.is_repeated() ? field.message_type() : nullptr;
  return of != nullptr && of->field_count() == 2 &&
         of->field(0)->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
         of->field(1)->cpp_type() == FieldDescriptor::CPPTYPE_INT32;
}

bool Fits(const Input& input, const FieldDescriptor& field) {
  if (input.array != field.is_repeated() || (input.array && input.form != Form::kText))
    return false;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return input.form == Form::kText || input.form == Form::kObject || input.form == Form::kJson;
    case FieldDescriptor::CPPTYPE_BOOL: return input.form == Form::kBool;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return input.form == Form::kTime &&
             field.message_type() == google::protobuf::Timestamp::descriptor();
    case FieldDescriptor::CPPTYPE_INT32:
      return input.form == Form::kInt && input.min >= INT32_MIN && input.max <= INT32_MAX;
    case FieldDescriptor::CPPTYPE_UINT32:
      return input.form == Form::kInt && input.min >= 0 && input.max <= UINT32_MAX;
    case FieldDescriptor::CPPTYPE_INT64: return input.form == Form::kInt;
    case FieldDescriptor::CPPTYPE_UINT64: return input.form == Form::kInt && input.min >= 0;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_ENUM: return false;
  }
  return false;
}

void SetInt(Message& message, const FieldDescriptor* field, int64_t value) {
  const auto* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->SetInt32(&message, field, static_cast<int32_t>(value));
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->SetUInt32(&message, field, static_cast<uint32_t>(value));
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection->SetUInt64(&message, field, static_cast<uint64_t>(value));
    default: return reflection->SetInt64(&message, field, value);
  }
}

std::optional<int64_t> WholeNumberOf(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// One beyond an int64 would be another's.
int64_t IntOf(const Json& number) {
  const bool huge = number.is_number_unsigned() && number.get<uint64_t>() > INT64_MAX;
  return huge ? INT64_MAX : number.get<int64_t>();
}

// An unescaped "+00:00" of a query arrives as a blank.
std::string WithPlus(std::string text) {
  if (const size_t blank = text.rfind(' '); blank != std::string::npos && blank > 10)
    text[blank] = '+';
  return text;
}

}  // namespace

RequestReader::RequestReader(const Operation& operation, const Descriptor* message)
    : operation_(operation) {
  auto find = [&](std::string_view name) -> const FieldDescriptor* {
    if (name.empty()) return nullptr;
    const FieldDescriptor* field = message->FindFieldByName(std::string(name));
    GALE_CHECK(field != nullptr, "openapi.json: {}: {} has no field '{}'", operation.id,
               message->full_name(), name);
    return field;
  };
  int arg = 0;
  for (const Input& input : operation.inputs) {
    Target target{&input, find(input.field), find(input.null_sets), find(input.named_sets),
                  find(input.pairs)};
    GALE_CHECK(target.field == nullptr || Fits(input, *target.field),
               "openapi.json: {}: '{}' doesn't fit into the field '{}'", operation.id, input.name,
               input.field);
    GALE_CHECK(target.pairs == nullptr || TakesPairs(*target.pairs),
               "openapi.json: {}: '{}': '{}' takes no pairs", operation.id, input.name,
               input.pairs);
    if (input.place == Place::kPath) target.arg = arg++;
    targets_.push_back(target);
  }
  for (std::string_view name : operation.sets) sets_.push_back(find(name));
}

// One request.
class RequestReader::Reading {
 public:
  Reading(const RequestReader& reader, const Request& request, const std::vector<std::string>& args,
          Message& message)
      : reader_(reader), request_(request), args_(args), message_(message) {}

  std::optional<Response> All() {
    for (const FieldDescriptor* field : reader_.sets_) SetBool(field, true);
    for (const Target& target : reader_.targets_) {
      if (target.input->place != Place::kBody && !error_) FromTexts(target);
    }
    const bool form = reader_.operation_.takes_form && IsForm(request_);
    if (reader_.operation_.has_body && !form && !error_) Body();
    return std::move(error_);
  }

 private:
  void Wrong(const Input& input, std::string_view message, std::string_view type,
             const Json& value) {
    if (!error_) {
      error_ = Invalid({std::string(NameOf(input.place)), std::string(input.name)}, message, type,
                       value);
    }
  }
  void SetBool(const FieldDescriptor* field, bool value) {
    if (field != nullptr) message_.GetReflection()->SetBool(&message_, field, value);
  }

  // Paths and queries: texts.

  void FromTexts(const Target& target) {
    const Input& input = *target.input;
    std::vector<std::string> values;
    if (input.place == Place::kPath) {
      values = {args_[static_cast<size_t>(target.arg)]};
    } else if (input.array) {
      values = request_.Params(input.name);
    } else if (const std::string* value = request_.Param(input.name)) {
      values = {*value};
    }
    if (input.mask && !values.empty()) mask_ = values;
    if (values.empty()) values.assign(input.defaults.begin(), input.defaults.end());
    for (const std::string& value : values) FromText(target, value);
  }

  void FromText(const Target& target, const std::string& text) {
    const Input& input = *target.input;
    switch (input.form) {
      case Form::kInt:
        if (const auto number = WholeNumberOf(text)) {
          Int(target, *number, text);
        } else {
          Wrong(input, "Input should be a valid integer", "int_parsing", text);
        }
        return;
      case Form::kBool:
        if (const auto value = ParseBool(text)) {
          SetBool(target.field, *value != input.inverted);
        } else {
          Wrong(input, "Input should be a valid boolean", "bool_parsing", text);
        }
        return;
      case Form::kTime:
        if (const auto time = ParseTime(WithPlus(text)); time.ok()) {
          SetTime(target, *time);
        } else {
          Wrong(input, fmt::format("Invalid datetime: {}", text), "datetime_parsing", text);
        }
        return;
      case Form::kText:
      case Form::kObject:
      case Form::kJson: Text(target, text); return;
    }
  }

  void Int(const Target& target, int64_t number, const Json& value) {
    const Input& input = *target.input;
    if (number > input.max && input.clamped) number = input.max;
    if (number < input.min) {
      Wrong(input, fmt::format("Input should be greater than or equal to {}", input.min),
            "greater_than_equal", value);
    } else if (number > input.max) {
      Wrong(input, fmt::format("Input should be less than or equal to {}", input.max),
            "less_than_equal", value);
    } else if (target.field != nullptr) {
      SetInt(message_, target.field, number);
    }
  }

  void Text(const Target& target, const std::string& text) {
    const Input& input = *target.input;
    if (text.size() > input.bytes_max) {
      Wrong(input, fmt::format("String should have at most {} bytes", input.bytes_max),
            "string_too_long", text);
    } else if (text.find('\0') != std::string::npos) {
      Wrong(input, "String should not have a NUL (U+0000)", "string_pattern_mismatch", text);
    } else if (!input.known.empty() && std::ranges::find(input.known, text) == input.known.end()) {
      Unknown(input, text);
    } else if (target.field != nullptr) {
      const auto* reflection = message_.GetReflection();
      if (input.array) {
        reflection->AddString(&message_, target.field, text);
      } else {
        reflection->SetString(&message_, target.field, text);
      }
    }
  }

  void Unknown(const Input& input, const std::string& text) {
    if (!input.wrong.empty()) {
      std::string detail(input.wrong);
      if (const size_t at = detail.find("{}"); at != std::string::npos) detail.replace(at, 2, text);
      if (!error_) error_ = Failure(input.wrong_status, detail);
      return;
    }
    std::string names;
    for (size_t i = 0; i < input.known.size(); ++i) {
      names += fmt::format("{}'{}'",
                           i == 0                        ? ""
                           : i + 1 == input.known.size() ? " or "
                                                         : ", ",
                           input.known[i]);
    }
    Wrong(input, fmt::format("Input should be {}", names), "enum", text);
  }

  void SetTime(const Target& target, TimePoint time) {
    if (target.field == nullptr) return;
    Message* out = message_.GetReflection()->MutableMessage(&message_, target.field);
    static_cast<google::protobuf::Timestamp&>(*out) = ToProto(time);
  }

  // Bodies.

  void Body() {
    const std::string_view none = reader_.operation_.needs_body ? "null" : "{}";
    auto parsed = ParseJson("the body", request_.body.empty() ? none : request_.body);
    if (!parsed.ok()) {
      error_ = Invalid({"body"}, fmt::format("JSON decode error: {}", parsed.status().message()),
                       "json_invalid", Json::object());
    } else if (parsed->is_null()) {
      error_ = Invalid({"body"}, "Field required", "missing");
    } else if (!parsed->is_object()) {
      error_ = Invalid({"body"}, "Input should be a valid dictionary", "model_type", *parsed);
    }
    if (error_) return;
    body_ = *std::move(parsed);
    CheckKeys();
    for (const Target& target : reader_.targets_) {
      if (error_) return;
      if (target.input->place != Place::kBody) continue;
      if (auto value = body_.find(std::string(target.input->name)); value != body_.end()) {
        FromJson(target, *value);
      } else {
        for (std::string_view text : target.input->defaults) FromText(target, std::string(text));
      }
    }
  }

  // Those that nobody knows, those that are missing, those that want another beside them.
  void CheckKeys() {
    auto named = [&](std::string_view key) {
      auto found = body_.find(std::string(key));
      return found != body_.end() && !found->is_null();
    };
    for (const auto& [key, value] : body_.items()) {
      const bool known = std::ranges::any_of(reader_.targets_, [&](const Target& target) {
        return target.input->place == Place::kBody && target.input->name == key;
      });
      if (!known && !error_) {
        error_ = Invalid({"body", key}, "Extra inputs are not permitted", "extra_forbidden", value);
      }
    }
    for (const Target& target : reader_.targets_) {
      const Input& input = *target.input;
      if (input.required && input.place == Place::kBody && !body_.contains(input.name)) {
        const std::string_view own = reader_.operation_.missing_message;
        Wrong(input, own.empty() ? "Field required" : own, "missing", nullptr);
      }
    }
    for (const Together& pair : reader_.operation_.together) {
      if (named(pair.one) && !named(pair.other) && !error_) {
        error_ = Invalid({"body", std::string(pair.other)}, reader_.operation_.together_message,
                         "value_error");
      }
    }
  }

  void FromJson(const Target& target, const Json& value) {
    const Input& input = *target.input;
    if (Refused(input, value)) return;
    const bool counts = mask_.empty() || std::ranges::find(mask_, input.name) != mask_.end();
    const Target read = counts ? target : Target{&input};
    SetBool(read.named_sets, true);
    if (input.form == Form::kJson) {
      Value(read, value);
    } else if (value.is_null()) {
      SetBool(read.null_sets, true);
      Null(read);
    } else if (!input.array) {
      Value(read, value);
    } else if (!value.is_array()) {
      Wrong(input, "Input should be a valid list", "list_type", value);
    } else {
      for (const Json& item : value) {
        if (item.is_string()) {
          Text(read, item.get<std::string>());
        } else if (!input.pairs.empty() && IsPair(item)) {
          Pair(read, item);
        } else {
          Wrong(input, "Input should be a list of strings", "string_type", value);
        }
      }
    }
  }

  void Pair(const Target& target, const Json& item) {
    if (target.pairs == nullptr) return;
    const Descriptor& of = *target.pairs->message_type();
    Message* out = message_.GetReflection()->AddMessage(&message_, target.pairs);
    out->GetReflection()->SetString(out, of.field(0), item[0].get<std::string>());
    out->GetReflection()->SetInt32(out, of.field(1), item[1].get<int32_t>());
  }

  bool Refused(const Input& input, const Json& value) {
    if (input.refused.empty() || value.is_null()) return false;
    bool asked = true;
    if (value.is_boolean()) asked = value.get<bool>();
    if (!input.same_as.empty()) {
      for (const Target& other : reader_.targets_) {
        if (other.input->place == Place::kPath && other.input->name == input.same_as)
          asked = value != args_[static_cast<size_t>(other.arg)];
      }
    }
    if (asked) Wrong(input, input.refused, "value_error", value);
    return asked;
  }

  // Where null is allowed it stands for nothing; of a text that says whether it is there, for an
  // empty one.
  void Null(const Target& target) {
    const Input& input = *target.input;
    if (input.required && !input.nullable) return Value(target, nullptr);
    if (target.field != nullptr && target.field->has_presence() && input.form == Form::kText &&
        input.null_sets.empty()) {
      message_.GetReflection()->SetString(&message_, target.field, "");
    } else {
      for (std::string_view text : input.defaults) FromText(target, std::string(text));
    }
  }

  void Value(const Target& target, const Json& value) {
    const Input& input = *target.input;
    switch (input.form) {
      case Form::kText:
        if (value.is_string()) return Text(target, value.get<std::string>());
        return Wrong(input, "Input should be a valid string", "string_type", value);
      case Form::kInt:
        if (value.is_number_integer()) return Int(target, IntOf(value), value);
        return Wrong(input, "Input should be a valid integer", "int_type", value);
      case Form::kBool:
        if (value.is_boolean()) return SetBool(target.field, value.get<bool>() != input.inverted);
        if (value.is_string()) return FromText(target, value.get<std::string>());
        return Wrong(input, "Input should be a valid boolean",
                     value.is_null() ? "bool_type" : "bool_parsing", value);
      case Form::kTime:
        if (value.is_string()) {
          if (auto time = ParseTime(value.get<std::string>()); time.ok())
            return SetTime(target, *time);
        }
        return Wrong(input, "Input should be a valid datetime", "datetime_from_date_parsing",
                     value);
      case Form::kObject:
        if (!value.is_object()) {
          return Wrong(input, "Input should be a valid dictionary", "dict_type", value);
        }
        return Text(target, WriteJson(value));
      case Form::kJson: return Text(target, WriteJson(value));
    }
  }

  const RequestReader& reader_;
  const Request& request_;
  const std::vector<std::string>& args_;
  Message& message_;
  Json body_;
  std::vector<std::string> mask_;  // empty: all keys count
  std::optional<Response> error_;
};

std::optional<Response> RequestReader::Read(const Request& request,
                                            const std::vector<std::string>& args,
                                            Message& message) const {
  return Reading(*this, request, args, message).All();
}

}  // namespace gale::http
