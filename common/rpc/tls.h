// TLS for gRPC: PEM files, read and checked once, made into credentials. What is wrong with a file
// is found at the start and named, not at the first handshake. Pure functions but for the reading.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "common/base/status.h"

namespace gale {

// Paths; empty: none.
struct TlsFiles {
  std::string cert;  // what we show: our certificate, the intermediate ones behind it
  std::string key;   // its private key, without a passphrase
  std::string ca;    // whose certificates we take

  bool empty() const { return cert.empty() && key.empty() && ca.empty(); }
  // With relative paths taken from `home`, and "~/" from $HOME.
  TlsFiles Under(const std::string& home) const;
};

// The files' contents.
struct TlsPems {
  std::string cert, key, ca;
};

// Reads and checks those files that are named. NOT_FOUND, PERMISSION_DENIED: a file isn't there or
// can't be read. INVALID_ARGUMENT: not PEM, a certificate without its key (or the other way round),
// a key that belongs to another certificate or has a passphrase. FAILED_PRECONDITION: expired, or
// not valid yet. Each names the file.
Result<TlsPems> ReadTlsFiles(const TlsFiles& files);

// Of a listener. Plain text without files; INVALID_ARGUMENT where that, or less than what was asked
// for, would come as a surprise: `ca` or `verify_clients` without a certificate, `verify_clients`
// without a `ca`. With `verify_clients` a client must show a certificate that `ca` signed.
Result<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(const TlsFiles& files,
                                                                       bool verify_clients);

// Of a client. Plain text without files. With `ca`, TLS; the server's certificate must be signed by
// it and name the host that we call. With `cert` it is shown to a server that asks for one.
// INVALID_ARGUMENT: `cert` without `ca`, for that would be plain text to somebody who meant TLS.
Result<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(const TlsFiles& files);

}  // namespace gale
