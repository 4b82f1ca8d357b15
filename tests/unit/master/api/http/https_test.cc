// The same server with a certificate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <future>

#include "master/api/http/http_server.h"
#include "tests/unit/common/rpc/certificates.h"

namespace gale::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kGet = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr const char* kLastGet = "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

void Connect(tcp::socket& socket, uint16_t port) {
  socket.connect({asio::ip::address_v4::loopback(), port});
  timeval patience{30, 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

// Sends the request, reads to the end of the connection; `end` says how that came.
template <class Stream>
std::string Ask(Stream& stream, std::string_view request, boost::system::error_code& end) {
  asio::write(stream, asio::buffer(request), end);
  std::string all;
  for (char chunk[4096]; !end;) {
    all.append(chunk, stream.read_some(asio::buffer(chunk), end));
  }
  return all;
}

// A client that trusts one authority.
class TlsClient {
 public:
  TlsClient(uint16_t port, const TestCertificate& ca) {
    context_.add_certificate_authority(asio::buffer(ca.Pem()));
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification("127.0.0.1"));
    Connect(stream_.next_layer(), port);
  }
  // Empty if all went well.
  std::string Handshake() {
    boost::system::error_code error;
    stream_.handshake(asio::ssl::stream_base::client, error);
    return error ? error.message() : "";
  }
  std::string Ask(std::string_view request) { return http::Ask(stream_, request, end_); }
  const boost::system::error_code& end() const { return end_; }
  SSL* native() { return stream_.native_handle(); }

 private:
  asio::io_context io_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  asio::ssl::stream<tcp::socket> stream_{io_, context_};
  boost::system::error_code end_;
};

class HttpsTest : public testing::Test {
 protected:
  uint16_t Start(ServerOptions options = {}) {
    options.cert_pem = certificate_.Pem();
    options.key_pem = certificate_.KeyPem();
    server_ = std::make_unique<Server>(
        [](const Request& request) {
          Response response;
          response.content_type = "text/plain";
          response.body = request.path + " for " + request.peer;
          return response;
        },
        options);
    const Status status = server_->Start();
    EXPECT_TRUE(status.ok()) << status.ToString();
    return server_->port();
  }
  const TestCertificate ca_ = MakeCertificate("ca", nullptr);
  const TestCertificate certificate_ = MakeCertificate("rest", &ca_);
  std::unique_ptr<Server> server_;
};

TEST_F(HttpsTest, WhoTrustsTheAuthorityIsAnsweredAndTheEndIsNoCut) {
  TlsClient client(Start(), ca_);
  ASSERT_EQ(client.Handshake(), "");
  const std::string answer = client.Ask(std::string(kGet) + kLastGet);  // pipelined, too
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, EndsWith("/x for 127.0.0.1"));
  EXPECT_EQ(client.end(), asio::error::eof) << client.end().message();  // not stream_truncated
}

TEST_F(HttpsTest, WhoTrustsAnotherAuthorityGoesAway) {
  const TestCertificate other = MakeCertificate("other", nullptr);
  EXPECT_THAT(TlsClient(Start(), other).Handshake(), HasSubstr("verify failed"));
}

TEST_F(HttpsTest, OldVersionsOfTlsAreRefused) {
  TlsClient client(Start(), ca_);
  SSL_set_security_level(client.native(), 0);
  SSL_set_min_proto_version(client.native(), TLS1_VERSION);
  SSL_set_max_proto_version(client.native(), TLS1_1_VERSION);
  EXPECT_NE(client.Handshake(), "");
}

TEST_F(HttpsTest, WhoSpeaksPlainHttpIsToldWhatThePortWants) {
  asio::io_context io;
  tcp::socket socket(io);
  Connect(socket, Start());
  boost::system::error_code end;
  const std::string answer = Ask(socket, kGet, end);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("https://"));
}

TEST_F(HttpsTest, WhoSaysNothingIsCutOff) {
  ServerOptions options;
  options.handshake_timeout = std::chrono::milliseconds(50);
  asio::io_context io;
  tcp::socket socket(io);
  Connect(socket, Start(options));
  boost::system::error_code end;
  EXPECT_EQ(Ask(socket, "", end), "");
  EXPECT_TRUE(end == asio::error::eof || end == asio::error::connection_reset) << end.message();
}

TEST_F(HttpsTest, ARefusedBodyStillGetsItsAnswer) {
  ServerOptions options;
  options.body_bytes_max = 1000;
  TlsClient client(Start(options), ca_);
  ASSERT_EQ(client.Handshake(), "");
  EXPECT_THAT(client.Ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" +
                         std::string(20'000, 'x')),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpsTest, StopDoesNotWaitForClientsThatIdleOrNeverShookHands) {
  const uint16_t port = Start();
  TlsClient idle(port, ca_);
  ASSERT_EQ(idle.Handshake(), "");
  TlsClient silent(port, ca_);
  auto stopped = std::async(
      std::launch::async, [&] { server_->Stop(Clock::Real().Mono() + std::chrono::seconds(30)); });
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST_F(HttpsTest, ACertificateThatCannotBeUsedIsSaidAtTheStart) {
  ServerOptions options;
  options.cert_pem = certificate_.Pem();
  options.key_pem = MakeCertificate("other", &ca_).KeyPem();
  Server server([](const Request&) { return Response{}; }, options);
  EXPECT_EQ(server.Start().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace gale::http
