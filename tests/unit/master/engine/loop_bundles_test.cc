// Which bundle a task's code comes from.
#include "tests/unit/master/engine/loop_fixture.h"

namespace gale {
namespace {

std::string Digest(char letter) { return std::string(64, letter); }

class Bundles : public LoopTest {
 protected:
  // The folder is now this bundle, and "/dags/f.py" is about to be read.
  void FolderChanges(char letter, std::set<std::string> unread = {"/dags/f.py"}) {
    MustTurn([&](Loop& l) { l.SetBundle(Digest(letter), unread); });
  }
  static DagSpec FileDag(const std::string& id) {
    DagSpec dag = MakeDag(id);
    dag.fileloc = "/dags/f.py";
    return dag;
  }
  // What a task of this DAG, started now, gets: the digest's letter.
  std::string Granted(const std::string& dag = "d") {
    auto link = Connect(Hello("w" + std::to_string(++workers_)));
    MustTrigger(dag);
    MustTurn([&](Loop& l) { l.OnWant(link, 1); });
    EXPECT_EQ(link->bundles.size(), 1u);
    MustTurn([&](Loop& l) { l.OnFinished(link, Ended(link->grants.at(0))); });
    MustTurn([&](Loop& l) { l.OnGoodbye(link); });
    return link->bundles.at(0).substr(0, 1);
  }
  int workers_ = 0;
};

TEST_F(Bundles, ATaskGetsTheFolderAsItIs) {
  Know({FileDag("d")});
  EXPECT_EQ(Granted(), "") << "there is none yet";
  FolderChanges('a', {});
  EXPECT_EQ(Granted(), "a");
  FolderChanges('b', {});  // a template of its, say
  EXPECT_EQ(Granted(), "b");
  Restart();
  EXPECT_EQ(Granted(), "b");
}

TEST_F(Bundles, UntilAChangedFileIsReadItsDagsKeepWhatTheyAreMadeOf) {
  Know({FileDag("d")});
  FolderChanges('a', {});
  FolderChanges('b');
  EXPECT_EQ(Granted(), "a");
  Restart();
  EXPECT_EQ(Granted(), "a");
  Know({FileDag("d")});  // its meaning is the same
  EXPECT_EQ(Granted(), "b");
}

TEST_F(Bundles, ABrokenFileTakesNothingAway) {
  Know({FileDag("d")});
  FolderChanges('a', {});
  FolderChanges('b');
  MustTurn([](Loop& l) { l.ReportFile({.fileloc = "/dags/f.py", .error = "SyntaxError"}); });
  FolderChanges('c');  // something else, too, while it is broken
  EXPECT_EQ(Granted(), "a");
  Restart();
  EXPECT_EQ(Granted(), "a");
  Know({FileDag("d")});
  EXPECT_EQ(Granted(), "c");
}

TEST_F(Bundles, ARunGoesOnWithTheCodeOfItsVersion) {
  Know({FileDag("d")});
  FolderChanges('a', {});
  const RunRow old = MustTrigger("d");
  FolderChanges('b');
  Know({FileDag("d")}, "2");
  EXPECT_EQ(old.version, 1);
  Restart();
  auto link = Connect(Hello("w", 1));
  MustTurn([&](Loop& l) { l.OnWant(link, 1); });
  ASSERT_EQ(link->grants.size(), 1u);
  EXPECT_EQ(link->grants[0].run, old.id);
  EXPECT_EQ(link->bundles[0], Digest('a'));
  MustTurn([&](Loop& l) { l.OnFinished(link, Ended(link->grants.at(0))); });
  MustTurn([&](Loop& l) { l.OnGoodbye(link); });
  EXPECT_EQ(Granted(), "b");
}

// The version that nobody needs any more was forgotten, and asked for its bundle, in one turn.
TEST_F(Bundles, AVersionThatIsReplacedInTheTurnThatTidiesUpKeepsItsBundle) {
  Know({FileDag("d"), FileDag("e")});
  MustTrigger("e");  // queued: the sweep has something to compare
  FolderChanges('a', {});
  clock_.Advance(options_.sweep_interval);
  Know({FileDag("d"), FileDag("e")}, "2");
  EXPECT_EQ(store_.reads().GetDagVersion("d", 1)->bundle, Digest('a'));
  EXPECT_EQ(store_.reads().GetDagVersion("d", 2)->bundle, "");
}

TEST_F(Bundles, ADagWhoseFileIsGoneKeepsItsCode) {
  Know({FileDag("d")});
  FolderChanges('a', {});
  const RunRow run = MustTrigger("d");
  MustTurn([](Loop& l) { l.ReportFileGone("/dags/f.py"); });
  FolderChanges('b', {});
  auto link = Connect(Hello("w", 1));
  MustTurn([&](Loop& l) { l.OnWant(link, 1); });
  ASSERT_EQ(link->grants.size(), 1u);
  EXPECT_EQ(link->grants[0].run, run.id);
  EXPECT_EQ(link->bundles[0], Digest('a'));
}

TEST_F(Bundles, WhatCameFromNoFileNeedsNone) {
  FolderChanges('a', {});
  MustTurn([&](Loop& l) {
    DagSpec dag = MakeDag("sent");
    dag.fileloc = "grpc:sent";
    l.ReportFile(File("grpc:sent", {dag}));
  });
  EXPECT_EQ(Granted("sent"), "");
}

TEST_F(Bundles, OnTheMastersOwnHostTheFolderItselfIsAtHand) {
  Know({FileDag("d")});
  FolderChanges('a', {});
  MustTrigger("d");
  auto link = std::make_shared<ToldLink>();
  link->near = true;
  MustTurn([&](Loop& l) { l.OnHello(link, Hello("w")); });
  EXPECT_EQ(link->bundles, std::vector<std::string>{""});
}

TEST_F(Bundles, AFileThatMovesIsAnotherVersion) {
  Know({FileDag("d")});
  MustTurn([](Loop& l) { l.ReportFileGone("/dags/f.py"); });
  DagSpec moved = FileDag("d");
  moved.fileloc = "/dags/g.py";
  MustTurn([&](Loop& l) { l.ReportFile(File("/dags/g.py", {moved})); });
  EXPECT_EQ(store_.reads().GetDag("d")->version, 2);
}

}  // namespace
}  // namespace gale
