#include "common/config/config.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "common/base/files.h"
#include "common/config/duration.h"
#include "common/config/ini.h"

extern char** environ;

namespace gale {
namespace {

namespace fs = std::filesystem;

constexpr size_t kConfigBytesMax = 4 << 20;  // a gale.cfg beyond it is something else

constexpr size_t kStrangersShown = 8;

bool IsKnown(std::string_view section, std::string_view name) {
  return FindKey(section, name) != nullptr || !WhyUnused(section, name).empty();
}

std::string HostName() {
  char name[256] = {};
  if (::gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

std::string UserHome() {
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? home : "/root";
}

void ReplaceAll(std::string& text, std::string_view what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

std::string Absolute(std::string path, const std::string& base) {
  if (path == "~" || path.starts_with("~/")) path = UserHome() + path.substr(1);
  std::string normal = (fs::path(base) / path).lexically_normal().string();
  if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

std::optional<int64_t> ParseInt(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The words of Python's configparser.
std::optional<bool> ParseBool(std::string_view text) {
  const std::string word = Lower(text);
  if (word == "true" || word == "t" || word == "1" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "f" || word == "0" || word == "no" || word == "off") return false;
  return std::nullopt;
}

// The choice as the table spells it.
std::optional<std::string> ParseChoice(std::string_view choices, std::string_view text) {
  while (!choices.empty()) {
    const size_t end = std::min(choices.find('|'), choices.size());
    const std::string_view choice = choices.substr(0, end);
    if (Lower(choice) == Lower(text)) return std::string(choice);
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return std::nullopt;
}

// What is wrong with `text` as a value of `info`; empty if nothing.
std::string Problem(const KeyInfo& info, std::string_view text) {
  switch (info.type) {
    case KeyType::kString: return "";
    case KeyType::kPath: return text.empty() ? "is empty: expected a path" : "";
    case KeyType::kBool:
      return ParseBool(text) ? "" : fmt::format("'{}' is not True or False", text);
    case KeyType::kChoice:
      return ParseChoice(info.choices, text)
                 ? ""
                 : fmt::format("'{}' is not one of {}", text, info.choices);
    case KeyType::kInt: {
      const std::optional<int64_t> value = ParseInt(text);
      if (!value) return fmt::format("'{}' is not a whole number", text);
      if (*value >= info.min && *value <= info.max) return "";
      return fmt::format("{} is out of range: {} to {}", *value, info.min, info.max);
    }
    case KeyType::kDuration: {
      const std::optional<Duration> value = ParseDuration(text);
      if (!value) return fmt::format("'{}' is not a duration: write 30, 0.5, 500ms, 5m, 2h", text);
      if (Seconds(*value) >= static_cast<double>(info.min) &&
          Seconds(*value) <= static_cast<double>(info.max)) {
        return "";
      }
      return fmt::format("'{}' is out of range: {} to {} seconds", text, info.min, info.max);
    }
  }
  return "";
}

}  // namespace

std::optional<Duration> ParseDuration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  const std::string_view unit = Trim(text.substr(static_cast<size_t>(end - text.data())));
  double scale = 0;
  if (unit.empty() || unit == "s") scale = 1;
  if (unit == "ms") scale = 0.001;
  if (unit == "m") scale = 60;
  if (unit == "h") scale = 3600;
  if (unit == "d") scale = 86'400;
  constexpr double kSecondsMax = 1e10;  // 300 years; keeps microseconds in 64 bits
  if (scale == 0 || std::abs(number * scale) > kSecondsMax) return std::nullopt;
  return FromSeconds(number * scale);
}

Environment ProcessEnvironment() {
  Environment out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::string DefaultHome(const Environment& env) {
  for (const auto& [name, value] : env) {
    if (name == "GALE_HOME" && !value.empty()) return Absolute(value, fs::current_path().string());
  }
  return UserHome() + "/.gale";
}

Result<Config> Config::Load(const std::string& home, const std::string& config_file,
                            const Environment& env) {
  const std::string cwd = fs::current_path().string();
  Config config(Absolute(home, cwd));
  for (const KeyInfo& info : AllKeys()) {
    GALE_RETURN_IF_ERROR(config.Set(info.key, info.default_value, "default"));
  }
  if (!config_file.empty()) {
    const std::string path = Absolute(config_file, cwd);
    const std::string name = fs::path(path).filename().string();
    GALE_RETURN_IF_ERROR(config.LoadFile(path, name.starts_with("airflow")));
  } else if (const std::string path = config.home_ + "/gale.cfg";
             ::access(path.c_str(), F_OK) == 0) {
    GALE_RETURN_IF_ERROR(config.LoadFile(path, false));
  }
  GALE_RETURN_IF_ERROR(config.LoadEnvironment(env, "AIRFLOW__", true));
  GALE_RETURN_IF_ERROR(config.LoadEnvironment(env, "GALE__", false));
  config.ApplyExecutor();
  GALE_RETURN_IF_ERROR(config.CheckTogether());
  return config;
}

Status Config::LoadFile(const std::string& path, bool airflow) {
  const Result<std::string> text = Files::Real().Read(path, kConfigBytesMax);
  if (!text.ok()) return InvalidArgument("config file: {}", text.status().message());
  GALE_ASSIGN_OR_RETURN(const std::vector<IniEntry> entries, ParseIni(*text, path));
  std::vector<std::string> strangers;
  for (const IniEntry& entry : entries) {
    if (airflow && !IsKnown(entry.section, entry.key)) {
      strangers.push_back(fmt::format("[{}] {}", entry.section, entry.key));
      continue;
    }
    GALE_RETURN_IF_ERROR(SetNamed(entry.section, entry.key, entry.value,
                                  fmt::format("{}:{}", path, entry.line), airflow));
  }
  if (strangers.empty()) return OkStatus();
  // A file that Airflow wrote holds hundreds.
  const size_t shown = std::min(strangers.size(), kStrangersShown);
  warnings_.push_back(fmt::format(
      "{}: ignored, for Gale has no such settings: {}{}", path,
      fmt::join(strangers.begin(), strangers.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
      strangers.size() > shown ? fmt::format(" and {} more", strangers.size() - shown) : ""));
  return OkStatus();
}

Status Config::LoadEnvironment(const Environment& env, std::string_view prefix, bool airflow) {
  for (const auto& [name, value] : env) {
    if (!name.starts_with(prefix)) continue;
    const std::string rest = Lower(name.substr(prefix.size()));
    const size_t split = rest.find("__");
    if (split == std::string_view::npos) {
      if (airflow) continue;
      return InvalidArgument("env {}: expected GALE__SECTION__KEY", name);
    }
    GALE_RETURN_IF_ERROR(
        SetNamed(rest.substr(0, split), rest.substr(split + 2), value, "env " + name, airflow));
  }
  return OkStatus();
}

Status Config::SetNamed(std::string_view section, std::string_view name, std::string_view text,
                        const std::string& source, bool airflow) {
  const KeyInfo* info = FindKey(section, name);
  if (const std::string_view why = WhyUnused(section, name); !why.empty()) {
    if (section == "core" && name == "executor") executor_ = {std::string(Trim(text)), source};
    warnings_.push_back(fmt::format("{}: [{}] {} is not used: {}", source, section, name, why));
    return OkStatus();
  }
  if (info == nullptr) {
    if (airflow) {
      warnings_.push_back(
          fmt::format("{}: [{}] {} is ignored: Gale has no such setting", source, section, name));
      return OkStatus();
    }
    const std::string nearest = NearestKey(section, name);
    return InvalidArgument("{}: unknown key [{}] {}; {}", source, section, name,
                           nearest.empty() ? "`gale config list` shows the known ones"
                                           : fmt::format("did you mean {}?", nearest));
  }
  if (airflow && info->key == Key::kSqlAlchemyConn && Trim(text).starts_with("sqlite")) {
    warnings_.push_back(fmt::format(
        "{}: [{}] {} is ignored: that file holds Airflow's own tables; Gale's are in {}", source,
        section, name, GetString(Key::kSqlAlchemyConn)));
    return OkStatus();
  }
  if (info->key == Key::kBrokerUrl) broker_is_airflows_ = airflow;
  return Set(info->key, text, source);
}

// Every airflow.cfg names a broker; only Celery's executors look at it.
void Config::ApplyExecutor() {
  const std::string& broker = GetString(Key::kBrokerUrl);
  if (executor_.text.empty() || !broker_is_airflows_ || broker.empty()) return;
  if (Lower(executor_.text).find("celery") != std::string::npos) return;
  warnings_.push_back(fmt::format(
      "{}: [celery] broker_url is ignored: the executor is {} ({}), which has no broker; set "
      "executor = CeleryExecutor to use it",
      Get(Key::kBrokerUrl).source, executor_.text, executor_.source));
  values_[static_cast<size_t>(Key::kBrokerUrl)] = {"", "default"};
}

Status Config::Set(Key key, std::string_view text, std::string source) {
  const KeyInfo& info = Info(key);
  std::string value(Trim(text));
  if (const std::string problem = Problem(info, value); !problem.empty()) {
    return InvalidArgument("{}: [{}] {}: {}", source, info.section, info.name, problem);
  }
  ReplaceAll(value, "{home}", home_);
  ReplaceAll(value, "{hostname}", HostName());
  if (info.type == KeyType::kPath) value = Absolute(value, home_);
  if (info.type == KeyType::kChoice) value = *ParseChoice(info.choices, value);
  values_[static_cast<size_t>(key)] = {std::move(value), std::move(source)};
  return OkStatus();
}

Status Config::Override(Key key, std::string_view value, std::string_view flag) {
  GALE_RETURN_IF_ERROR(Set(key, value, std::string(flag)));
  return CheckTogether();
}

// What no single value shows: a lease must outlive a lost heartbeat or two.
Status Config::CheckTogether() const {
  if (const Duration keep = GetDuration(Key::kDatabaseKeep);
      keep > Duration(0) && keep < std::chrono::hours(24)) {
    return InvalidArgument("{}: [database] keep: {} is too short: at least 1d, or 0 for ever",
                           Get(Key::kDatabaseKeep).source, Get(Key::kDatabaseKeep).text);
  }
  const Duration lease = GetDuration(Key::kLeaseSeconds);
  const Duration heartbeat = GetDuration(Key::kHeartbeatSeconds);
  if (lease >= 3 * heartbeat) return OkStatus();
  return InvalidArgument(
      "[master] lease_seconds ({}) and heartbeat_seconds ({}): the lease must be at least three "
      "heartbeats long",
      Get(Key::kLeaseSeconds).text, Get(Key::kHeartbeatSeconds).text);
}

bool Config::IsDefault(Key key) const {
  if (Get(key).source == "default") return true;
  const KeyInfo& info = Info(key);
  switch (info.type) {
    case KeyType::kBool: return GetBool(key) == *ParseBool(info.default_value);
    case KeyType::kInt: return GetInt(key) == *ParseInt(info.default_value);
    case KeyType::kDuration: return GetDuration(key) == *ParseDuration(info.default_value);
    case KeyType::kString:
    case KeyType::kPath:
    case KeyType::kChoice: return Lower(Get(key).text) == Lower(info.default_value);
  }
  return false;
}

const std::string& Config::GetString(Key key) const {
  GALE_CHECK(Info(key).type == KeyType::kString || Info(key).type == KeyType::kChoice);
  return Get(key).text;
}

std::vector<std::string> Config::GetList(Key key) const { return SplitList(GetString(key)); }

int64_t Config::GetInt(Key key) const {
  GALE_CHECK(Info(key).type == KeyType::kInt);
  return *ParseInt(Get(key).text);
}

bool Config::GetBool(Key key) const {
  GALE_CHECK(Info(key).type == KeyType::kBool);
  return *ParseBool(Get(key).text);
}

Duration Config::GetDuration(Key key) const {
  GALE_CHECK(Info(key).type == KeyType::kDuration);
  return *ParseDuration(Get(key).text);
}

const std::string& Config::GetPath(Key key) const {
  GALE_CHECK(Info(key).type == KeyType::kPath);
  return Get(key).text;
}

Status Config::WriteDefault(const std::string& home) {
  std::string text =
      "# Gale's settings. Each line shows a default: take the # away to change it.\n"
      "# The environment wins over this file: GALE__SECTION__KEY. `gale config list` shows what "
      "counts and why.\n";
  std::string_view section;
  for (const KeyInfo& info : AllKeys()) {
    if (info.section != section) text += fmt::format("\n[{}]\n", info.section);
    section = info.section;
    text += fmt::format("# {}\n", info.doc);
    text += fmt::format("# {} = {}\n", info.name, info.default_value);
  }
  const Status status = Files::Real().WriteNew(home + "/gale.cfg", text);
  if (status.code() == Code::kAlreadyExists) return OkStatus();
  return AsUnavailable(status.WithContext("config file"));
}

Result<std::string> SqlitePath(std::string_view url, const std::string& home) {
  constexpr std::string_view kPrefix = "sqlite:///";
  if (!url.starts_with(kPrefix) || url.size() == kPrefix.size()) {
    // Only the scheme is shown: the rest may hold a password.
    return InvalidArgument(
        "[database] sql_alchemy_conn: '{}' is not a database that Gale can use: write "
        "sqlite:////absolute/path.db",
        url.substr(0, url.find(':')));
  }
  return Absolute(std::string(url.substr(kPrefix.size())), home);
}

}  // namespace gale
