// What is wrong with a file is said at the start; what is wrong between two ends, by the probe.
#include "common/rpc/tls.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rpc/tls_probe.h"
#include "gale/v1/control.grpc.pb.h"
#include "tests/unit/common/rpc/certificates.h"

namespace gale {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TlsTest : public testing::Test {
 protected:
  TlsFiles Write(const std::string& who, const TestCertificate& certificate) {
    return {folder_.Write(who + ".pem", certificate.Pem()),
            folder_.Write(who + ".key", certificate.KeyPem()), ca_file_};
  }
  static void ExpectError(const Status& status, Code code, const std::string& path,
                          const std::string& what) {
    EXPECT_EQ(status.code(), code) << status.ToString();
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(path), HasSubstr(what)));
  }

  PemFolder folder_;
  const TestCertificate ca_ = MakeCertificate("ca", nullptr);
  const std::string ca_file_ = folder_.Write("ca.pem", ca_.Pem());
  const TlsFiles good_ = Write("server", MakeCertificate("server", &ca_));
};

TEST_F(TlsTest, GoodFilesAreRead) {
  const Result<TlsPems> pems = ReadTlsFiles(good_);
  ASSERT_TRUE(pems.ok()) << pems.status().ToString();
  EXPECT_THAT(pems->cert, HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_THAT(pems->key, HasSubstr("PRIVATE KEY"));
  EXPECT_EQ(pems->ca, ca_.Pem());
  EXPECT_TRUE(ReadTlsFiles({}).ok()) << "no files: nothing to check";
}

TEST_F(TlsTest, AMissingFileIsNamed) {
  for (std::string TlsFiles::*which : {&TlsFiles::cert, &TlsFiles::key, &TlsFiles::ca}) {
    TlsFiles files = good_;
    files.*which = folder_.path() + "/nowhere.pem";
    ExpectError(ReadTlsFiles(files).status(), Code::kNotFound, "/nowhere.pem",
                "No such file or directory");
  }
}

TEST_F(TlsTest, AFileThatMayNotBeReadIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  ASSERT_EQ(::chmod(good_.key.c_str(), 0), 0);
  ExpectError(ReadTlsFiles(good_).status(), Code::kPermissionDenied, good_.key,
              "Permission denied");
}

TEST_F(TlsTest, WhatIsNoPemIsNamed) {
  const std::string text = folder_.Write("text.pem", "this is no certificate\n");
  TlsFiles files = good_;
  files.cert = text;
  ExpectError(ReadTlsFiles(files).status(), Code::kInvalidArgument, text, "BEGIN CERTIFICATE");
  files = good_;
  files.key = text;
  ExpectError(ReadTlsFiles(files).status(), Code::kInvalidArgument, text, "BEGIN PRIVATE KEY");
  files = good_;
  files.ca = text;
  ExpectError(ReadTlsFiles(files).status(), Code::kInvalidArgument, text, "BEGIN CERTIFICATE");
  files.ca = folder_.path();
  ExpectError(ReadTlsFiles(files).status(), Code::kInvalidArgument, folder_.path(), "folder");
}

TEST_F(TlsTest, ATornCertificateIsNamed) {
  TlsFiles files = good_;
  files.cert = folder_.Write("torn.pem", ca_.Pem() + ca_.Pem().substr(0, 200));
  ExpectError(ReadTlsFiles(files).status(), Code::kInvalidArgument, files.cert, "damaged");
}

TEST_F(TlsTest, AKeyOfAnotherCertificateIsNamed) {
  TlsFiles files = good_;
  files.key = Write("other", MakeCertificate("other", &ca_)).key;
  ExpectError(ReadTlsFiles(files).status(), Code::kInvalidArgument, files.key, files.cert);
}

TEST_F(TlsTest, AKeyWithAPassphraseIsRefusedWithoutAskingForIt) {
  const TestCertificate secret = MakeCertificate("secret", &ca_);
  TlsFiles files = Write("secret", secret);
  files.key = folder_.Write("locked.key", secret.KeyPem("sesame"));
  ExpectError(ReadTlsFiles(files).status(), Code::kInvalidArgument, files.key, "passphrase");
}

TEST_F(TlsTest, HalfAPairIsRefused) {
  TlsFiles files = good_;
  files.key = "";
  ExpectError(ReadTlsFiles(files).status(), Code::kInvalidArgument, files.cert,
              "without its private key");
  files = good_;
  files.cert = "";
  ExpectError(ReadTlsFiles(files).status(), Code::kInvalidArgument, files.key,
              "without its certificate");
}

TEST_F(TlsTest, AnExpiredCertificateIsNamedWithItsDate) {
  const TlsFiles old =
      Write("old", MakeCertificate("old", &ca_, {.valid_from = -7200, .valid_to = -60}));
  ExpectError(ReadTlsFiles(old).status(), Code::kFailedPrecondition, old.cert, "has expired at 20");
  const TlsFiles early = Write("early", MakeCertificate("early", &ca_, {.valid_from = 1800}));
  ExpectError(ReadTlsFiles(early).status(), Code::kFailedPrecondition, early.cert, "clock");
}

TEST_F(TlsTest, ABundleMayHoldAnExpiredAuthorityButNotOnlySuch) {
  const std::string old =
      MakeCertificate("old ca", nullptr, {.valid_from = -7200, .valid_to = -60}).Pem();
  TlsFiles files = good_;
  files.ca = folder_.Write("bundle.pem", old + ca_.Pem());
  EXPECT_TRUE(ReadTlsFiles(files).ok());
  files.ca = folder_.Write("old_ca.pem", old);
  ExpectError(ReadTlsFiles(files).status(), Code::kFailedPrecondition, files.ca, "expired");
}

TEST_F(TlsTest, RelativePathsStartAtTheHome) {
  const TlsFiles files = TlsFiles{"tls/a.pem", "/etc/b.key", ""}.Under("/srv/gale");
  EXPECT_EQ(files.cert, "/srv/gale/tls/a.pem");
  EXPECT_EQ(files.key, "/etc/b.key");
  EXPECT_EQ(files.ca, "");
}

TEST_F(TlsTest, NobodySpeaksPlainTextWhoMeantTls) {
  EXPECT_THAT(std::string(MakeServerCredentials({}, true).status().message()),
              HasSubstr("verify_clients"));
  EXPECT_THAT(std::string(MakeServerCredentials({"", "", ca_file_}, false).status().message()),
              HasSubstr("plain text"));
  const Status no_ca = MakeServerCredentials({good_.cert, good_.key, ""}, true).status();
  EXPECT_THAT(std::string(no_ca.message()), HasSubstr("[tls] ca isn't"));
  const Status client = MakeChannelCredentials({good_.cert, good_.key, ""}).status();
  EXPECT_THAT(std::string(client.message()), HasSubstr("[tls] ca"));
  EXPECT_TRUE(MakeServerCredentials({}, false).ok());
  EXPECT_TRUE(MakeChannelCredentials({}).ok());
}

// Two ends.

class TwoEndsTest : public TlsTest {
 protected:
  ~TwoEndsTest() override { Stop(); }
  void Stop() {
    if (server_) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  void Serve(const TlsFiles& files, bool verify_clients) {
    auto credentials = MakeServerCredentials(files, verify_clients);
    ASSERT_TRUE(credentials.ok()) << credentials.status().ToString();
    Stop();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", *credentials, &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  std::string target(const std::string& host = "127.0.0.1") const {
    return fmt::format("{}:{}", host, port_);
  }
  // UNIMPLEMENTED if the call got through.
  grpc::StatusCode Call(const TlsFiles& files) {
    auto credentials = MakeChannelCredentials(files);
    EXPECT_TRUE(credentials.ok()) << credentials.status().ToString();
    const auto stub = v1::Control::NewStub(grpc::CreateChannel(target(), *credentials));
    grpc::ClientContext context;
    v1::ListDagsResponse response;
    return stub->ListDags(&context, {}, &response).error_code();
  }
  void ExpectProbe(const TlsFiles& files, Code code, const std::string& what,
                   const std::string& host = "127.0.0.1") {
    const Status status = ProbeTls(target(host), files);
    EXPECT_EQ(status.code(), code) << status.ToString();
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
    if (code == Code::kOk) return;
    EXPECT_THAT(std::string(status.message()), HasSubstr(target(host)));
  }

  const TlsFiles client_ = Write("client", MakeCertificate("client", &ca_));
  const TlsFiles ca_only_{"", "", ca_file_};

 private:
  v1::Control::Service service_;  // knows no call
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

constexpr auto kThrough = grpc::StatusCode::UNIMPLEMENTED;
constexpr auto kShut = grpc::StatusCode::UNAVAILABLE;

TEST_F(TwoEndsTest, WithTlsOneNeedsTheAuthorityThatSignedTheServersCertificate) {
  Serve(good_, false);
  EXPECT_EQ(Call(ca_only_), kThrough);
  ExpectProbe(ca_only_, Code::kOk, "");

  const TlsFiles wrong{"", "",
                       folder_.Write("wrong.pem", MakeCertificate("wrong ca", nullptr).Pem())};
  EXPECT_EQ(Call(wrong), kShut);
  ExpectProbe(wrong, Code::kUnauthenticated, "not trusted");
}

TEST_F(TwoEndsTest, WithMutualTlsOneNeedsACertificateOfTheServersAuthority) {
  Serve(good_, true);
  EXPECT_EQ(Call(client_), kThrough);
  ExpectProbe(client_, Code::kOk, "");

  EXPECT_EQ(Call(ca_only_), kShut);
  ExpectProbe(ca_only_, Code::kUnauthenticated, "[tls] cert and key");

  const TestCertificate other_ca = MakeCertificate("other ca", nullptr);
  const TlsFiles stranger = Write("stranger", MakeCertificate("stranger", &other_ca));
  EXPECT_EQ(Call(stranger), kShut);
  ExpectProbe(stranger, Code::kUnauthenticated, "stranger.pem");
}

TEST_F(TwoEndsTest, ACertificateForAnotherHostIsNotTaken) {
  const TestCertificate elsewhere = MakeCertificate("elsewhere", &ca_, {.names = "DNS:elsewhere"});
  Serve(Write("elsewhere", elsewhere), false);
  EXPECT_EQ(Call(ca_only_), kShut);
  ExpectProbe(ca_only_, Code::kUnauthenticated, "subjectAltName");
  ExpectProbe(ca_only_, Code::kUnauthenticated, "subjectAltName", "localhost");
}

TEST_F(TwoEndsTest, IfOnlyOneSideSpeaksTlsTheProbeSaysWhich) {
  Serve({}, false);
  EXPECT_EQ(Call(ca_only_), kShut);
  ExpectProbe(ca_only_, Code::kFailedPrecondition, "doesn't speak TLS");
  EXPECT_EQ(Call({}), kThrough);
  ExpectProbe({}, Code::kOk, "");
}

TEST_F(TwoEndsTest, AndTheOtherWayRoundWithAndWithoutClientCertificates) {
  for (const bool verify_clients : {false, true}) {
    Serve(good_, verify_clients);
    EXPECT_EQ(Call({}), kShut);
    ExpectProbe({}, Code::kFailedPrecondition, "speaks TLS, and we don't");
  }
}

TEST_F(TwoEndsTest, WhereNobodyListensTlsIsNotToBlame) {
  Serve(good_, false);
  Stop();
  ExpectProbe(ca_only_, Code::kOk, "");
}

}  // namespace
}  // namespace gale
