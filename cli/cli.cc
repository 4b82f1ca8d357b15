#include "cli/cli.h"

#include <filesystem>
#include <istream>
#include <ostream>

#include "cli/parser.h"
#include "cli/text.h"

namespace gale::cli {
namespace {

// gale.cfg's home: absolute, without a slash at the end.
std::string AbsoluteHome(const std::string& home) {
  std::filesystem::path path = std::filesystem::absolute(home).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return path.string();
}

Result<Globals> ReadGlobals(const Args& args, const Io& io) {
  Globals globals;
  globals.home = AbsoluteHome(args.Has("home") ? args.Get("home") : DefaultHome(io.env));
  globals.config_file = args.Get("config");
  globals.server = args.Get("server");
  globals.token_file = args.Get("token-file");
  globals.tls_ca =
      args.Has("tls-ca") ? args.Get("tls-ca") : std::string(io.Variable("GALE_TLS_CA"));
  if (!globals.tls_ca.empty()) globals.tls_ca = std::filesystem::absolute(globals.tls_ca).string();
  if (args.Has("output")) {
    GALE_ASSIGN_OR_RETURN(globals.format, ParseFormat(args.Get("output")));
  }
  return globals;
}

Result<int> Run(const std::vector<std::string>& words, Io& io) {
  GALE_ASSIGN_OR_RETURN(Parsed parsed, ParseWords(words));
  if (parsed.command == nullptr) {
    io.out << parsed.help;
    return static_cast<int>(parsed.asked ? Exit::kOk : Exit::kUsage);
  }
  GALE_ASSIGN_OR_RETURN(Globals globals, ReadGlobals(parsed.globals, io));
  Context context(io, std::move(globals), std::move(parsed.args));
  GALE_RETURN_IF_ERROR(parsed.command->run(context));
  return context.exit_code;
}

}  // namespace

Exit ExitOf(Code code) {
  switch (code) {
    case Code::kOk: return Exit::kOk;
    case Code::kInvalidArgument:
    case Code::kOutOfRange: return Exit::kUsage;
    case Code::kNotFound: return Exit::kNotFound;
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kAborted: return Exit::kConflict;
    case Code::kUnavailable:
    case Code::kDeadlineExceeded: return Exit::kUnreachable;
    case Code::kPermissionDenied:
    case Code::kUnauthenticated: return Exit::kNotPermitted;
    case Code::kCancelled:
    case Code::kUnknown:
    case Code::kResourceExhausted:
    case Code::kUnimplemented:
    case Code::kInternal:
    case Code::kDataLoss: return Exit::kFailed;
  }
  return Exit::kFailed;
}

int RunCli(const std::vector<std::string>& words, Io& io) {
  Result<int> code = Run(words, io);
  io.out.flush();
  if (code.ok()) return *code;
  io.err << "gale: " << OneLine(code.status().message()) << std::endl;
  return static_cast<int>(ExitOf(code.status().code()));
}

}  // namespace gale::cli
