// What a request says, put into its verb's message by protobuf's reflection, as the operation's inputs
// (rest_tables.h) say. Wrong ones are answered in FastAPI's shapes.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <vector>

#include "master/api/http/answers.h"
#include "master/api/http/rest_tables.h"

namespace gale::http {

// Immutable: thread-safe.
class RequestReader {
 public:
  // Crashes, naming the input, if it names a field that the message hasn't, or one of another type.
  RequestReader(const Operation& operation, const google::protobuf::Descriptor* message);

  // `args`: the path's values, in order. The answer to give if something is wrong; `message` is of
  // no use then. Unknown parameters of a query are ignored; a body is strict.
  std::optional<Response> Read(const Request& request, const std::vector<std::string>& args,
                               google::protobuf::Message& message) const;

 private:
  struct Target {
    const Input* input = nullptr;
    const google::protobuf::FieldDescriptor* field = nullptr;
    const google::protobuf::FieldDescriptor* null_sets = nullptr;
    const google::protobuf::FieldDescriptor* named_sets = nullptr;
    const google::protobuf::FieldDescriptor* pairs = nullptr;
    int arg = -1;  // of a path
  };
  class Reading;

  const Operation& operation_;
  std::vector<Target> targets_;
  std::vector<const google::protobuf::FieldDescriptor*> sets_;
};

}  // namespace gale::http
