#include "common/rpc/tls_probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

namespace gale {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

// What HTTP/2, which gRPC is, calls itself in a handshake.
constexpr unsigned char kAlpn[] = {2, 'h', '2'};

struct FreeSsl {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// OpenSSL writes without MSG_NOSIGNAL; a peer that hangs up must not end us. Of this thread.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  ~NoPipeSignal() {
    const timespec now{};
    while (sigtimedwait(&pipe_, nullptr, &now) > 0) {  // ours: before it is let through again
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_, before_;
};

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

  // False at the deadline.
  bool WaitFor(short events, Deadline deadline) const {  // NOLINT(google-runtime-int): poll's
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    pollfd wait{fd_, events, 0};
    return poll(&wait, 1, std::max(0, static_cast<int>(left.count()))) > 0;
  }

 private:
  int fd_ = -1;
};

struct HostPort {
  std::string host, port;
};

HostPort Split(const std::string& target) {
  const size_t colon = target.rfind(':');
  if (colon == std::string::npos) return {target, ""};
  std::string host = target.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, target.substr(colon + 1)};
}

// No descriptor if nobody answers: that is not for us to report.
Socket ConnectTo(const HostPort& where, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(where.host.c_str(), where.port.c_str(), &hints, &found) != 0) return Socket();
  Socket socket;
  for (const addrinfo* at = found; at != nullptr && socket.fd() < 0; at = at->ai_next) {
    Socket one(::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (one.fd() < 0) continue;
    int error = connect(one.fd(), at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS && one.WaitFor(POLLOUT, deadline)) {
      socklen_t size = sizeof error;
      getsockopt(one.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) socket = std::move(one);
  }
  freeaddrinfo(found);
  return socket;
}

// Called when the server asks for a certificate; notes that in *asked.
int OnAsked(SSL*, void* asked) {
  *static_cast<bool*>(asked) = true;
  return 1;
}

std::unique_ptr<SSL_CTX, FreeSsl> MakeContext(const TlsFiles& files) {
  std::unique_ptr<SSL_CTX, FreeSsl> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof kAlpn);
  bool good = true;
  if (!files.ca.empty()) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    good = SSL_CTX_load_verify_locations(context.get(), files.ca.c_str(), nullptr) == 1;
  }
  if (!files.cert.empty()) {
    good = good && SSL_CTX_use_certificate_chain_file(context.get(), files.cert.c_str()) == 1 &&
           SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) == 1;
  }
  return good ? std::move(context) : nullptr;
}

void ExpectHost(SSL* ssl, const std::string& host) {
  in6_addr address;
  const bool is_address = inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                          inet_pton(AF_INET6, host.c_str(), &address) == 1;
  if (is_address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, host.c_str());
    SSL_set1_host(ssl, host.c_str());
  }
}

enum class Outcome { kDone, kFailed, kTimeout };

// Repeats `step` until it is through.
template <class Step>
Outcome Drive(SSL* ssl, const Socket& socket, Deadline deadline, Step step) {
  for (;;) {
    ERR_clear_error();
    const int result = step();
    if (result == 1) return Outcome::kDone;
    const int error = SSL_get_error(ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return Outcome::kFailed;
    if (!socket.WaitFor(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline)) {
      return Outcome::kTimeout;
    }
  }
}

// The alert that the peer sent, or 0.
int PeersAlert() {
  const unsigned long code = ERR_peek_last_error();  // NOLINT(google-runtime-int): OpenSSL's
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) != ERR_LIB_SSL || reason < SSL_AD_REASON_OFFSET) return 0;
  return reason - SSL_AD_REASON_OFFSET;
}

// The first bytes of what answered were no TLS.
bool SpeaksPlainText() {
  const unsigned long code = ERR_peek_last_error();  // NOLINT(google-runtime-int): OpenSSL's
  const int reason = ERR_GET_REASON(code);
  return ERR_GET_LIB(code) == ERR_LIB_SSL &&
         (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG ||
          reason == SSL_R_HTTP_REQUEST || reason == SSL_R_UNEXPECTED_MESSAGE);
}

