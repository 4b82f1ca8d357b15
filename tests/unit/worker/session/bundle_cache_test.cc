// Bundles fetched from a real gRPC server in this process, and kept on a real disk.
#include "worker/bundle_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>

#include "tests/unit/worker/session/fake_master.h"

namespace gale::worker {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Files = std::vector<FakeBundles::File>;

class BundleCacheTest : public ::testing::Test {
 protected:
  BundleCacheTest() : home(testing::TempDir() + "gale-bundle-XXXXXX") {
    EXPECT_NE(::mkdtemp(home.data()), nullptr);
    server = std::make_unique<FakeMaster>(home + "/master.sock");
    Restart();
    cache->SetChannel(Channel());
  }
  ~BundleCacheTest() override {
    cache.reset();
    server.reset();
    fs::remove_all(home);
  }
  // As a new worker process in this home; it has no master yet.
  void Restart() {
    cache.reset();
    cache = std::make_unique<BundleCache>(home, "j0in");
    Status started = cache->Start();
    ASSERT_TRUE(started.ok()) << started.ToString();
  }
  std::shared_ptr<grpc::Channel> Channel() { return ChannelTo(server->target()); }
  static std::shared_ptr<grpc::Channel> ChannelTo(const std::string& target) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // as in FakeMaster
    return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  }
  template <class F>
  static void WaitUntil(F what) {
    auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!what() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(what());
  }
  std::future<Result<DagCode>> Ask(const std::string& digest) {
    auto promise = std::make_shared<std::promise<Result<DagCode>>>();
    cache->Ensure(digest, [promise](Result<DagCode> code) { promise->set_value(std::move(code)); });
    return promise->get_future();
  }
  Result<DagCode> Answer(std::future<Result<DagCode>> asked) {
    if (asked.wait_for(10s) != std::future_status::ready) return Internal("no answer within 10 s");
    return asked.get();
  }
  Result<DagCode> Get(const std::string& digest) { return Answer(Ask(digest)); }
  // The tree's folder; fails the test if there is none.
  std::string Tree(const std::string& digest) {
    auto code = Get(digest);
    EXPECT_TRUE(code.ok()) << code.status().ToString();
    return code.ok() ? code->tree : "";
  }
  // Expects this error, and that nothing of the bundle is left.
  void ExpectRefused(const std::string& digest, Code code, const std::string& says) {
    auto got = Get(digest);
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.status().code(), code) << got.status().ToString();
    EXPECT_THAT(std::string(got.status().message()), HasSubstr(says));
    EXPECT_THAT(std::string(got.status().message()), HasSubstr(digest)) << "it names the bundle";
    EXPECT_THAT(OnDisk(), IsEmpty());
  }
  std::vector<std::string> OnDisk() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(home + "/bundles")) {
      if (entry.path().filename() != "boot") names.push_back(entry.path().filename());
    }
    return names;
  }
  static std::string Text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.good()) << path;
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static struct stat Stat(const std::string& path) {
    struct stat st {};
    EXPECT_EQ(::stat(path.c_str(), &st), 0) << path;
    return st;
  }
  static mode_t Mode(const std::string& path) { return Stat(path).st_mode & 07777; }
  std::string Bundled(int n) { return bundles().Add({{"dag.py", "version " + std::to_string(n)}}); }
  FakeBundles& bundles() { return server->bundles; }

  std::string home;
  std::unique_ptr<FakeMaster> server;
  std::unique_ptr<BundleCache> cache;
  const Files files = {{"a.py", "import b\n"},
                       {"bin/run.sh", "#!/bin/sh\n", true},
                       {"empty/__init__.py", ""},
                       {"empty/deep/__init__.py", ""},
                       {"team/b.py", std::string(200'000, 'b')}};
};

TEST_F(BundleCacheTest, FetchesATreeWithAllItsFilesReadOnly) {
  const std::string digest = bundles().Add(files);
  EXPECT_FALSE(cache->Find(digest).has_value());
  auto code = Get(digest);
  ASSERT_TRUE(code.ok()) << code.status().ToString();
  EXPECT_EQ(code->folder, "/srv/dags");
  for (const auto& file : files) {
    EXPECT_EQ(Text(code->tree + "/" + file.path), file.content) << file.path;
    EXPECT_EQ(Mode(code->tree + "/" + file.path), file.executable ? 0555u : 0444u) << file.path;
  }
  EXPECT_EQ(bundles().authorization(), "Bearer j0in");
  EXPECT_EQ(bundles().Asked(Sha256Hex("")), 1u) << "one content at two places, fetched once";
  auto found = cache->Find(digest);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->tree, code->tree);
}

TEST_F(BundleCacheTest, OneOnDiskIsAnsweredWithoutANetwork) {
  const std::string digest = bundles().Add(files);
  Tree(digest);
  size_t calls = bundles().calls();
  cache->SetChannel(nullptr);
  Tree(digest);
  EXPECT_EQ(bundles().calls(), calls);
}

TEST_F(BundleCacheTest, TwoWhoAskAtOnceShareOneFetch) {
  const std::string digest = bundles().Add(files);
  bundles().Shut();
  auto one = Ask(digest), two = Ask(digest);
  bundles().WaitCalls(1);
  auto three = Ask(digest);
  bundles().Open();
  for (auto* asked : {&one, &two, &three}) EXPECT_TRUE(Answer(std::move(*asked)).ok());
  EXPECT_EQ(bundles().Asked(digest), 1u);
  EXPECT_EQ(bundles().calls(), 2u) << "the manifest, the files";
}

TEST_F(BundleCacheTest, OfASecondBundleOnlyTheChangedFileIsFetched) {
  const std::string first = Tree(bundles().Add(files));
  size_t before = bundles().asked().size();
  Files changed = files;
  changed[0].content = "import c\n";
  const std::string digest = bundles().Add(changed);
  const std::string second = Tree(digest);
  auto asked = bundles().asked();
  asked.erase(asked.begin(), asked.begin() + long(before));
  EXPECT_THAT(asked, ElementsAre(digest, Sha256Hex("import c\n")));
  EXPECT_EQ(Text(second + "/a.py"), "import c\n");
  EXPECT_EQ(Text(first + "/a.py"), "import b\n");
  EXPECT_EQ(Stat(first + "/team/b.py").st_ino, Stat(second + "/team/b.py").st_ino);
  EXPECT_EQ(Mode(second + "/bin/run.sh"), 0555u);
}

TEST_F(BundleCacheTest, AnEarlierTreesFileThatWasTamperedWithIsFetchedAnew) {
  const std::string first = Tree(bundles().Add(files));
  ::chmod((first + "/a.py").c_str(), 0644);
  std::ofstream(first + "/a.py") << "import z\n";
  Files more = files;
  more.push_back({"z.py", "new"});
  EXPECT_EQ(Text(Tree(bundles().Add(more)) + "/a.py"), "import b\n");
}

TEST_F(BundleCacheTest, AFileThatBecomesExecutableIsNoLinkToTheOneThatIsNot) {
  const std::string first = Tree(bundles().Add({{"run.sh", "#!/bin/sh\n", false}}));
  const std::string second = Tree(bundles().Add({{"run.sh", "#!/bin/sh\n", true}}));
  EXPECT_EQ(Mode(first + "/run.sh"), 0444u);
  EXPECT_EQ(Mode(second + "/run.sh"), 0555u);
  EXPECT_EQ(bundles().Asked(Sha256Hex("#!/bin/sh\n")), 1u) << "the content was here";
}

TEST_F(BundleCacheTest, MoreFilesThanOneCallTakes) {
  Files many;
  for (int i = 0; i < BundleCache::kBatchDigestsMax + 5; ++i) {
    many.push_back({fmt::format("f{:05}.py", i), std::to_string(i)});
  }
  const std::string tree = Tree(bundles().Add(many));
  EXPECT_EQ(Text(tree + "/f01004.py"), "1004");
  EXPECT_EQ(bundles().calls(), 3u) << "the manifest, and two batches";
}

// What must not be believed.

TEST_F(BundleCacheTest, AWrongContentIsRefused) {
  const std::string digest = bundles().Add(files);
  bundles().Replace(Sha256Hex("import b\n"), "import e\n");
  ExpectRefused(digest, Code::kDataLoss, "a.py");
}

TEST_F(BundleCacheTest, AContentThatIsTooLongIsRefusedBeforeItsEnd) {
  const std::string digest = bundles().Add(files);
  bundles().Replace(Sha256Hex("import b\n"), std::string(1 << 20, 'x'));
  ExpectRefused(digest, Code::kDataLoss, "more than 9 bytes");
}

TEST_F(BundleCacheTest, AWrongManifestIsRefused) {
  const std::string digest = bundles().Add(files);
  bundles().Replace(digest, "something else");
  ExpectRefused(digest, Code::kDataLoss, "manifest");
}

TEST_F(BundleCacheTest, ABundleOrAFileThatTheMasterHasNotIsSaidSo) {
  ExpectRefused(Sha256Hex("nobody has it"), Code::kNotFound, home + "/master.sock");
  const std::string digest = bundles().Add(files);
  bundles().Remove(Sha256Hex("import b\n"));
  ExpectRefused(digest, Code::kNotFound, "clear the task");
  bundles().Put("import b\n");
  EXPECT_NE(Tree(digest), "") << "an error is not remembered";
}

TEST_F(BundleCacheTest, NoPathLeavesTheTree) {
  for (const std::string& path :
       {std::string("../x"), std::string("a/../../x"), std::string("/etc/x"), std::string("a//b"),
        std::string("a/"), std::string("./a"), std::string(""), std::string("a\0b", 3),
        std::string(2000, 'a'), std::string(300, 'b') + "/c"}) {
    SCOPED_TRACE(path);
    ExpectRefused(bundles().Add({{path, "evil"}}), Code::kDataLoss, "the path");
  }
  EXPECT_FALSE(fs::exists(home + "/x"));
  EXPECT_FALSE(fs::exists(home + "/bundles/x"));
}

TEST_F(BundleCacheTest, APathThatIsThereTwiceOrAFolderTooIsRefused) {
  ExpectRefused(bundles().Add({{"a", "1"}, {"a", "2"}}), Code::kDataLoss, "twice");
  ExpectRefused(bundles().Add({{"a", "1"}, {"a.py", "2"}, {"a/b/c", "3"}}), Code::kDataLoss,
                "is a file too");
}

TEST_F(BundleCacheTest, ADigestThatIsNoneNeverBecomesAPath) {
  ExpectRefused("../../etc", Code::kInvalidArgument, "no SHA-256");
  EXPECT_EQ(bundles().calls(), 0u);
}

TEST_F(BundleCacheTest, TheLimitsAreChecked) {
  auto refused = [&](const v1::Bundle& bundle, const std::string& says) {
    ExpectRefused(bundles().Put(bundle.SerializeAsString()), Code::kDataLoss, says);
  };
  auto add = [](v1::Bundle* bundle, const std::string& name, uint64_t size) {
    v1::Bundle::File& file = *bundle->add_files();
    file.set_path(name);
    file.set_digest(Sha256Hex(name));
    file.set_size(size);
  };
  v1::Bundle large, heavy, many;
  add(&large, "a", limits::kBundleFileBytesMax + 1);
  refused(large, "kBundleFileBytesMax");
  for (size_t i = 0; i * limits::kBundleFileBytesMax <= limits::kBundleBytesMax; ++i) {
    add(&heavy, std::to_string(i), limits::kBundleFileBytesMax);
  }
  refused(heavy, "kBundleBytesMax");
  for (size_t i = 0; i <= limits::kBundleFilesMax; ++i) add(&many, std::to_string(i), 1);
  refused(many, "kBundleFilesMax");
}

// The network.

TEST_F(BundleCacheTest, AServerThatDiesInTheMiddleIsNoAnswerAndWhatCameIsKept) {
  Files six;
  for (int i = 0; i < 6; ++i) six.push_back({fmt::format("f{}.py", i), std::to_string(i)});
  const std::string digest = bundles().Add(six);
  bundles().StallAfter(4);  // the manifest and three files
  auto asked = Ask(digest);
  bundles().WaitStalled();
  const std::string half = home + "/bundles/.new-" + digest;
  WaitUntil([&] { return std::distance(fs::directory_iterator(half), {}) == 3; });
  server->Shutdown();
  server->Listen();
  auto code = Answer(std::move(asked));
  ASSERT_TRUE(code.ok()) << code.status().ToString();
  for (const auto& file : six) EXPECT_EQ(Text(code->tree + "/" + file.path), file.content);
  size_t once = 0, twice = 0;
  for (const auto& file : six) {
    once += bundles().Asked(Sha256Hex(file.content)) == 1;
    twice += bundles().Asked(Sha256Hex(file.content)) == 2;
  }
  EXPECT_EQ(bundles().Asked(digest), 1u);
  EXPECT_EQ(once, 3u);
  EXPECT_EQ(twice, 3u);
}

TEST_F(BundleCacheTest, AnotherMasterTakesTheFetchOver) {
  const std::string digest = bundles().Add(files);
  bundles().StallAfter(1);
  auto asked = Ask(digest);
  bundles().WaitStalled();
  FakeMaster other(home + "/other.sock");
  other.bundles.Add(files);
  cache->SetChannel(ChannelTo(other.target()));
  EXPECT_TRUE(Answer(std::move(asked)).ok());
  EXPECT_EQ(other.bundles.Asked(digest), 0u) << "the manifest is here already";
}

TEST_F(BundleCacheTest, WithoutAMasterItWaitsForOne) {
  const std::string digest = bundles().Add(files);
  cache->SetChannel(nullptr);
  auto asked = Ask(digest);
  EXPECT_EQ(asked.wait_for(50ms), std::future_status::timeout);
  cache->SetChannel(Channel());
  EXPECT_TRUE(Answer(std::move(asked)).ok());
}

TEST_F(BundleCacheTest, AStopCutsACallThatIsUnderWayAndAnswersNobody) {
  const std::string digest = bundles().Add(files);
  bundles().StallAfter(0);
  bool called = false;
  cache->Ensure(digest, [&](const Result<DagCode>&) { called = true; });
  bundles().WaitStalled();
  cache->Stop(Clock::Real().Mono());
  EXPECT_FALSE(called);
}

// The disk.

TEST_F(BundleCacheTest, ANewProcessFindsTheTreesAndIgnoresHalfMadeOnes) {
  const std::string digest = bundles().Add(files), half = Bundled(2), cut = Bundled(3);
  const std::string tree = Tree(digest);
  const std::string home_of = home + "/bundles/";
  Tree(half);
  Tree(cut);
  fs::remove(home_of + half + ".manifest");                   // died before its last write
  std::ofstream(home_of + cut + ".manifest") << "cut short";  // or in the middle of it
  fs::create_directories(home_of + ".new-" + Sha256Hex("x") + "/sub");
  size_t calls = bundles().calls();
  Restart();
  EXPECT_THAT(OnDisk(), UnorderedElementsAre(digest, digest + ".manifest"));
  auto found = cache->Find(digest);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->tree, tree);
  EXPECT_EQ(found->folder, "/srv/dags");
  EXPECT_EQ(Text(found->tree + "/a.py"), "import b\n");
  EXPECT_EQ(bundles().calls(), calls);
}

