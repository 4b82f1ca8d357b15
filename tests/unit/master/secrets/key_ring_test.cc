#include "master/secrets/key_ring.h"

#include <gtest/gtest.h>

#include "tests/support/memory_files.h"

namespace gale {
namespace {

constexpr SealPlace kPlace = {"variable", "v", "value"};

KeyRing NewRing() { return KeyRing().WithNewKey().value(); }

TEST(KeyRing, OpensWhatItSealedAndNothingElse) {
  const KeyRing ring = NewRing();
  const std::string id = ring.ids().front();
  EXPECT_EQ(id.size(), 16u);
  const std::string long_text(1 << 20, 'x');
  for (const std::string& text : {std::string(), std::string("a\0b", 3), long_text}) {
    EXPECT_EQ(*ring.Open(id, kPlace, ring.Seal(id, kPlace, text)), text);
  }
  const std::string sealed = ring.Seal(id, kPlace, "hush");
  EXPECT_NE(sealed, ring.Seal(id, kPlace, "hush")) << "no two seals are alike";
  EXPECT_EQ(sealed.find("hush"), std::string::npos);

  std::string changed = sealed;
  changed[20] = changed[20] == 'A' ? 'B' : 'A';
  for (const std::string& bad : {changed, sealed.substr(0, 30), std::string("?"), std::string()}) {
    EXPECT_EQ(ring.Open(id, kPlace, bad).status().code(), Code::kDataLoss) << bad;
  }
  for (const SealPlace& other : {SealPlace{"variable", "w", "value"},
                                 {"variable", "v", "extra"},
                                 {"connection", "v", "value"},
                                 {"variablev", "", "value"}}) {
    EXPECT_EQ(ring.Open(id, other, sealed).status().code(), Code::kDataLoss) << "moved";
  }
  EXPECT_EQ(NewRing().Open(id, kPlace, sealed).status().code(), Code::kFailedPrecondition);
}

TEST(KeyRing, TheFirstOfItsFileIsTheNewestAndAllOpen) {
  const KeyRing first = NewRing();
  const std::string sealed = first.Seal(first.ids().front(), kPlace, "hush");
  const KeyRing both = *KeyRing::Parse(first.WithNewKey()->ToText(), "f");
  ASSERT_EQ(both.ids().size(), 2u);
  EXPECT_EQ(both.ids()[1], first.ids()[0]);
  EXPECT_EQ(*both.Open(both.ids()[1], kPlace, sealed), "hush");
  EXPECT_EQ(both.Only(both.ids()[0]).ids().size(), 1u);
  KeyRing many = first;
  while (many.ids().size() < KeyRing::kKeysMax) many = *many.WithNewKey();
  EXPECT_EQ(many.WithNewKey().status().code(), Code::kResourceExhausted);
}

TEST(KeyRing, AFileThatHoldsNoKeyIsRefusedByItsNameAndLine) {
  EXPECT_EQ(KeyRing::Parse("# nothing\n\n", "/h/secrets.key").status().message(),
            "/h/secrets.key: holds no key of secrets: put the file back as it was");
  EXPECT_EQ(
      KeyRing::Parse("# keys\nc2hvcnQ=\n", "/h/secrets.key").status().message(),
      "/h/secrets.key, line 2: is no key of secrets (32 bytes in base64 are): put the file back "
      "as it was");
}

TEST(KeyFile, IsMadeOnceForItsOwnerAlone) {
  MemoryFiles files;
  ASSERT_TRUE(files.EnsureFolder("/h").ok());
  EXPECT_EQ(ReadKeyFile(files, "/h/secrets.key").status().code(), Code::kNotFound);
  const KeyRing made = *MakeKeyFile(files, "/h/secrets.key");
  EXPECT_EQ(MakeKeyFile(files, "/h/secrets.key")->ids(), made.ids());
  EXPECT_EQ(files.Look("/h/secrets.key")->st_mode & 0777, 0600u);
  EXPECT_EQ(files.List("/h")->size(), 1u);
}

}  // namespace
}  // namespace gale
