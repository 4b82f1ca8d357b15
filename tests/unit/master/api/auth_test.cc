#include "master/api/auth.h"
#include "master/api/caller.h"
#include "master/api/named_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace gale {
namespace {

class AuthTest : public testing::Test {
 protected:
  AuthTest() {
    char folder[] = "/tmp/gale-auth-XXXXXX";
    home_ = ::mkdtemp(folder);
    store_ = OpenSqliteStore({.path = ":memory:"}).value();
    EXPECT_TRUE(store_->Migrate().ok());
    auth_ = std::make_unique<Auth>(*store_, clock_);
    EXPECT_TRUE(auth_->Prepare().ok());
  }
  ~AuthTest() override { std::filesystem::remove_all(home_); }
  std::string ReadFile(const std::string& path) {
    std::string line;
    std::ifstream(path) >> line;
    return line;
  }

  ManualClock clock_;
  std::filesystem::path home_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Auth> auth_;
};

TEST_F(AuthTest, TheFirstStartMakesAnAdminWithAPasswordOnlyTheOwnerCanRead) {
  const std::string file = home_ / "admin_password";
  EXPECT_TRUE(auth_->EnsureAdmin(file).value());
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const std::string password = ReadFile(file);
  EXPECT_GE(password.size(), 16u);
  auto admin = auth_->Login("admin", password, "here");
  ASSERT_TRUE(admin.ok());
  EXPECT_EQ(admin->role, Role::kAdmin);

  EXPECT_FALSE(auth_->EnsureAdmin(file).value());
  EXPECT_EQ(ReadFile(file), password);
}

TEST_F(AuthTest, ADatabaseThatWasMadeAnewTakesThePasswordFromTheFile) {
  const std::string file = home_ / "admin_password";
  std::ofstream(file) << "chosen by hand\n";
  EXPECT_TRUE(auth_->EnsureAdmin(file).value());
  EXPECT_TRUE(auth_->Login("admin", "chosen by hand", "here").ok());
}

// A webserver and a scheduler that start at once in one home, and a master of another home.
TEST_F(AuthTest, SeveralWhoStartAtOnceAgreeOnAllSecrets) {
  const std::vector<std::filesystem::path> homes = {home_ / "a", home_ / "a", home_ / "b"};
  for (const auto& home : homes) std::filesystem::create_directories(home);
  store_ = OpenSqliteStore({.path = home_ / "gale.db"}).value();
  ASSERT_TRUE(store_->Migrate().ok());
  std::vector<std::unique_ptr<Auth>> auths;
  for (size_t i = 0; i < homes.size(); ++i)
    auths.push_back(std::make_unique<Auth>(*store_, clock_));
  std::atomic<int> made = 0;
  std::vector<std::string> tokens(homes.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < homes.size(); ++i) {
    threads.emplace_back([&, i] {
      EXPECT_TRUE(auths[i]->Prepare().ok());
      made += auths[i]->EnsureAdmin(homes[i] / "admin_password").value() ? 1 : 0;
      tokens[i] = auths[i]->EnsureJoinToken(homes[i] / "join_token").value();
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(made, 1);
  EXPECT_EQ(tokens[0], tokens[1]);
  EXPECT_EQ(tokens[0], tokens[2]);
  EXPECT_TRUE(auths[2]->Verify(auths[0]->IssueToken({"admin", Role::kAdmin})).ok());
  int files = 0;
  for (const char* home : {"a", "b"}) {
    const std::string file = home_ / home / "admin_password";
    if (!std::filesystem::exists(file)) continue;
    ++files;
    EXPECT_TRUE(auths[0]->Login("admin", ReadFile(file), "here").ok()) << file;
  }
  EXPECT_EQ(files, 1);
  EXPECT_EQ(ReadFile(home_ / "a/join_token"), tokens[0]);
}

TEST_F(AuthTest, TheJoinTokenIsMadeOnce) {
  const std::string file = home_ / "join_token";
  const std::string token = auth_->EnsureJoinToken(file).value();
  EXPECT_GE(token.size(), 32u);
  EXPECT_EQ(auth_->EnsureJoinToken(file).value(), token);
  const std::string other = home_ / "another_masters_join_token";
  EXPECT_EQ(auth_->EnsureJoinToken(other).value(), token) << "all masters have the same";
  EXPECT_EQ(ReadFile(other), ReadFile(file));
  EXPECT_TRUE(SameSecret(token, token));
  EXPECT_FALSE(SameSecret(token, token + "x"));
}

TEST_F(AuthTest, ATokenSaysWhoAndEndsInTime) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  const std::string token = auth_->IssueToken({"ann", Role::kUser}, std::chrono::hours(1));
  auto ann = auth_->Verify(token);
  ASSERT_TRUE(ann.ok());
  EXPECT_EQ(ann->name, "ann");
  EXPECT_EQ(ann->role, Role::kUser);
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(auth_->Verify(token).status().code(), Code::kUnauthenticated);
}

TEST_F(AuthTest, ATokenLivesAsLongAsTheSettingSays) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  Auth brief(*store_, clock_, std::chrono::minutes(5));
  ASSERT_TRUE(brief.Prepare().ok());
  const std::string token = brief.IssueToken({"ann", Role::kUser});
  clock_.Advance(std::chrono::minutes(4));
  EXPECT_TRUE(brief.Verify(token).ok());
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(brief.Verify(token).status().code(), Code::kUnauthenticated);
}

TEST_F(AuthTest, ATokenThatIsNotOursIsRefused) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  const std::string token = auth_->IssueToken({"ann", Role::kUser});
  std::string tampered = token;
  tampered[token.find('.') + 5] ^= 1;
  // "none" as the algorithm, with no signature: the classic.
  const std::string unsigned_one = "eyJhbGciOiJub25lIn0." + token.substr(token.find('.') + 1);
  for (const std::string& bad :
       {std::string("x"), std::string("a.b.c"), std::string(".."), tampered,
        token.substr(0, token.size() - 4), token + "AA", unsigned_one, std::string(100'000, 'a')}) {
    EXPECT_EQ(auth_->Verify(bad).status().code(), Code::kPermissionDenied) << bad.substr(0, 80);
  }
  // Another installation's.
  auto other_store = OpenSqliteStore({.path = ":memory:"}).value();
  ASSERT_TRUE(other_store->Migrate().ok());
  Auth other(*other_store, clock_);
  ASSERT_TRUE(other.Prepare().ok());
  EXPECT_EQ(auth_->Verify(other.IssueToken({"ann", Role::kAdmin})).status().code(),
            Code::kPermissionDenied);
}

TEST_F(AuthTest, ATokenOfTheUnixSocketSaysWhoTheTrailIsToName) {
  ASSERT_TRUE(auth_->SetUser("admin", "secret", Role::kAdmin).ok());
  const auto admin = auth_->Verify(auth_->IssueToken({"admin", Role::kAdmin, "ops-ann"}));
  ASSERT_TRUE(admin.ok());
  EXPECT_EQ(admin->name, "admin");
  EXPECT_EQ(admin->acts_for, "ops-ann");
  EXPECT_EQ(auth_->Verify(auth_->IssueToken({"admin", Role::kAdmin}))->acts_for, "");
}

TEST_F(AuthTest, TokensOutliveARestart) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  const std::string token = auth_->IssueToken({"ann", Role::kUser});
  Auth next(*store_, clock_);
  ASSERT_TRUE(next.Prepare().ok());
  EXPECT_TRUE(next.Verify(token).ok());
}

TEST_F(AuthTest, ANewPasswordEndsTheTokensOfTheFormerOne) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  const std::string token = auth_->IssueToken(*auth_->Login("ann", "secret", "here"));
  const Identity ann = auth_->Verify(token).value();
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok()) << "the same one, set anew";
  const Status ended = auth_->Verify(token).status();
  EXPECT_EQ(ended.code(), Code::kUnauthenticated);
  EXPECT_THAT(ended.message(), testing::HasSubstr("password"));
  // Who changed it goes on, as the same session and no longer than it would have.
  const Identity on =
      auth_->Verify(auth_->RenewToken(ann, store_->GetUser("ann").value()->password_hash)).value();
  EXPECT_EQ(on.token_id, ann.token_id);
  EXPECT_LE(*on.expires, *ann.expires);
  // One of the Unix socket's is no password's.
  EXPECT_TRUE(auth_->Verify(auth_->IssueToken({"ann", Role::kUser, "root"})).ok());
}