TEST_F(BundleCacheTest, AfterAnotherBootOfTheMachineNothingIsTrusted) {
  Tree(bundles().Add(files));
  std::ofstream(home + "/bundles/boot") << "another boot";
  Restart();
  EXPECT_THAT(OnDisk(), IsEmpty());
}

TEST_F(BundleCacheTest, ATreeThatSomebodyRemovedIsFetchedAnew) {
  const std::string digest = bundles().Add(files);
  fs::remove_all(Tree(digest));
  EXPECT_FALSE(cache->Find(digest).has_value());
  EXPECT_EQ(Text(Tree(digest) + "/a.py"), "import b\n");
}

TEST_F(BundleCacheTest, TheLongestUnusedTreeGoesAndNoneThatIsHeld) {
  const AttemptId id{RunId(1), TaskIndex(0), kUnmapped, 1};
  std::vector<std::string> digests;
  for (size_t i = 0; i < BundleCache::kTreesMax; ++i) digests.push_back(Bundled(int(i)));
  for (const std::string& digest : digests) Tree(digest);
  cache->Hold(id, digests[0]);
  EXPECT_TRUE(cache->Find(digests[1]).has_value()) << "used just now";
  Tree(Bundled(100));
  EXPECT_EQ(OnDisk().size(), 2 * BundleCache::kTreesMax);
  EXPECT_FALSE(fs::exists(home + "/bundles/" + digests[2]));
  EXPECT_TRUE(cache->Find(digests[0]).has_value()) << "held";
  EXPECT_TRUE(cache->Find(digests[1]).has_value());
}

