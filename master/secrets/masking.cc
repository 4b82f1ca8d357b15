#include "master/secrets/masking.h"

#include <algorithm>
#include <cctype>

namespace gale {
namespace {

using nlohmann::json;

constexpr int kDepthMax = 32;  // deeper, all is masked
constexpr std::string_view kNames[] = {
    "access_token", "api_key",  "apikey",       "authorization",  "passphrase",
    "passwd",       "password", "private_key",  "proxy",          "proxies",
    "secret",       "token",    "keyfile_dict", "service_account"};

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// Whether it changed.
bool Unmask(json& said, const json& was, int depth) {
  if (depth == 0 || said.type() != was.type() || !said.is_structured()) return false;
  bool changed = false;
  for (auto item = said.begin(); item != said.end(); ++item) {
    const json* former = nullptr;
    if (said.is_object()) {
      const auto found = was.find(item.key());
      if (found != was.end()) former = &*found;
    } else if (const auto at = static_cast<size_t>(item - said.begin()); at < was.size()) {
      former = &was[at];
    }
    if (former == nullptr) continue;
    if (item->is_string() && item->get_ref<const std::string&>() == kMask) {
      *item = *former;
      changed = true;
    } else {
      changed |= Unmask(*item, *former, depth - 1);
    }
  }
  return changed;
}

std::string Dump(const json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

}  // namespace

Masking::Masking(std::string_view more) : names_(std::begin(kNames), std::end(kNames)) {
  while (!more.empty()) {
    const size_t end = std::min(more.find(','), more.size());
    std::string name = Lower(more.substr(0, end));
    more.remove_prefix(std::min(more.size(), end + 1));
    name.erase(0, name.find_first_not_of(" \t"));
    name.erase(name.find_last_not_of(" \t") + 1);
    if (!name.empty()) names_.push_back(std::move(name));
  }
}

bool Masking::IsSensitive(std::string_view name) const {
  const std::string lower = Lower(name);
  return std::ranges::any_of(
      names_, [&](const std::string& each) { return lower.find(each) != std::string::npos; });
}

bool Masking::Mask(json& value, int depth) const {
  if (!value.is_structured()) return false;
  if (depth == 0) {
    value = kMask;
    return true;
  }
  bool changed = false;
  for (auto item = value.begin(); item != value.end(); ++item) {
    const bool all = value.is_object() && IsSensitive(item.key()) && !item->is_null() &&
                     !(item->is_string() && item->get_ref<const std::string&>().empty());
    if (all) {
      *item = kMask;
      changed = true;
    } else {
      changed |= Mask(*item, depth - 1);
    }
  }
  return changed;
}

std::string Masking::OfVariable(std::string_view key, std::string_view value) const {
  if (IsSensitive(key)) return std::string(value.empty() ? "" : kMask);
  return OfExtra(value);
}

std::string Masking::OfExtra(std::string_view extra) const {
  json value = json::parse(extra, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded() || !Mask(value, kDepthMax)) return std::string(extra);
  return Dump(value);
}

std::string Masking::UnmaskVariable(std::string_view key, std::string_view said,
                                    std::string_view was) const {
  if (IsSensitive(key) && said == kMask) return std::string(was);
  return UnmaskExtra(said, was);
}

std::string Masking::UnmaskExtra(std::string_view said, std::string_view was) {
  if (said.find(kMask) == std::string_view::npos) return std::string(said);
  json value = json::parse(said, nullptr, /*allow_exceptions=*/false);
  const json former = json::parse(was, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded() || !Unmask(value, former, kDepthMax)) return std::string(said);
  return Dump(value);
}

}  // namespace gale
