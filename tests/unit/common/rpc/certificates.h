// A certificate authority for tests: makes keys and certificates as PEM, when asked.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/base/check.h"

namespace gale {

template <class T, void (*kFree)(T*)>
struct FreeWith {
  void operator()(T* object) const { kFree(object); }
};
using TestX509 = std::shared_ptr<X509>;
using TestKey = std::shared_ptr<EVP_PKEY>;

template <class Write>
std::string PemOf(Write write) {
  const std::unique_ptr<BIO, FreeWith<BIO, BIO_free_all>> out(BIO_new(BIO_s_mem()));
  GALE_CHECK(write(out.get()) == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

struct TestCertificate {
  TestX509 x509;
  TestKey private_key;

  std::string Pem() const {
    return PemOf([&](BIO* out) { return PEM_write_bio_X509(out, x509.get()); });
  }
  // Encrypted, if there is a passphrase.
  std::string KeyPem(const char* passphrase = nullptr) const {
    return PemOf([&](BIO* out) {
      return PEM_write_bio_PKCS8PrivateKey(out, private_key.get(),
                                           passphrase ? EVP_aes_128_cbc() : nullptr, nullptr, 0,
                                           nullptr, const_cast<char*>(passphrase));
    });
  }
};

struct CertificateOptions {
  std::string names = "DNS:localhost,IP:127.0.0.1";
  long valid_from = -3600, valid_to = 3600;  // seconds from now; NOLINT(google-runtime-int)
};

// Signed by `issuer`, or by itself as an authority.
inline TestCertificate MakeCertificate(const std::string& subject, const TestCertificate* issuer,
                                       const CertificateOptions& options = {}) {
  TestCertificate out{TestX509(X509_new(), X509_free), TestKey(EVP_EC_gen("P-256"), EVP_PKEY_free)};
  static long serial = 1;  // NOLINT(google-runtime-int): OpenSSL's
  X509* x = out.x509.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
  X509_gmtime_adj(X509_getm_notBefore(x), options.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(x), options.valid_to);
  X509_set_pubkey(x, out.private_key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
  const TestCertificate& signer = issuer ? *issuer : out;
  X509_set_issuer_name(x, X509_get_subject_name(signer.x509.get()));
  auto add = [&](int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    GALE_CHECK(extension != nullptr && X509_add_ext(x, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  };
  if (issuer == nullptr) {
    add(NID_basic_constraints, "critical,CA:TRUE");
  } else {
    add(NID_subject_alt_name, options.names);
  }
  GALE_CHECK(X509_sign(x, signer.private_key.get(), EVP_sha256()) > 0);
  return out;
}

// A folder for PEM files; goes with it.
class PemFolder {
 public:
  PemFolder() {
    char folder[] = "/tmp/gale-pem-XXXXXX";
    path_ = ::mkdtemp(folder);
  }
  ~PemFolder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  // Its path.
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

}  // namespace gale