TEST_F(BundleCacheTest, WhatIsReleasedMayGoAndTheOrderOutlivesTheProcess) {
  const AttemptId id{RunId(1), TaskIndex(0), kUnmapped, 1};
  std::vector<std::string> digests;
  for (size_t i = 0; i < BundleCache::kTreesMax; ++i) {
    digests.push_back(Bundled(int(i)));
    Tree(digests.back());
  }
  cache->Hold(id, digests[3]);
  cache->Release(id);
  for (const std::string& digest : digests) {
    if (digest == digests[3]) continue;
    EXPECT_TRUE(cache->Find(digest).has_value());
  }
  Restart();
  cache->SetChannel(Channel());
  Tree(Bundled(100));
  EXPECT_FALSE(cache->Find(digests[3]).has_value());
  EXPECT_TRUE(cache->Find(digests[0]).has_value());
}

TEST_F(BundleCacheTest, ADiskThatRefusesIsTheHostsFault) {
  const std::string digest = bundles().Add(files);
  fs::rename(home + "/bundles", home + "/away");
  std::ofstream(home + "/bundles") << "no folder";
  auto refused = Get(digest);
  EXPECT_EQ(refused.status().code(), Code::kUnavailable) << refused.status().ToString();
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr(home + "/bundles/.new-"));
  fs::remove(home + "/bundles");
  fs::rename(home + "/away", home + "/bundles");
  EXPECT_TRUE(Get(digest).ok());
}

}  // namespace
}  // namespace gale::worker
