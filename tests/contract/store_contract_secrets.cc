// The contract's part about variables and connections: what a write wants to find there holds, whoever
// else writes, and nothing is sealed by a key that was given up.
#include <gmock/gmock.h>

#include <thread>

#include "tests/contract/sample_rows.h"
#include "tests/contract/store_contract.h"

namespace gale {
namespace {

using namespace testing_rows;  // NOLINT
using testing::ElementsAre;

VariableRow Variable(std::string key, std::string value, std::string sealed_by = "k1") {
  return {std::move(key), std::move(value), "", std::move(sealed_by)};
}
ConnectionRow FullConnection(std::string conn_id) {
  return {std::move(conn_id),
          "postgres",
          "the warehouse",
          "db.example",
          "public",
          "me",
          5432,
          "sealed-1",
          "sealed-2",
          "k1"};
}

std::string Keys(SecretRows<VariableRow>& variables, const SecretQuery& query) {
  const Result<Page<VariableRow>> page = variables.List(query);
  if (!page.ok()) return page.status().ToString();
  std::string text;
  for (const VariableRow& row : page->rows) text += row.key + " ";
  return text + fmt::format("of {}", page->total);
}

SecretQuery Query(uint32_t limit, uint32_t offset, std::vector<std::string> order_by) {
  SecretQuery query;
  query.limit = limit;
  query.offset = offset;
  query.order_by = std::move(order_by);
  return query;
}

TEST_P(StoreContract, ASecretIsReadBackAsItWasWritten) {
  ASSERT_EQ(store_->variables().Get("a")->has_value(), false);
  const VariableRow full{"a key, \xf0\x9f\x9a\x80", "sealed", "what it is\nfor", "k1"};
  const std::vector<SecretWrite<VariableRow>> writes = {{full}};
  EXPECT_THAT(*store_->variables().Write(writes, ""), ElementsAre(Written::kDone));
  EXPECT_TRUE(Same(store_->variables().Get(full.key)->value(), full));
  EXPECT_EQ(store_->variables().Get("A KEY, \xf0\x9f\x9a\x80")->has_value(), false);

  ConnectionRow bare = FullConnection("bare");
  bare.port.reset();
  bare.host = bare.schema = bare.login = bare.description = "";
  const std::vector<SecretWrite<ConnectionRow>> both = {{FullConnection("full")}, {bare}};
  EXPECT_THAT(*store_->connections().Write(both, ""), ElementsAre(Written::kDone, Written::kDone));
  EXPECT_TRUE(Same(store_->connections().Get("full")->value(), FullConnection("full")));
  EXPECT_TRUE(Same(store_->connections().Get("bare")->value(), bare));
  EXPECT_EQ(store_->connections().List({})->total, 2u);

  EXPECT_TRUE(*store_->connections().Delete("full", std::nullopt));
  EXPECT_FALSE(*store_->connections().Delete("full", std::nullopt));
  EXPECT_EQ(store_->connections().List({})->total, 1u);
}

TEST_P(StoreContract, AWriteIsDoneOnlyIfThereIsWhatItWants) {
  SecretRows<VariableRow>& variables = store_->variables();
  const VariableRow first = Variable("v", "s1"), second = Variable("v", "s2");
  EXPECT_THAT(*variables.Write({{second, Before::kThis, "s1"}}, ""),
              ElementsAre(Written::kMissing));
  EXPECT_THAT(*variables.Write({{first, Before::kNothing}, {second, Before::kNothing}}, ""),
              ElementsAre(Written::kDone, Written::kExists));
  EXPECT_EQ(variables.Get("v")->value().value, "s1");
  EXPECT_THAT(*variables.Write({{second, Before::kThis, "s1"}, {first, Before::kThis, "s1"}}, ""),
              ElementsAre(Written::kDone, Written::kChanged));
  EXPECT_EQ(variables.Get("v")->value().value, "s2");
  EXPECT_THAT(*variables.Write({{Variable("v", "s3")}}, ""), ElementsAre(Written::kDone));
  EXPECT_EQ(variables.Get("v")->value().value, "s3");
}

TEST_P(StoreContract, ASecretsWriteAndItsEventAreOne) {
  const EventRow event = {.when = At(1), .owner = "admin", .event = "put_variable", .extra = "v"};
  SecretRows<VariableRow>& variables = store_->variables();
  SecretWrite<VariableRow> write = {Variable("v", "s1"), Before::kNothing, "", event};
  EXPECT_THAT(*variables.Write({write}, ""), ElementsAre(Written::kDone));
  write.row.value = "s2";
  EXPECT_THAT(*variables.Write({write}, ""), ElementsAre(Written::kExists));
  EXPECT_TRUE(*variables.Delete("v", event));
  EXPECT_FALSE(*variables.Delete("v", event));
  const std::vector<EventRow> rows = store_->reads().ListEvents({})->rows;
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(TieEvent(rows[0]), TieEvent(event));
  EXPECT_LT(rows[0].id, rows[1].id);
}

TEST_P(StoreContract, OfManyWhoAddOneSecretOneDoes) {
  constexpr int kThreads = 4;
  std::vector<Written> done(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        done[i] = store_->variables()
                      .Write({{Variable("v", fmt::format("s{}", i)), Before::kNothing}}, "")
                      .value()
                      .front();
      });
    }
  }
  EXPECT_EQ(std::ranges::count(done, Written::kDone), 1);
  EXPECT_EQ(std::ranges::count(done, Written::kExists), kThreads - 1);
}

