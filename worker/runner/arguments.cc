#include "worker/runner/arguments.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common/base/limits.h"

namespace gale::worker {
namespace {

using Json = nlohmann::json;

constexpr int kExitCodeMax = 255;
constexpr size_t kShownBytesMax = 100;
// BashOperator's that have no effect here.
constexpr std::array<std::string_view, 2> kIgnored = {"output_encoding", "output_processor"};

Status WrongType(const std::string& name, std::string_view wanted, const Json& value) {
  const std::string text = value.is_array() ? "a list"
                           : value.is_object()
                               ? "a dict"
                               : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return InvalidArgument("the mapped argument '{}' must be {}, not {}{}", name, wanted,
                         text.substr(0, kShownBytesMax), text.size() > kShownBytesMax ? "..." : "");
}

// As Python's str() writes it.
std::string Text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return value.dump();
}

Status SetEnv(const Json& value, v1::BashWork& work) {
  if (value.is_null()) return OkStatus();
  if (!value.is_object()) return WrongType("env", "a dict", value);
  work.set_has_env(true);
  for (const auto& [name, item] : value.items()) {
    if (item.is_null()) continue;
    if (item.is_structured()) return WrongType("env." + name, "a string", item);
    (*work.mutable_env())[name] = Text(item);
  }
  return OkStatus();
}

Status SetSkipCodes(const Json& value, v1::BashWork& work) {
  const Json codes = value.is_array()  ? value
                     : value.is_null() ? Json::array()
                                       : Json::array({value});
  work.clear_skip_on_exit_code();
  for (const Json& code : codes) {
    if (!code.is_number_integer() || code < 0 || code > kExitCodeMax) {
      return WrongType("skip_on_exit_code", "exit codes (0 to 255)", value);
    }
    work.add_skip_on_exit_code(code.get<int32_t>());
  }
  if (codes.empty()) work.add_skip_on_exit_code(-1);  // none: an empty list would mean 99
  return OkStatus();
}

Status Set(const std::string& name, const Json& value, v1::BashWork& work) {
  const bool shared = (name == "bash_command" && !work.command().empty()) ||
                      (name == "env" && work.has_env()) || (name == "cwd" && !work.cwd().empty());
  if (shared) {
    return InvalidArgument("the argument '{}' is mapped, and partial() gives it, too", name);
  }
  if (name == "bash_command") {
    if (!value.is_string()) return WrongType(name, "a string", value);
    work.set_command(value.get<std::string>());
  } else if (name == "env") {
    return SetEnv(value, work);
  } else if (name == "cwd") {
    if (!value.is_string() && !value.is_null()) return WrongType(name, "a string", value);
    work.set_cwd(value.is_null() ? "" : value.get<std::string>());
  } else if (name == "append_env") {
    if (!value.is_boolean()) return WrongType(name, "True or False", value);
    work.set_append_env(value.get<bool>());
  } else if (name == "skip_on_exit_code") {
    return SetSkipCodes(value, work);
  } else if (std::ranges::find(kIgnored, name) == kIgnored.end()) {
    return InvalidArgument("BashOperator has no argument '{}' that can be mapped", name);
  }
  return OkStatus();
}

}  // namespace

Result<v1::BashWork> WithArguments(v1::BashWork shared, const std::string& arguments_json) {
  if (arguments_json.empty()) return shared;
  const Json arguments = Json::parse(arguments_json, nullptr, /*allow_exceptions=*/false);
  if (!arguments.is_object()) {
    return InvalidArgument("expand_kwargs() wants a dict of arguments for each instance, not {}",
                           arguments_json.substr(0, kShownBytesMax));
  }
  v1::BashWork work = std::move(shared);
  for (const auto& [name, value] : arguments.items()) {
    GALE_RETURN_IF_ERROR(Set(name, value, work));
  }
  if (work.command().empty()) return InvalidArgument("bash_command is empty");
  auto shared_by_all = [&](const std::string& as_is) {
    return !arguments.contains(as_is.substr(0, as_is.find('.')));
  };
  auto& as_is = *work.mutable_as_is();
  as_is.erase(std::remove_if(as_is.begin(), as_is.end(), shared_by_all), as_is.end());
  return work;
}

}  // namespace gale::worker
