// The REST interface as data. cmake/rest_tables.py makes it from openapi.json at build time, where each
// word of it is explained (README.md here).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "master/api/http/http_server.h"

namespace gale::http {

// How a field's value becomes JSON where its type doesn't say it.
enum class As : uint8_t {
  kPlain,
  kJson,       // a text that holds JSON
  kTimeDelta,  // a duration as Airflow's object of days, seconds and microseconds
  kBetween,    // of two times, "from to": the seconds between them
  kSum,        // of two durations: their seconds
};

struct Shape;

// One key of an answer's object.
struct Property {
  std::string_view name;
  // The field's path from the message: "a.b"; "." for what the object is made of itself, and in
  // objects made of plain values "../x" for a field of the message around.
  std::string_view from;
  const char* constant;  // JSON that is written always; nullptr: none
  As as;
  bool nullable;                            // what is unset, or empty, is null
  const Shape* object;                      // of the object, or of the list's objects
  std::span<const std::string_view> known;  // another text than these is null; empty: any
};
struct Shape {
  std::string_view name;     // the schema's
  std::string_view message;  // of gale.v1; empty: of whatever it is used in
  std::span<const Property> properties;
};

enum class Place : uint8_t { kPath, kQuery, kBody };
enum class Form : uint8_t {
  kText,
  kInt,
  kBool,
  kTime,
  kObject,  // of JSON; the field gets its text
  kJson,    // any JSON, null too; the same
};

// One thing that a request says, and the field of the verb's request that it goes to.
struct Input {
  std::string_view name;
  Place place;
  std::string_view field;  // empty: none
  Form form;
  bool required, nullable, array;
  int64_t min, max;
  size_t bytes_max;
  std::span<const std::string_view> known;  // texts that are allowed; empty: any
  std::span<const std::string_view> defaults;
  std::string_view null_sets;   // the field that is set if it is null
  std::string_view named_sets;  // the field that is set if it is there, null or not
  std::string_view pairs;       // of a list: the field for its [text, number] items
  std::string_view refused;     // why it can't be done, if it is true, or there at all
  std::string_view same_as;     // ... or says something else than this input
  std::string_view wrong;       // {"detail": ...} for a text that isn't known; {} is that text
  int wrong_status;
  bool inverted;  // of a bool: the field says the opposite
  bool clamped;   // more than `max` is `max`
  bool mask;      // names the body's keys that count
};
// Of two keys of a body: with one goes the other.
struct Together {
  std::string_view one, other;
};

struct Operation {
  std::string_view id, method, path;  // "/api/v2/dags/{dag_id}"
  std::string_view verb, handler;     // one of both
  std::string_view request;           // a handler's message, if it has one
  bool open;                          // needs no token
  Lane lane;
  int status;  // of an answer
  std::span<const Input> inputs;
  std::span<const Together> together;
  std::string_view together_message, missing_message;
  bool has_body;
  bool needs_body;  // else none is as good as an empty one
  bool takes_form;                         // a form may be the body, too; its handler reads it
  std::span<const std::string_view> sets;  // bools of the request that this operation means
  const Shape* answer;                     // nullptr: none
};

extern const std::span<const Operation> kOperations;
extern const std::string_view kOpenApi;  // the document as it is served

}  // namespace gale::http
