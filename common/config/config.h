// Gale's settings: defaults, then {home}/gale.cfg (or the file of --config), then the environment
// (AIRFLOW__SECTION__KEY, then GALE__SECTION__KEY), then the command line. Each value remembers
// where it came from. Immutable once loaded and overridden; reading is thread-safe then.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/config/keys.h"

namespace gale {

using Environment = std::vector<std::pair<std::string, std::string>>;

// This process's.
Environment ProcessEnvironment();

// $GALE_HOME, else ~/.gale.
std::string DefaultHome(const Environment& env = ProcessEnvironment());

class Config {
 public:
  struct Value {
    std::string text;  // as it was written, with {home}, {hostname} and ~ expanded
    // "default", "/home/u/.gale/gale.cfg:12", "env GALE__CORE__PARALLELISM", "--port".
    std::string source;
  };

  // `home` need not exist (nothing is read from it then). With `config_file` that file is read in
  // place of {home}/gale.cfg, and must be there. INVALID_ARGUMENT names file:line (or the
  // variable), the key, what is wrong, and the nearest known key. A file called airflow*.cfg is
  // taken as Airflow's: what Gale doesn't know in it is one warning, its database is ignored if
  // that is SQLite (Airflow's own tables are there), and its broker_url unless its executor is
  // Celery's. So are AIRFLOW__ variables.
  static Result<Config> Load(const std::string& home, const std::string& config_file = "",
                             const Environment& env = ProcessEnvironment());

  // Writes {home}/gale.cfg, every key in it with its doc and default, commented out. An existing
  // file is left alone. The home must exist.
  static Status WriteDefault(const std::string& home);

  // A command-line flag's value; checked like any other.
  Status Override(Key key, std::string_view value, std::string_view flag);

  // Each may be asked only of keys of its type (else CHECK). Values were validated when loaded.
  const std::string& GetString(Key key) const;  // kString, kChoice (as the table spells it)
  std::vector<std::string> GetList(
      Key key) const;  // kString: separated by commas, trimmed, no blanks
  int64_t GetInt(Key key) const;
  bool GetBool(Key key) const;
  Duration GetDuration(Key key) const;
  const std::string& GetPath(Key key) const;  // absolute

  const Value& Get(Key key) const { return values_[static_cast<size_t>(key)]; }
  // What it says is what it would be anyway, wherever it was said.
  bool IsDefault(Key key) const;
  const std::string& home() const { return home_; }  // absolute
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  explicit Config(std::string home) : home_(std::move(home)) {}
  Status LoadFile(const std::string& path, bool airflow);
  Status LoadEnvironment(const Environment& env, std::string_view prefix, bool airflow);
  Status SetNamed(std::string_view section, std::string_view name, std::string_view text,
                  const std::string& source, bool airflow);
  Status Set(Key key, std::string_view text, std::string source);
  Status CheckTogether() const;
  // What the executor of an airflow.cfg says beyond its own key.
  void ApplyExecutor();

  std::string home_;
  std::array<Value, kKeys> values_;
  std::vector<std::string> warnings_;
  Value executor_;                   // of [core] executor, which is Airflow's; empty: not said
  bool broker_is_airflows_ = false;  // broker_url stands where Airflow's settings do
};

// The file of a sqlite:/// URL ("sqlite:////var/gale.db" is absolute; with three slashes relative
// to `home`). INVALID_ARGUMENT for any other database, naming what is possible.
Result<std::string> SqlitePath(std::string_view url, const std::string& home);

}  // namespace gale
