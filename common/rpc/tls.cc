#include "common/rpc/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <vector>

#include "common/base/files.h"

namespace gale {
namespace {

constexpr size_t kPemBytesMax = 4 << 20;  // the system's whole bundle has 200 kB

template <class T, void (*kFree)(T*)>
struct Freer {
  void operator()(T* object) const { kFree(object); }
};
using Certificate = std::unique_ptr<X509, Freer<X509, X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO, BIO_free_all>>;

Memory MemoryOf(const std::string& text) {
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Never asks on the terminal, as OpenSSL would.
int NoPassphrase(char*, int, int, void*) { return 0; }

Result<std::string> ReadPem(const std::string& path, std::string_view what) {
  Files& files = Files::Real();
  if (auto st = files.Look(path); st.ok() && S_ISDIR(st->st_mode)) {
    return InvalidArgument("TLS: the {} {} is a folder; expected a PEM file", what, path);
  }
  Result<std::string> text = files.Read(path, kPemBytesMax);
  if (text.status().code() == Code::kResourceExhausted) {
    return InvalidArgument("TLS: the {}: {}: it is no PEM file", what, text.status().message());
  }
  if (!text.ok()) return text.status().WithContext(fmt::format("TLS: the {}", what));
  return text;
}

Result<std::vector<Certificate>> ParseCertificates(const std::string& pem, const std::string& path,
                                                   std::string_view what) {
  std::vector<Certificate> out;
  const Memory memory = MemoryOf(pem);
  ERR_clear_error();
  while (Certificate one{PEM_read_bio_X509(memory.get(), nullptr, NoPassphrase, nullptr)}) {
    out.push_back(std::move(one));
  }
  const int why = ERR_GET_REASON(ERR_peek_last_error());
  ERR_clear_error();
  if (!out.empty() && why == PEM_R_NO_START_LINE) return out;  // that is how it ends
  return InvalidArgument(
      "TLS: the {} {} {}: expected PEM, blocks of -----BEGIN CERTIFICATE-----", what, path,
      why == PEM_R_NO_START_LINE ? "holds no certificate" : "holds a damaged certificate");
}

std::string TimeText(const ASN1_TIME* time) {
  tm parts{};
  char text[32] = {};
  if (ASN1_TIME_to_tm(time, &parts) == 1) strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return std::string(text) + " UTC";
}

Status CheckDates(const X509& certificate, const std::string& path, std::string_view what) {
  if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) < 0) {
    return FailedPrecondition("TLS: the {} {} has expired at {}: renew it", what, path,
                              TimeText(X509_get0_notAfter(&certificate)));
  }
  if (X509_cmp_current_time(X509_get0_notBefore(&certificate)) > 0) {
    return FailedPrecondition("TLS: the {} {} is valid only from {} on: is this clock right?", what,
                              path, TimeText(X509_get0_notBefore(&certificate)));
  }
  return OkStatus();
}

Status CheckKey(const std::string& pem, const X509& certificate, const TlsFiles& files) {
  const Memory memory = MemoryOf(pem);
  const PrivateKey key(PEM_read_bio_PrivateKey(memory.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (!key && pem.find("ENCRYPTED") != std::string::npos) {
    return InvalidArgument(
        "TLS: the private key {} has a passphrase, and nobody is there to type it: write it "
        "without one (openssl pkey -in ... -out ...), in a file that only Gale's user can read",
        files.key);
  }
  if (!key) {
    return InvalidArgument(
        "TLS: the private key {} holds none: expected PEM, -----BEGIN PRIVATE KEY-----", files.key);
  }
  const bool match = X509_check_private_key(&certificate, key.get()) == 1;
  ERR_clear_error();
  if (match) return OkStatus();
  return InvalidArgument(
      "TLS: the private key {} doesn't belong to the certificate {} (its first one must be the "
      "key's own)",
      files.key, files.cert);
}

// One that is valid is enough: bundles carry old ones along.
Status CheckAuthorities(const std::vector<Certificate>& all, const std::string& path) {
  Status first;
  for (const Certificate& one : all) {
    Status status = CheckDates(*one, path, "authority's certificate");
    if (status.ok()) return status;
    if (first.ok()) first = std::move(status);
  }
  return first;
}

std::string UnderHome(const std::string& path, const std::string& home) {
  if (path.empty()) return path;
  const char* user = std::getenv("HOME");
  if (path.starts_with("~/") && user != nullptr) return user + path.substr(1);
  return (std::filesystem::path(home) / path).lexically_normal().string();
}

}  // namespace

TlsFiles TlsFiles::Under(const std::string& home) const {
  return {UnderHome(cert, home), UnderHome(key, home), UnderHome(ca, home)};
}

Result<TlsPems> ReadTlsFiles(const TlsFiles& files) {
  if (files.cert.empty() != files.key.empty()) {
    return InvalidArgument("TLS: the {} {} is set without its {}: both or none",
                           files.key.empty() ? "certificate" : "private key",
                           files.key.empty() ? files.cert : files.key,
                           files.key.empty() ? "private key" : "certificate");
  }
  TlsPems pems;
  if (!files.cert.empty()) {
    GALE_ASSIGN_OR_RETURN(pems.cert, ReadPem(files.cert, "certificate"));
    GALE_ASSIGN_OR_RETURN(const std::vector<Certificate> chain,
                          ParseCertificates(pems.cert, files.cert, "certificate"));
    for (const Certificate& one : chain) {
      GALE_RETURN_IF_ERROR(CheckDates(*one, files.cert, "certificate"));
    }
    GALE_ASSIGN_OR_RETURN(pems.key, ReadPem(files.key, "private key"));
    GALE_RETURN_IF_ERROR(CheckKey(pems.key, *chain.front(), files));
  }
  if (!files.ca.empty()) {
    GALE_ASSIGN_OR_RETURN(pems.ca, ReadPem(files.ca, "authority's certificate"));
    GALE_ASSIGN_OR_RETURN(const std::vector<Certificate> all,
                          ParseCertificates(pems.ca, files.ca, "authority's certificate"));
    GALE_RETURN_IF_ERROR(CheckAuthorities(all, files.ca));
  }
  return pems;
}

Result<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(const TlsFiles& files,
                                                                       bool verify_clients) {
  if (files.cert.empty() && verify_clients) {
    return InvalidArgument(
        "TLS: [tls] verify_clients is set and [tls] cert isn't: without a certificate of its own "
        "this master speaks plain text, and can't check anybody's");
  }
  if (verify_clients && files.ca.empty()) {
    return InvalidArgument(
        "TLS: [tls] verify_clients is set and [tls] ca isn't: whose certificates should it take?");
  }
  if (files.cert.empty() && files.key.empty() && !files.ca.empty()) {
    return InvalidArgument(
        "TLS: [tls] ca is set and [tls] cert isn't: this master would speak plain text; set cert "
        "and key (a client's home needs ca only)");
  }
  GALE_ASSIGN_OR_RETURN(const TlsPems pems, ReadTlsFiles(files));
  if (files.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      verify_clients ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                     : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  options.pem_key_cert_pairs.push_back({pems.key, pems.cert});
  if (verify_clients) options.pem_root_certs = pems.ca;
  return grpc::SslServerCredentials(options);
}

Result<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(const TlsFiles& files) {
  if (!files.cert.empty() && files.ca.empty()) {
    return InvalidArgument(
        "TLS: the certificate {} is set and no authority is: [tls] ca (or --tls-ca) says whose "
        "certificate the master must show",
        files.cert);
  }
  GALE_ASSIGN_OR_RETURN(const TlsPems pems, ReadTlsFiles(files));
  if (files.empty()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({pems.ca, pems.key, pems.cert});
}

}  // namespace gale