TEST_F(AuthTest, ASessionThatWasEndedIsNoneAtAnyMasterNorAfterARestart) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  const Identity ann = auth_->Login("ann", "secret", "here").value();
  const std::string token = auth_->IssueToken(ann), other = auth_->IssueToken(ann);
  ASSERT_TRUE(auth_->EndSession(auth_->Verify(token).value()).ok());
  Auth elsewhere(*store_, clock_);
  ASSERT_TRUE(elsewhere.Prepare().ok());
  for (Auth* master : {auth_.get(), &elsewhere}) {
    EXPECT_EQ(master->Verify(token).status().code(), Code::kUnauthenticated);
    EXPECT_TRUE(master->Verify(other).ok()) << "another session of his";
  }
}

class NamedTokenTest : public AuthTest {
 protected:
  std::string Give(const std::string& user, std::optional<TimePoint> expires = {}) {
    const NamedToken made = MakeNamedToken();
    EventRow event;
    event.event = "create_token";
    EXPECT_TRUE(store_->tokens()
                    .Add({made.id, user, made.id, made.hash, clock_.Now(), expires, {}}, event)
                    .ok());
    return made.text;
  }
};

TEST_F(NamedTokenTest, IsWhoItsUserIsNow) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kOp).ok());
  const std::string token = Give("ann");
  EXPECT_TRUE(IsNamedToken(token));
  const Identity ann = auth_->Verify(token).value();
  EXPECT_EQ(ann.name, "ann");
  EXPECT_EQ(ann.role, Role::kOp);
  EXPECT_TRUE(ann.named_token);
  EXPECT_EQ(ann.expires, std::nullopt);
  // The password's is another thing; the role isn't.
  ASSERT_TRUE(auth_->SetUser("ann", "another", Role::kViewer).ok());
  EXPECT_EQ(auth_->Verify(token)->role, Role::kViewer);
  ASSERT_TRUE(auth_->SetUser("root", "secret", Role::kAdmin).ok());
  UserWrite removal{UserWrite::What::kRemove, {"ann", "", ""}, {}};
  removal.event.event = "delete_user";
  ASSERT_TRUE(store_->WriteUser(removal).ok());
  EXPECT_EQ(auth_->Verify(token).status().code(), Code::kUnauthenticated);
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kOp).ok()) << "somebody else of that name";
  EXPECT_EQ(auth_->Verify(token).status().code(), Code::kUnauthenticated);
}