// `alert`: what the master said to it; 0 if it hung up without a word, as gRPC's servers do.
Status Refused(const std::string& target, const TlsFiles& files, int alert) {
  if (files.cert.empty()) {
    return Unauthenticated(
        "the master at {} takes only who shows a certificate, and none is set: [tls] cert and key",
        target);
  }
  return Unauthenticated(
      "the master at {} refuses our certificate {}{}: it must be signed by an authority in the "
      "master's [tls] ca",
      target, files.cert,
      alert == 0 ? "" : fmt::format(" ({})", SSL_alert_desc_string_long(alert)));
}

// The client speaks plain text; does the master speak TLS?
Status ProbePlain(const std::string& target, SSL* ssl, const Socket& socket, Deadline deadline) {
  const Outcome outcome = Drive(ssl, socket, deadline, [&] { return SSL_do_handshake(ssl); });
  const bool tls = outcome == Outcome::kDone || (outcome == Outcome::kFailed && PeersAlert() != 0);
  if (!tls) return OkStatus();
  return FailedPrecondition(
      "the master at {} speaks TLS, and we don't: name the authority that signed its certificate "
      "([tls] ca, --tls-ca or GALE_TLS_CA)",
      target);
}

Status ProbeSecure(const std::string& target, const TlsFiles& files, SSL* ssl, const Socket& socket,
                   Deadline deadline, const bool& asked) {
  Outcome outcome = Drive(ssl, socket, deadline, [&] { return SSL_do_handshake(ssl); });
  if (outcome == Outcome::kFailed) {
    const long verdict = SSL_get_verify_result(ssl);  // NOLINT(google-runtime-int): OpenSSL's
    if (const int alert = PeersAlert(); asked && alert != 0) return Refused(target, files, alert);
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      return Unauthenticated(
          "the certificate of the master at {} is for another host: it needs the name or address "
          "that we call among its subjectAltNames",
          target);
    }
    if (verdict != X509_V_OK) {
      return Unauthenticated("the certificate of the master at {} is not trusted: {} (by {})",
                             target, X509_verify_cert_error_string(verdict), files.ca);
    }
    if (SpeaksPlainText()) {
      return FailedPrecondition(
          "the master at {} doesn't speak TLS, and we do ([tls] ca, --tls-ca or GALE_TLS_CA): set "
          "[tls] cert and key there",
          target);
    }
    return OkStatus();
  }
  if (outcome == Outcome::kTimeout) return OkStatus();
  // With TLS 1.3 the client is through before the server has looked at its certificate: what it
  // thinks of that comes in place of the first bytes.
  char byte = 0;
  outcome = Drive(ssl, socket, deadline, [&] { return SSL_read(ssl, &byte, 1); });
  return asked && outcome == Outcome::kFailed ? Refused(target, files, PeersAlert()) : OkStatus();
}

}  // namespace

Status ProbeTls(const std::string& target, const TlsFiles& files,
                std::chrono::milliseconds timeout) {
  const NoPipeSignal quiet;
  const Deadline deadline = SteadyClock::now() + timeout;
  const HostPort where = Split(target);
  const Socket socket = ConnectTo(where, deadline);
  if (socket.fd() < 0) return OkStatus();
  const auto context = MakeContext(files);
  if (!context) return OkStatus();  // ReadTlsFiles says what is wrong with them
  std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_fd(ssl.get(), socket.fd()) != 1) return OkStatus();
  SSL_set_connect_state(ssl.get());
  bool asked = false;
  SSL_set_cert_cb(ssl.get(), OnAsked, &asked);
  Status status;
  if (files.ca.empty()) {
    status = ProbePlain(target, ssl.get(), socket, deadline);
  } else {
    ExpectHost(ssl.get(), where.host);
    status = ProbeSecure(target, files, ssl.get(), socket, deadline, asked);
  }
  ERR_clear_error();
  return status;
}

}  // namespace gale
