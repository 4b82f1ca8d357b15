// What must not be shown: values whose names say that they are secret, as Airflow has it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gale {

inline constexpr std::string_view kMask = "***";

class Masking {
 public:
  // Airflow's names (password, token, api_key, ...), and `more` of the user's, separated by commas.
  explicit Masking(std::string_view more = "");

  // Whether the name holds one of those, in any case.
  bool IsSensitive(std::string_view name) const;
  // A variable's value: *** if its key is sensitive; of JSON, the members whose names are.
  std::string OfVariable(std::string_view key, std::string_view value) const;
  // A connection's extra: of a JSON object, the members whose names are sensitive.
  std::string OfExtra(std::string_view extra) const;
  // The other way: `said` comes from somebody who was shown `was` masked. Where it has *** it keeps what
  // stands there.
  std::string UnmaskVariable(std::string_view key, std::string_view said,
                             std::string_view was) const;
  static std::string UnmaskExtra(std::string_view said, std::string_view was);

 private:
  bool Mask(nlohmann::json& value, int depth) const;  // whether it changed

  std::vector<std::string> names_;
};

}  // namespace gale
