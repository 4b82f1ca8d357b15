#include "master/shown_settings.h"

namespace gale {
namespace {

constexpr std::string_view kHidden = "< hidden >";

// URLs with passwords. All other secrets are in files of their own.
bool IsSecret(Key key) { return key == Key::kSqlAlchemyConn || key == Key::kBrokerUrl; }

}  // namespace

std::optional<std::vector<ShownSetting>> ShownSettings(const Config& config) {
  if (config.GetString(Key::kExposeConfig) == "False") return std::nullopt;
  std::vector<ShownSetting> shown;
  for (const KeyInfo& info : AllKeys()) {
    shown.push_back({std::string(info.section), std::string(info.name),
                     IsSecret(info.key) ? std::string(kHidden) : config.Get(info.key).text});
  }
  return shown;
}

}  // namespace gale
