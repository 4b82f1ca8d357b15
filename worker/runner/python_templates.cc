#include "worker/runner/python_templates.h"

#include <fmt/format.h>

#include <functional>

namespace gale::worker {
namespace {

// Equal ids are equal templates: in them is all that makes one.
keeper::TemplateSpec SpecOf(const TemplateSettings& settings, std::string_view what,
                            std::vector<std::string> argv, const Environment& environment) {
  keeper::TemplateSpec out{.argv = std::move(argv), .env = ToStrings(environment)};
  out.import_max = settings.import_max;
  std::string all = settings.life;
  for (const auto* strings : {&out.argv, &out.env}) {
    for (const std::string& s : *strings) all.append(1, '\0').append(s);
  }
  out.id = fmt::format("{} {:016x}", what, std::hash<std::string>()(all));
  return out;
}

}  // namespace

Result<PythonIsolation> ParsePythonIsolation(std::string_view text) {
  if (text == "file") return PythonIsolation::kFile;
  if (text == "sdk") return PythonIsolation::kSdk;
  if (text == "fresh") return PythonIsolation::kFresh;
  return InvalidArgument("python_isolation '{}': it is file, sdk or fresh{}", text,
                         text == "reuse" ? " (a process for many tasks isn't there yet)" : "");
}

void NameTemplates(const TemplateSettings& settings, PythonIsolation isolation,
                   const TemplateFile& file, const Environment& environment,
                   keeper::SpawnRequest* spawn) {
  spawn->templates.clear();
  spawn->templates_max = settings.number_max;
  spawn->templates_bytes_max = settings.bytes_max;
  if (isolation == PythonIsolation::kFresh || settings.number_max == 0) return;
  const std::vector<std::string> argv = {spawn->argv.at(0), "-m", "gale.template_process"};
  if (isolation == PythonIsolation::kFile && !file.path.empty()) {
    std::vector<std::string> with_file = argv;
    with_file.insert(with_file.end(), {"--file", file.path, "--folder", file.folder});
    if (file.fixed) with_file.emplace_back("--fixed");
    spawn->templates.push_back(SpecOf(settings, file.path, with_file, environment));
  }
  // One for the files of all bundles: where a file's own imports start, its task says.
  Environment common = environment;
  common.erase("GALE_DAGS_FOLDER");
  spawn->templates.push_back(SpecOf(settings, "the SDK's", argv, common));
}

}  // namespace gale::worker
