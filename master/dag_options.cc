#include "master/dag_options.h"

namespace gale {

Duration LookInterval(const Config& config) {
  const Duration interval = config.GetDuration(Key::kMinFileProcessInterval);
  return interval > Duration::zero() ? interval : DagProcessorOptions{}.rescan_interval;
}

DagProcessorOptions DagOptionsOf(const Config& config, const MasterOptions& options) {
  DagProcessorOptions processor;
  processor.dags_folder = config.GetPath(Key::kDagsFolder);
  processor.reread_interval = config.GetDuration(Key::kMinFileProcessInterval);
  processor.rescan_interval = LookInterval(config);
  processor.ignore_syntax = config.GetString(Key::kDagIgnoreFileSyntax) == "regexp"
                                ? IgnoreSyntax::kRegexp
                                : IgnoreSyntax::kGlob;
  processor.parser.python = options.python;
  processor.parser.sdk = options.sdk;
  processor.parser.dags_folder = processor.dags_folder;
  processor.parser.timeout = config.GetDuration(Key::kDagbagImportTimeout);
  processor.parser.places.quick = static_cast<size_t>(config.GetInt(Key::kParsingProcesses));
  processor.parser.places.slow = 2 * processor.parser.places.quick;
  processor.parser.memory_bytes = config.GetInt(Key::kParseMemoryLimitMb) << 20;
  return processor;
}

}  // namespace gale