TEST_F(NamedTokenTest, EndsInTimeAndWhenItIsDeleted) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  const std::string brief = Give("ann", clock_.Now() + std::chrono::hours(1)),
                    lasting = Give("ann");
  EXPECT_TRUE(auth_->Verify(brief).ok());
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(auth_->Verify(brief).status().code(), Code::kUnauthenticated);
  clock_.Advance(std::chrono::hours(100'000));
  EXPECT_TRUE(auth_->Verify(lasting).ok());
  EventRow event;
  event.event = "delete_token";
  ASSERT_TRUE(store_->tokens().Remove(std::string(NamedTokenId(lasting)), "ann", event).ok());
  EXPECT_EQ(auth_->Verify(lasting).status().code(), Code::kUnauthenticated);
}

TEST_F(NamedTokenTest, NeedsAllOfTheSecretNotItsIdAlone) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  const std::string token = Give("ann");
  for (const size_t place : {token.size() - 1, size_t{25}, size_t{6}}) {
    std::string guess = token;
    guess[place] = guess[place] == '0' ? '1' : '0';
    EXPECT_EQ(auth_->Verify(guess).status().code(), Code::kUnauthenticated);
  }
  for (const std::string& none :
       {token.substr(0, token.size() - 1), token + "0", std::string("gale_"),
        std::string("gale_") + std::string(64, 'G')}) {
    EXPECT_EQ(auth_->Verify(none).status().code(), Code::kPermissionDenied) << none;
  }
}