TEST_P(StoreContract, NothingIsSealedByAKeyThatWasGivenUp) {
  SecretRows<VariableRow>& variables = store_->variables();
  ASSERT_TRUE(store_->PutSetting(std::string(kSealKeySetting), "k1 check").ok());
  EXPECT_TRUE(variables.Write({{Variable("a", "s1")}, {Variable("b", "s2")}}, "k1 check").ok());
  ASSERT_TRUE(store_->PutSetting(std::string(kSealKeySetting), "k2 check").ok());
  EXPECT_EQ(variables.Write({{Variable("a", "s3")}}, "k1 check").status().code(), Code::kAborted);
  EXPECT_EQ(variables.Get("a")->value().value, "s1");

  // What a rotation does; a row that somebody changed meanwhile is left alone.
  const std::vector<VariableRow> former = variables.NotSealedBy("k2", "", 10).value();
  ASSERT_EQ(former.size(), 2u);
  EXPECT_EQ(variables.NotSealedBy("k2", "", 1)->size(), 1u);
  EXPECT_EQ(variables.NotSealedBy("k2", "a", 10)->size(), 1u);
  EXPECT_TRUE(variables.Write({{Variable("b", "newer", "k2")}}, "k2 check").ok());
  EXPECT_THAT(*variables.Write({{Variable("a", "again", "k2"), Before::kThis, former[0].value},
                                {Variable("b", "older", "k2"), Before::kThis, former[1].value}},
                               "k2 check"),
              ElementsAre(Written::kDone, Written::kChanged));
  EXPECT_EQ(variables.Get("b")->value().value, "newer");
  EXPECT_TRUE(variables.NotSealedBy("k2", "", 10)->empty());
}

TEST_P(StoreContract, SecretsAreListedInPagesByOrderAndPattern) {
  std::vector<SecretWrite<VariableRow>> writes;
  for (const char* key : {"b_x", "a", "c", "B", "d_X"}) writes.push_back({Variable(key, key)});
  writes[1].row.description = "z";
  ASSERT_TRUE(store_->variables().Write(writes, "").ok());
  SecretRows<VariableRow>& variables = store_->variables();
  EXPECT_EQ(Keys(variables, {}), "B a b_x c d_X of 5");
  EXPECT_EQ(Keys(variables, Query(2, 1, {})), "a b_x of 5");
  EXPECT_EQ(Keys(variables, Query(2, 0, {"-key"})), "d_X c of 5");
  EXPECT_EQ(Keys(variables, Query(2, 0, {"-description"})), "a d_X of 5");  // ties descend
  SecretQuery with_x;
  with_x.pattern = "_x";
  EXPECT_EQ(Keys(variables, with_x), "b_x d_X of 2");
  with_x.after = "b_x";
  EXPECT_EQ(Keys(variables, with_x), "d_X of 2");
  EXPECT_EQ(variables.List(Query(2, 0, {"value"})).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace gale
