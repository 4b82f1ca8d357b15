// gale secrets check, rotate: the key of variables and connections, without a master.
#include <ostream>

#include "cli/command.h"
#include "master/api/control.h"
#include "master/open_store.h"
#include "master/secrets/rotation.h"

namespace gale::cli {
namespace {

using enum Arg::Kind;

struct Place {
  Config config;
  OpenedStore opened;
  std::string file;
};

Result<Place> Open(Context& context) {
  GALE_ASSIGN_OR_RETURN(Config config, context.LoadConfig());
  GALE_RETURN_IF_ERROR(context.CheckHome());
  GALE_ASSIGN_OR_RETURN(OpenedStore opened, OpenStore(config));
  GALE_ASSIGN_OR_RETURN(const SchemaState schema, opened.store->Check());
  if (schema.version != schema.known) {
    return FailedPrecondition("{}: its schema is version {} of {}: run `gale db migrate`",
                              opened.name, schema.version, schema.known);
  }
  std::string file = config.GetPath(Key::kSecretsKeyFile);
  return Place{std::move(config), std::move(opened), std::move(file)};
}

// Masters on the same database that were heard of lately, but this home's.
Result<std::vector<std::string>> OtherMasters(const Place& place) {
  std::vector<std::string> others;
  if (!place.opened.shared) return others;
  const std::string& own = place.config.GetString(Key::kMasterName);
  GALE_ASSIGN_OR_RETURN(const auto masters, place.opened.store->ListMasters());
  for (const MasterRow& master : masters) {
    const bool silent = Clock::Real().Now() - master.seen_at > Control::kMasterSilent;
    if (!silent && master.name != own && master.name != own + "-api") others.push_back(master.name);
  }
  return others;
}

Status Check(Context& context) {
  GALE_ASSIGN_OR_RETURN(const Place place, Open(context));
  Vault vault(*place.opened.store, Files::Real(), place.file);
  GALE_RETURN_IF_ERROR(vault.Check());
  GALE_ASSIGN_OR_RETURN(const auto id,
                        place.opened.store->GetSetting(std::string(kSealKeySetting)));
  context.io.out << (id ? fmt::format("{} holds the key {} of {}\n", place.file, *id,
                                      place.opened.name)
                        : fmt::format("{} holds no variables and connections yet\n",
                                      place.opened.name));
  return OkStatus();
}

Status Rotate(Context& context) {
  const Args& args = context.args;
  if (args.Has("prepare") + args.Has("forget") + args.Has("lost") > 1) {
    return InvalidArgument("--prepare, --forget and --lost don't go together");
  }
  GALE_ASSIGN_OR_RETURN(const Place place, Open(context));
  Store& store = *place.opened.store;
  GALE_ASSIGN_OR_RETURN(const std::vector<std::string> others, OtherMasters(place));
  if (args.Has("lost")) {
    GALE_ASSIGN_OR_RETURN(const std::string id,
                          ReplaceLostSealKey(store, Files::Real(), place.file));
    context.io.out << fmt::format(
        "New variables and connections are sealed by the key {} of {}. What the lost key sealed "
        "can't be "
        "read: set it anew, or delete it.\n",
        id, place.file);
    return OkStatus();
  }
  if (args.Has("prepare")) {
    GALE_ASSIGN_OR_RETURN(const std::string id, PrepareSealKey(store, Files::Real(), place.file));
    context.io.out << fmt::format(
        "{} holds the new key {}: copy it to the other masters, then `gale secrets rotate`\n",
        place.file, id);
    return OkStatus();
  }
  if (args.Has("forget")) {
    GALE_ASSIGN_OR_RETURN(const size_t gone, ForgetSealKeys(store, Files::Real(), place.file));
    context.io.out << fmt::format("{}: {} former keys are gone\n", place.file, gone);
    return OkStatus();
  }
  GALE_ASSIGN_OR_RETURN(const Rotated rotated,
                        RotateSealKey(store, Files::Real(), place.file, others));
  context.io.out << fmt::format(
      "{} variables and {} connections are sealed by the key {} now{}\n", rotated.variables,
      rotated.connections, rotated.key_id,
      rotated.resumed ? ": an interrupted rotation is at its end; once more makes a new key" : "");
  for (const std::string& left : rotated.left) context.io.out << "left as it is: " << left << '\n';
  context.io.out << fmt::format(
      "The former keys stay in {} for backups of the database: keep a copy of the file, or take "
      "them "
      "out by `gale secrets rotate --forget`.\n",
      place.file);
  if (!rotated.left.empty()) context.exit_code = 1;
  return OkStatus();
}

}  // namespace

std::vector<Command> SecretsCommands() {
  return {
      {"secrets check",
       "Whether this home has the key of the database's variables and connections",
       {},
       "  gale secrets check",
       Check},
      {"secrets rotate",
       "Seal all variables and connections by a new key, beside running masters",
       {{kFlag, "--prepare",
         "only put the new key into the file, to copy it to other masters first"},
        {kFlag, "--lost", "the key is lost for good: begin with a new one"},
        {kFlag, "--forget", "take all former keys out of the file; backups need them"}},
       "  gale secrets rotate\n"
       "  gale secrets rotate --prepare    # with several masters: then copy the file, then rotate",
       Rotate},
  };
}

}  // namespace gale::cli
