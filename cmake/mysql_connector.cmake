# MySQL Connector/C++ (JDBC API) as the target MySqlConnector: Debian's 1.1 (<cppconn/...>) or Oracle's 8/9
# (<mysql/jdbc.h>); master/store/mysql_driver.h hides the difference.
#
# Debian 12 has the library (libmysqlcppconn7v5) and its headers (libmysqlcppconn-dev), but the latter
# demands Boost 1.74, which can't be installed beside the 1.81 that the HTTP server needs. The headers that
# we include need no Boost at all, so where they aren't installed they are unpacked into build/.
set(mysql_unpacked ${CMAKE_SOURCE_DIR}/build/mysqlcppconn)
find_path(MYSQL_CONNECTOR_INCLUDE NAMES mysql/jdbc.h cppconn/driver.h PATH_SUFFIXES mysql-cppconn
          HINTS ${mysql_unpacked}/usr/include)
if(NOT MYSQL_CONNECTOR_INCLUDE)
  message(STATUS "Unpacking the headers of libmysqlcppconn-dev into ${mysql_unpacked}")
  file(MAKE_DIRECTORY ${mysql_unpacked})
  execute_process(
    COMMAND sh -c "apt-get -q download libmysqlcppconn-dev && dpkg-deb -x libmysqlcppconn-dev_*.deb ."
    WORKING_DIRECTORY ${mysql_unpacked} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "MySQL Connector/C++ has no headers here, and they could not be fetched:\n${said}"
      "Run `apt-get update` and configure again; or unpack libmysqlcppconn-dev into ${mysql_unpacked};\n"
      "or install Oracle's libmysqlcppconn-dev and set MYSQL_CONNECTOR_INCLUDE and MYSQL_CONNECTOR_LIBRARY.")
  endif()
  find_path(MYSQL_CONNECTOR_INCLUDE NAMES cppconn/driver.h HINTS ${mysql_unpacked}/usr/include REQUIRED)
endif()
find_library(MYSQL_CONNECTOR_LIBRARY NAMES mysqlcppconn libmysqlcppconn.so.7)
if(NOT MYSQL_CONNECTOR_LIBRARY)
  message(FATAL_ERROR "MySQL Connector/C++ is missing: apt-get install libmysqlcppconn7v5")
endif()
add_library(MySqlConnector INTERFACE IMPORTED)
target_include_directories(MySqlConnector SYSTEM INTERFACE ${MYSQL_CONNECTOR_INCLUDE})
target_link_libraries(MySqlConnector INTERFACE ${MYSQL_CONNECTOR_LIBRARY})
