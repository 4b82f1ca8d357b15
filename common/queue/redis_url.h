// Where Redis is and how to come in: the URL that users write, taken apart.
//
//   redis://[user[:password]@]host[:6379][/db]         rediss://... the same over TLS
//   sentinel://[user[:password]@]host[:26379],host2.../master-name[/db]
//                              also redis+sentinel://; rediss+sentinel:// speaks TLS to all of them
//   unix://[user[:password]@]/path/to/socket[?db=N]    also redis+socket://, as Celery writes it
// Options after '?': db, sentinel_password, and as in redis-py ssl_ca_certs, ssl_certfile,
// ssl_keyfile, ssl_cert_reqs (required | none). User, password, path and options are
// percent-decoded; an IPv6 address stands in brackets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace gale {

struct RedisAddress {
  std::string host;  // a name or an IP address; empty for a Unix socket
  uint16_t port = 0;
  std::string path;  // of the Unix socket

  std::string ToString() const;
  friend bool operator==(const RedisAddress&, const RedisAddress&) = default;
};

struct RedisUrl {
  // One; with Sentinel any number of sentinels, asked in this order.
  std::vector<RedisAddress> addresses;
  std::string sentinel_master;  // its name; empty without Sentinel
  std::string sentinel_password;
  std::string user;
  std::string password;  // empty: no AUTH is sent, whatever the user
  uint32_t db = 0;
  bool tls = false;
  bool tls_verify = true;
  std::string tls_ca_file;    // empty: the system's
  std::string tls_cert_file;  // our own, for mutual TLS
  std::string tls_key_file;

  // INVALID_ARGUMENT says what is wrong, without the password.
  static Result<RedisUrl> Parse(std::string_view text);

  bool sentinel() const { return !sentinel_master.empty(); }
  // For messages; holds no secret: "db1:6379", "sentinel 'main' (a:26379, b:26379)".
  std::string Describe() const;
};

}  // namespace gale
