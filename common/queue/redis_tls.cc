#include "common/queue/redis_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace gale {
namespace {

constexpr size_t kChunkBytes = 16 << 10;  // a TLS record

std::string LastError() {
  const unsigned long code = ERR_peek_last_error();  // NOLINT(google-runtime-int): OpenSSL's
  ERR_clear_error();
  if (code == 0) return "unknown";
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : fmt::format("error {:#x}", code);
}

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

Result<Context> MakeContext(const RedisUrl& url) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) return Internal("TLS: {}", LastError());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), url.tls_verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  const bool trusted =
      url.tls_ca_file.empty()
          ? SSL_CTX_set_default_verify_paths(context.get()) == 1
          : SSL_CTX_load_verify_locations(context.get(), url.tls_ca_file.c_str(), nullptr) == 1;
  if (!trusted) {
    return InvalidArgument("TLS: ssl_ca_certs '{}' can't be used: {}", url.tls_ca_file,
                           LastError());
  }
  if (url.tls_cert_file.empty()) return context;
  const std::string& key = url.tls_key_file.empty() ? url.tls_cert_file : url.tls_key_file;
  if (SSL_CTX_use_certificate_chain_file(context.get(), url.tls_cert_file.c_str()) != 1) {
    return InvalidArgument("TLS: ssl_certfile '{}' can't be used: {}", url.tls_cert_file,
                           LastError());
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return InvalidArgument("TLS: ssl_keyfile '{}' can't be used: {}", key, LastError());
  }
  return context;
}

bool IsIpAddress(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool WantsInput(SSL* ssl, int result) {
  const int error = SSL_get_error(ssl, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

}  // namespace

void RedisTlsSession::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

Result<RedisTlsSession> RedisTlsSession::Make(const std::string& host, const RedisUrl& url) {
  GALE_ASSIGN_OR_RETURN(Context context, MakeContext(url));
  RedisTlsSession session(SSL_new(context.get()));  // holds the context by itself
  SSL* ssl = session.ssl_.get();
  if (!ssl) return Internal("TLS: {}", LastError());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl);
  if (IsIpAddress(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, host.c_str());
    SSL_set1_host(ssl, host.c_str());
  }
  return session;
}

Result<bool> RedisTlsSession::Handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return true;
  if (WantsInput(ssl_.get(), result)) return false;
  if (const long verdict = SSL_get_verify_result(ssl_.get());  // NOLINT(google-runtime-int)
      verdict != X509_V_OK) {
    return PermissionDenied(
        "TLS: the server's certificate is not trusted: {} (name its authority with ?ssl_ca_certs=)",
        X509_verify_cert_error_string(verdict));
  }
  return Unavailable("TLS handshake: {} (does this port speak TLS?)", LastError());
}

Status RedisTlsSession::Encrypt(std::string_view plain) {
  if (plain.empty()) return OkStatus();
  ERR_clear_error();
  size_t written = 0;  // the memory below takes everything at once
  if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written) == 1) return OkStatus();
  return Unavailable("TLS: {}", LastError());
}

Status RedisTlsSession::Decrypt(std::string& plain) {
  for (;;) {
    ERR_clear_error();
    const size_t before = plain.size();
    plain.resize(before + kChunkBytes);
    size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), plain.data() + before, kChunkBytes, &got);
    plain.resize(before + got);
    if (result == 1) continue;
    if (WantsInput(ssl_.get(), result)) return OkStatus();
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) {
      return plain.empty() ? Unavailable("the server closed the connection") : OkStatus();
    }
    return Unavailable("TLS: {} (does the server ask for a certificate? ?ssl_certfile=)",
                       LastError());
  }
}

std::string RedisTlsSession::TakeOutput() {
  BIO* out = SSL_get_wbio(ssl_.get());
  std::string bytes(BIO_ctrl_pending(out), '\0');
  if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

void RedisTlsSession::PutInput(std::string_view bytes) {
  BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace gale
