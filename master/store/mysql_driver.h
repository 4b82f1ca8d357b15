// MySQL Connector/C++'s JDBC API, wherever its headers are. Included by mysql_db.cc alone: no type
// of the driver leaves that file.
#pragma once

#if __has_include(<mysql/jdbc.h>)  // Oracle's 8 and 9
#include <mysql/jdbc.h>
#define GALE_MYSQL_SSL_MODE 1
#else  // Debian's 1.1
#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>
#endif
