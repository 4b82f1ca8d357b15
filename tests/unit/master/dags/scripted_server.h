// A parse server of a few lines of Python, in place of the real one: what a test wants it to do.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace gale {

// A folder that goes with the test.
class TempFolder {
 public:
  TempFolder() {
    char name[] = "/tmp/gale-parse-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name = "") const {
    return name.empty() ? path_ : path_ + "/" + name;
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << text;
    return path(name);
  }

 private:
  std::string path_;
};

// `script` comes after this: request() is the next (head, path), answer(id, pieces...) answers.
inline constexpr char kScriptHead[] = R"py(#!/usr/bin/env python3
import json, os, signal, sys

def read(size):
    data = b""
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            sys.exit(0)
        data += more
    return data

def pieces(body):
    while body:
        end = 4 + int.from_bytes(body[:4], "big")
        yield body[4:end]
        body = body[end:]

def request():
    head, *path = pieces(read(int.from_bytes(read(4), "big")))
    return json.loads(head), b"".join(path).decode()

def send(*parts):
    body = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    data = len(body).to_bytes(4, "big") + body
    while data:
        data = data[os.write(1, data):]

def answer(number, *dags, error="", file_error=""):
    send(json.dumps({"id": number, "error": error}).encode(),
         json.dumps({"error": file_error, "warnings": []}).encode(), *dags)

def dag(name):
    return json.dumps({"dag_id": name, "tasks": [{"task_id": "t", "empty": {}}]}).encode()

def ready():
    send(b'{"ready": true}')
)py";

// The path of what to start in place of Python.
inline std::string ScriptedServer(const TempFolder& folder, const std::string& script) {
  const std::string path = folder.Write("server", kScriptHead + script);
  EXPECT_EQ(::chmod(path.c_str(), 0700), 0);
  return path;
}

}  // namespace gale
