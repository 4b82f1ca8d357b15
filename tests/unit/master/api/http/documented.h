// Whether an answer is what the document says that it is: types, enums, and every key, no more.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "master/api/http/http.h"
#include "master/api/http/rest_tables.h"
#include "master/api/http/router.h"
#include "master/api/json.h"

namespace gale::http {

class Documented {
 public:
  // Fails the test, naming the place, if not.
  static void Check(const Request& request, const Response& response) {
    static const Router router = [] {
      Router all;
      for (const Operation& operation : kOperations)
        all.Add(std::string(operation.method), std::string(operation.path));
      return all;
    }();
    const size_t index = router.Find(request).index;
    if (index == Router::Match::kNone) return;
    const Operation& operation = kOperations[index];
    if (response.content_type != "application/json" || response.body.empty()) return;
    static const Documented document;
    const Json& method =
        document
            .document_["paths"][std::string(operation.path)][Lower(operation.method)]["responses"];
    const std::string status = std::to_string(response.status);
    ASSERT_TRUE(method.contains(status) || response.status >= 400)
        << operation.id << ": " << status << " isn't in the document";
    const Json& answer = method[method.contains(status) ? status : "default"];
    document.Schema(answer["content"]["application/json"]["schema"], Json::parse(response.body),
                    std::string(operation.id));
  }

 private:
  Documented() : document_(Json::parse(kOpenApi)) {}

  static std::string Lower(std::string_view text) {
    std::string low(text);
    for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return low;
  }
  static bool Is(const Json& value, const std::string& type) {
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    return type == "null" && value.is_null();
  }
  const Json& Whole(const Json& schema) const {
    if (!schema.contains("$ref")) return schema;
    return document_.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
  }
  size_t Keys(const Json& schema) const {
    const Json& whole = Whole(schema);
    size_t keys = whole.contains("properties") ? whole["properties"].size() : 0;
    for (const Json& part : whole.value("allOf", Json::array())) keys += Keys(part);
    return keys;
  }

  void Schema(const Json& reference, const Json& value, const std::string& place,
              bool whole_object = true) const {
    const Json& schema = Whole(reference);
    if (schema.contains("type")) {
      const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
      bool fits = false;
      for (const Json& type : types) fits = fits || Is(value, type);
      ASSERT_TRUE(fits) << place << ": " << value << " is not of " << types;
    }
    if (schema.contains("enum")) {
      bool known = false;
      for (const Json& one : schema["enum"]) known = known || one == value;
      EXPECT_TRUE(known) << place << ": " << value << " is not one of " << schema["enum"];
    }
    for (const Json& part : schema.value("allOf", Json::array())) Schema(part, value, place, false);
    if (value.is_array() && schema.contains("items")) {
      for (const Json& item : value) Schema(schema["items"], item, place + "[]");
    }
    if (value.is_object() && schema.value("additionalProperties", Json()).is_object()) {
      for (const Json& item : value) Schema(schema["additionalProperties"], item, place + ".*");
    }
    if (!value.is_object() || Keys(schema) == 0) return;
    if (whole_object) {
      EXPECT_EQ(value.size(), Keys(schema))
          << place << ": other keys than the document's: " << value;
    }
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [key, property] : properties.items()) {
      ASSERT_TRUE(value.contains(key)) << place << ": '" << key << "' is missing";
      Schema(property, value[key], place + "." + key);
    }
  }

  const Json document_;
};

}  // namespace gale::http
