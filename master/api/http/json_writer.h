// An answer's message as the JSON that its schema describes, by protobuf's reflection. What the schema
// says about each key (rest_tables.h) is looked up once, when a JsonWriter is made.
#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <vector>

#include "master/api/http/rest_tables.h"

namespace gale::http {

// Immutable: thread-safe.
class JsonWriter {
 public:
  // Crashes, naming the key, if the shape names a field that the message hasn't.
  JsonWriter(const Shape& shape, const google::protobuf::Descriptor* message);
  ~JsonWriter();
  // Keys come in the schema's order. Bytes that are no UTF-8 become U+FFFD.
  std::string Write(const google::protobuf::Message& message) const;

 private:
  struct Step;
  // What an object is made of: a message, or (item >= 0) the item of `list` in it.
  struct Source {
    const google::protobuf::Message& message;
    const google::protobuf::FieldDescriptor* list = nullptr;
    int item = -1;
  };

  JsonWriter(const Shape& shape, const google::protobuf::Descriptor* message,
             const google::protobuf::FieldDescriptor* list);
  void Append(const Source& source, std::string& out) const;
  void AppendStep(const Step& step, const Source& source, std::string& out) const;
  void AppendField(const Step& step, const google::protobuf::Message& message,
                   std::string& out) const;
  void AppendList(const Step& step, const google::protobuf::Message& message,
                  std::string& out) const;
  void AppendMap(const Step& step, const google::protobuf::Message& message,
                 std::string& out) const;

  std::vector<Step> steps_;
};

// `text` as a JSON string.
void AppendJsonText(std::string_view text, std::string& out);

}  // namespace gale::http
