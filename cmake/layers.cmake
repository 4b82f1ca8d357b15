# One library a folder, and THE table of what may depend on what. Dependencies point down and towards
# the core; configuring fails on an edge that isn't here. A library is every *.cc of its folder.
#
#   gale_layer(<folder> [PURE] [ALLOWED layers...] [LINK outside libraries...])
#
# PURE: what it includes, however far, does no I/O, waits for nothing, locks nothing, draws no number.

set(GALE_LAYERS "" CACHE INTERNAL "")

function(gale_layer folder)
  cmake_parse_arguments(L "PURE" "" "ALLOWED;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" name ${folder})
  gale_check_includes(${folder} "${L_ALLOWED}")
  if(L_PURE)
    gale_check_pure(${folder})
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
  foreach(dep ${L_ALLOWED})
    string(REPLACE "/" "_" dep_name ${dep})
    if(TARGET ${dep_name})
      target_link_libraries(${name} PUBLIC ${dep_name})
    endif()
  endforeach()
  target_link_libraries(${name} PUBLIC fmt::fmt ${L_LINK})
endfunction()

# Fails if a file of `folder` includes a header of a layer that isn't in `allowed`.
function(gale_check_includes folder allowed)
  file(GLOB files ${CMAKE_SOURCE_DIR}/${folder}/*.cc ${CMAKE_SOURCE_DIR}/${folder}/*.h)
  foreach(file ${files})
    file(STRINGS ${file} includes REGEX "^#include \"(common|master|worker|cli|proto)/")
    foreach(line ${includes})
      string(REGEX REPLACE "^#include \"([a-z_/]+)/[^/]+\".*" "\\1" target "${line}")
      if(NOT target STREQUAL folder AND NOT target IN_LIST allowed)
        message(FATAL_ERROR "${file}: ${line}\n"
          "  ${folder} may not depend on ${target}. It may depend on: ${allowed}.\n"
          "  The table is in cmake/layers.cmake; dependencies point down and towards the core.")
      endif()
    endforeach()
  endforeach()
  set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
endfunction()

# Fails if a file of `folder` includes, itself or through any header of ours, what a pure layer may not.
function(gale_check_pure folder)
  set(impure "<(thread|mutex|shared_mutex|condition_variable|future|atomic|fstream|iostream|filesystem|random|sys/|\
unistd|fcntl|sqlite|grpc|boost|spdlog)|\"common/base/log.h\"")
  file(GLOB todo RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/${folder}/*.cc ${CMAKE_SOURCE_DIR}/${folder}/*.h)
  set(seen ${todo})
  while(todo)
    list(POP_FRONT todo file)
    file(STRINGS ${CMAKE_SOURCE_DIR}/${file} includes REGEX "^#include ")
    foreach(line ${includes})
      if(line MATCHES "^#include (${impure})")
        message(FATAL_ERROR "${file}: ${line}\n"
          "  ${folder} is pure and reaches this header: no I/O, no threads, no chance (cmake/layers.cmake).")
      elseif(line MATCHES "^#include \"((common|master|worker)/[^\"]+)\"" AND NOT CMAKE_MATCH_1 IN_LIST seen)
        list(APPEND seen ${CMAKE_MATCH_1})
        list(APPEND todo ${CMAKE_MATCH_1})
      endif()
    endforeach()
  endwhile()
endfunction()

# Proto: generated code, a library of its own.

set(proto_out ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${proto_out})
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
foreach(proto dag worker secrets logs users runs views control feed)
  set(base ${proto_out}/gale/v1/${proto})
  add_custom_command(
    OUTPUT ${base}.pb.cc ${base}.pb.h ${base}.grpc.pb.cc ${base}.grpc.pb.h
    COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR}/proto --cpp_out=${proto_out}
            --grpc_out=${proto_out} --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN}
            ${CMAKE_SOURCE_DIR}/proto/gale/v1/${proto}.proto
    DEPENDS ${CMAKE_SOURCE_DIR}/proto/gale/v1/dag.proto
            ${CMAKE_SOURCE_DIR}/proto/gale/v1/worker.proto
            ${CMAKE_SOURCE_DIR}/proto/gale/v1/secrets.proto
            ${CMAKE_SOURCE_DIR}/proto/gale/v1/logs.proto
            ${CMAKE_SOURCE_DIR}/proto/gale/v1/runs.proto
            ${CMAKE_SOURCE_DIR}/proto/gale/v1/views.proto
            ${CMAKE_SOURCE_DIR}/proto/gale/v1/users.proto
            ${CMAKE_SOURCE_DIR}/proto/gale/v1/${proto}.proto)
  list(APPEND proto_sources ${base}.pb.cc ${base}.grpc.pb.cc)
endforeach()
add_library(gale_proto STATIC ${proto_sources})
target_include_directories(gale_proto SYSTEM PUBLIC ${proto_out})
target_compile_options(gale_proto PRIVATE -w -O1 -g0)
target_link_libraries(gale_proto PUBLIC PkgConfig::GRPC protobuf::libprotobuf)

# THE table.

gale_layer(common/base LINK spdlog::spdlog Threads::Threads)
gale_layer(common/model ALLOWED common/base LINK date::date-tz)
gale_layer(common/queue ALLOWED common/base LINK PkgConfig::HIREDIS OpenSSL::SSL OpenSSL::Crypto)
gale_layer(common/config ALLOWED common/base)
gale_layer(common/rpc ALLOWED common/base common/model LINK gale_proto OpenSSL::SSL OpenSSL::Crypto)

gale_layer(master/core PURE ALLOWED common/base common/model)
gale_layer(master/store ALLOWED common/base common/model master/core LINK PkgConfig::SQLITE PkgConfig::ZSTD
           MySqlConnector)
gale_layer(master/secrets ALLOWED common/base common/model master/core master/store LINK PkgConfig::SODIUM)
gale_layer(master/logs ALLOWED common/base LINK PkgConfig::RE2)
gale_layer(master/metrics ALLOWED common/base LINK PkgConfig::PROMETHEUS)
gale_layer(master/engine ALLOWED common/base common/model common/queue master/core master/store)
gale_layer(master/dags ALLOWED common/base common/model common/rpc master/engine master/core master/store
           LINK OpenSSL::Crypto PkgConfig::RE2)
gale_layer(master/api ALLOWED common/base common/model common/rpc master/core master/store master/engine
           master/secrets master/logs LINK gale_proto grpc++_reflection PkgConfig::SODIUM OpenSSL::Crypto)
gale_layer(master/api/http ALLOWED common/base common/model common/rpc master/core master/store master/api
           LINK gale_proto Threads::Threads OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB)
# REST is made from its document.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(rest_document ${CMAKE_SOURCE_DIR}/master/api/http/openapi.json)
add_custom_command(
  OUTPUT ${proto_out}/rest_tables.cc
  COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/cmake/rest_tables.py ${rest_document}
          ${CMAKE_SOURCE_DIR}/proto/gale/v1/control.proto ${proto_out}/rest_tables.cc
  DEPENDS ${CMAKE_SOURCE_DIR}/cmake/rest_tables.py ${rest_document}
          ${CMAKE_SOURCE_DIR}/proto/gale/v1/control.proto)
target_sources(master_api_http PRIVATE ${proto_out}/rest_tables.cc)
# The web UI, as Vite built it (`npm run build` in web/); without it the binary has a front page only.
set(GALE_WEB_DIR ${CMAKE_SOURCE_DIR}/build/web CACHE PATH "the built web UI, which goes into the binary")
file(GLOB_RECURSE web_files CONFIGURE_DEPENDS ${GALE_WEB_DIR}/*)
add_custom_command(
  OUTPUT ${proto_out}/web_files.cc ${proto_out}/web_files.bin
  COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/cmake/web_files.py ${GALE_WEB_DIR} ${proto_out}/web_files.bin
          ${proto_out}/web_files.cc
  DEPENDS ${CMAKE_SOURCE_DIR}/cmake/web_files.py ${web_files})
set_source_files_properties(${proto_out}/web_files.cc PROPERTIES OBJECT_DEPENDS ${proto_out}/web_files.bin)
target_sources(master_api_http PRIVATE ${proto_out}/web_files.cc)
gale_layer(master ALLOWED common/base common/model common/queue common/config common/rpc master/core
           master/store master/secrets master/engine master/dags master/api master/api/http master/logs
           master/metrics)

gale_layer(worker/core PURE ALLOWED common/base)
gale_layer(worker/keeper ALLOWED common/base)
gale_layer(worker/runner ALLOWED common/base common/rpc worker/core worker/keeper LINK gale_proto)
gale_layer(worker/tasks ALLOWED common/base common/rpc worker/runner LINK gale_proto)
gale_layer(worker ALLOWED common/base common/model common/queue common/config common/rpc worker/core worker/keeper
           worker/runner worker/tasks LINK gale_proto)

gale_layer(cli ALLOWED common/base common/model common/queue common/config common/rpc master master/store master/secrets master/engine
           master/api master/dags master/logs worker worker/keeper LINK PkgConfig::RE2 PkgConfig::YAML)

if(TARGET cli AND EXISTS ${CMAKE_SOURCE_DIR}/cli/main/main.cc)
  add_executable(gale ${CMAKE_SOURCE_DIR}/cli/main/main.cc)
  target_link_libraries(gale PRIVATE cli)
endif()

# Tests.

# Every *_test.cc of a folder of tests/ makes one program, named after the folder. `slow` ones are
# labelled by their folder (simulation, contract) so that the sanitizer builds can choose.
function(gale_tests folder)
  cmake_parse_arguments(T "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${folder}/*.cc)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" name ${folder})
  set(name test_${name})
  foreach(dep ${T_LINK})
    if(NOT TARGET ${dep})
      return()
    endif()
  endforeach()
  add_executable(${name} ${sources})
  target_compile_definitions(${name} PRIVATE GALE_TESTS_DIR="${CMAKE_SOURCE_DIR}/tests")
  target_link_libraries(${name} PRIVATE ${T_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  string(REGEX REPLACE "/.*" "" label ${folder})
  add_test(NAME ${name} COMMAND ${name} --gtest_output=xml:${CMAKE_BINARY_DIR}/results/${name}.xml)
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 1200)
endfunction()

# Servers that tests start.
file(GLOB support_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/support/*.cc)
add_library(test_support STATIC EXCLUDE_FROM_ALL ${support_sources})
target_link_libraries(test_support PUBLIC common_base)

gale_tests(unit/common/base LINK common_base)
gale_tests(unit/common/model LINK common_model)
gale_tests(unit/common/config LINK common_config)
gale_tests(unit/common/rpc LINK common_rpc)
gale_tests(unit/master/core LINK master_core)
gale_tests(unit/master/engine LINK master_engine)
gale_tests(unit/master/secrets LINK master_secrets)
gale_tests(unit/master/logs LINK master_logs)
gale_tests(unit/master/dags LINK master_dags)
gale_tests(unit/master/api LINK master_api common_queue)
gale_tests(unit/master/api/http LINK master_api_http common_queue)
gale_tests(unit/worker/core LINK worker_core)
gale_tests(unit/worker/keeper LINK worker_keeper)
gale_tests(unit/worker/runner LINK worker_runner)
gale_tests(unit/worker/tasks LINK worker_tasks test_support)
gale_tests(unit/worker/session LINK worker test_support)
gale_tests(unit/cli LINK cli)
gale_tests(contract LINK common_queue master_store master_engine test_support)
gale_tests(scenarios LINK master_core)
gale_tests(large LINK master_core)
gale_tests(simulation LINK master_api worker)
