#include "master/api/dag_source.h"

#include <algorithm>

#include "common/base/files.h"
#include "common/base/limits.h"
#include "common/base/text.h"
#include "gale/v1/worker.pb.h"
#include "master/store/row_columns.h"

namespace gale {
namespace {

// What the bundle has of the file. NOT_FOUND: nothing.
Result<std::string> OfBundle(Control& control, const std::string& digest,
                             const std::string& fileloc) {
  GALE_ASSIGN_OR_RETURN(const std::string manifest, control.GetBlob(digest));
  v1::Bundle bundle;
  if (!bundle.ParseFromString(manifest)) return DataLoss("bundle {} can't be read", digest);
  for (const v1::Bundle::File& file : bundle.files()) {
    if (bundle.folder() + "/" + file.path() == fileloc) return control.GetBlob(file.digest());
  }
  return NotFound("bundle {} has no file {}", digest, fileloc);
}

Result<std::string> OfVersion(Control& control, const DagVersionRow& version,
                              const std::string& fileloc, bool current) {
  if (!version.source.empty()) {
    auto text = control.GetBlob(version.source);
    if (text.status().code() != Code::kNotFound) return text;
  }
  std::string bundle = version.bundle;
  if (bundle.empty() && current) {
    GALE_ASSIGN_OR_RETURN(const auto now, control.store().GetSetting(std::string(kBundleSetting)));
    bundle = now.value_or("");
  }
  if (!bundle.empty()) {
    auto text = OfBundle(control, bundle, fileloc);
    if (text.status().code() != Code::kNotFound) return text;
  }
  if (!fileloc.starts_with('/')) {
    return NotFound("DAG '{}' came from no file: it has no source", version.dag_id);
  }
  if (!fileloc.ends_with(".py")) {
    return NotFound("DAG '{}' comes from {}: the source of a package isn't kept", version.dag_id,
                    fileloc);
  }
  return NotFound(
      "the source of version {} of DAG '{}' wasn't kept: it was made by a gale before "
      "version 5 of the schema, or its file had changed again or was too large",
      version.version, version.dag_id);
}

}  // namespace

Result<DagSource> ReadDagSource(Control& control, const std::string& dag_id,
                                std::optional<int64_t> version) {
  GALE_ASSIGN_OR_RETURN(const DagView dag, control.GetDag(dag_id));
  DagSource source;
  source.version = version.value_or(dag.row.version);
  const bool current = source.version == dag.row.version;
  GALE_ASSIGN_OR_RETURN(const DagVersionPtr model, control.GetDagVersion(dag_id, source.version));
  const std::string& fileloc = model->dag->spec().fileloc;
  if (current && !dag.row.is_stale && !dag.has_import_errors && fileloc.starts_with('/') &&
      fileloc.ends_with(".py")) {
    auto text = Files::Real().Read(fileloc, limits::kBundleFileBytesMax);
    if (text.ok()) source.text = RepairText(*text, limits::kBundleFileBytesMax);
    if (text.ok()) return source;
  }
  GALE_ASSIGN_OR_RETURN(const DagVersionRow row,
                        control.store().reads().GetDagVersion(dag_id, source.version));
  GALE_ASSIGN_OR_RETURN(const std::string text, OfVersion(control, row, fileloc, current));
  source.text = RepairText(text, limits::kBundleFileBytesMax);
  return source;
}

}  // namespace gale