TEST_F(NamedTokenTest, ItsUseIsNotedOnceAnHour) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  const std::string token = Give("ann");
  const TimePoint start = clock_.Now();
  const auto used = [&] {
    EXPECT_TRUE(auth_->Verify(token).ok());
    return store_->tokens().List("ann", {})->rows.at(0).last_used_at.value();
  };
  EXPECT_EQ(used(), start);
  clock_.Advance(std::chrono::minutes(59));
  EXPECT_EQ(used(), start);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(used(), start + std::chrono::hours(1));
}

TEST_F(AuthTest, TooManyWrongPasswordsAreBrakedForThatUserAndAddressOnly) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  for (uint32_t i = 0; i < Auth::kFailuresMax; ++i) {
    EXPECT_EQ(auth_->Login("ann", "wrong", "1.2.3.4").status().code(), Code::kUnauthenticated);
  }
  EXPECT_EQ(auth_->Login("ann", "secret", "1.2.3.4").status().code(), Code::kResourceExhausted);
  EXPECT_TRUE(auth_->Login("ann", "secret", "5.6.7.8").ok());
  clock_.Advance(Auth::kBrakeWindow);
  EXPECT_TRUE(auth_->Login("ann", "secret", "1.2.3.4").ok());
}

// Ever new names don't help: what is guessed counts for the address, and costs nothing any more.
TEST_F(AuthTest, TooManyWrongPasswordsFromOneAddressAreBrakedWhateverTheNames) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  for (uint32_t i = 0; i < Auth::kPeerFailuresMax; ++i) {
    EXPECT_EQ(auth_->Login("user" + std::to_string(i), "wrong", "1.2.3.4").status().code(),
              Code::kUnauthenticated);
  }
  EXPECT_EQ(auth_->Login("one more", "wrong", "1.2.3.4").status().code(), Code::kResourceExhausted);
  EXPECT_EQ(auth_->Login("ann", "secret", "1.2.3.4").status().code(), Code::kResourceExhausted);
  EXPECT_TRUE(auth_->Login("ann", "secret", "5.6.7.8").ok());
  clock_.Advance(Auth::kBrakeWindow);
  EXPECT_TRUE(auth_->Login("ann", "secret", "1.2.3.4").ok());
}

TEST_F(AuthTest, UnknownUsersAndWrongPasswordsLookTheSame) {
  ASSERT_TRUE(auth_->SetUser("ann", "secret", Role::kUser).ok());
  EXPECT_EQ(auth_->Login("ann", "wrong", "x").status().ToString(),
            auth_->Login("bob", "wrong", "x").status().ToString());
  EXPECT_FALSE(auth_->Login("ann", std::string(2000, 'x'), "x").ok());
}

TEST(CallerTest, ARoleIsASetOfRights) {
  const auto may = [](Role role) {
    std::string rights;
    for (int right = 0; right < v1::Right_ARRAYSIZE; ++right) {
      if (May({{"x", "test"}, role}, static_cast<v1::Right>(right), "etl")) {
        rights += v1::Right_Name(static_cast<v1::Right>(right)) + " ";
      }
    }
    return rights;
  };
  EXPECT_EQ(may(Role::kViewer), "READ ");
  EXPECT_EQ(may(Role::kUser), "READ RUN ");
  EXPECT_EQ(may(Role::kOp), "READ RUN OPERATE ");
  EXPECT_EQ(may(Role::kAdmin), "READ RUN OPERATE ADMINISTER ");
  EXPECT_EQ(CheckMay({{"eve", "test"}, Role::kUser}, v1::OPERATE, "").message(),
            "user 'eve' is User, and this needs Op");
}

}  // namespace
}  // namespace gale
