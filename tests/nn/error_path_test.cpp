// An error says in which module it arose.
#include <gtest/gtest.h>

#include "nn/nets.h"

namespace cresset::test {
namespace {

struct Fails : nn::Module {
  CRESSET_MODULE()
  Tensor forward(const Tensor&) override { throw ShapeError("op: wrong shape"); }
};
struct Block : nn::Module {
  Affine good;
  Fails bad;
  CRESSET_MODULE(good, bad)
  Tensor forward(const Tensor& input) override { return bad(good(input).reshape({1, -1})); }
};
struct Net : nn::Module {
  std::vector<Block> blocks = std::vector<Block>(2);
  CRESSET_MODULE(blocks)
  Tensor forward(const Tensor& input) override { return blocks[1](input); }
};

TEST(ErrorPath, OfAModuleAlone) {
  EXPECT_EQ(message_of<ShapeError>([] { Fails()(zeros({4, 300})); }), "op: wrong shape\nin Fails, input [4, 300]");
}

TEST(ErrorPath, FromTheOutermostModuleToTheInnermost) {
  EXPECT_EQ(message_of<ShapeError>([] { Net()(zeros({2})); }),
            "op: wrong shape\nin Net.blocks.1.bad (Fails), input [1, 2]");
}

TEST(ErrorPath, OfTheSecondErrorOwesNothingToTheFirst) {
  Net net;
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(message_of<ShapeError>([&] { net(zeros({2})); }),
              "op: wrong shape\nin Net.blocks.1.bad (Fails), input [1, 2]");
  EXPECT_EQ(message_of<ShapeError>([&] { net.blocks[0].bad(zeros({5})); }), "op: wrong shape\nin Fails, input [5]");
}

TEST(ErrorPath, ThroughSequentialsAndCopies) {
  nn::Sequential net{{"body", nn::Sequential{Affine(), Fails()}}};
  EXPECT_EQ(message_of<ShapeError>([&] { net(zeros({2})); }),
            "op: wrong shape\nin Sequential.body.1 (Fails), input [2]");
  struct CallsACopy : nn::Module {
    Fails inner;
    CRESSET_MODULE(inner)
    Tensor forward(const Tensor& input) override {
      Fails copy = inner;
      return copy(input);
    }
  };
  EXPECT_EQ(message_of<ShapeError>([&] { CallsACopy()(zeros({2})); }),
            "op: wrong shape\nin CallsACopy.inner (Fails), input [2]");
}

TEST(ErrorPath, InTheParentsOwnCodeAndOfAModuleThatIsNoMember) {
  struct Own : nn::Module {
    Affine child;
    CRESSET_MODULE(child)
    Tensor forward(const Tensor& input) override {
      child(input);
      throw ValueError("mine");
    }
  };
  EXPECT_EQ(message_of<ValueError>([] { Own()(zeros({2})); }), "mine\nin Own, input [2]");
  struct Temporary : nn::Module {
    CRESSET_MODULE()
    Tensor forward(const Tensor& input) override { return Fails()(input); }
  };
  EXPECT_EQ(message_of<ShapeError>([] { Temporary()(zeros({2})); }),
            "op: wrong shape\nin Fails, input [2]\nin Temporary, input [2]");
}

TEST(ErrorPath, AHandledErrorLeavesNoTrace) {
  struct Tries : nn::Module {
    Fails bad;
    CRESSET_MODULE(bad)
    Tensor forward(const Tensor& input) override {
      try {
        bad(input);
      } catch (const ShapeError&) {
      }
      throw ShapeError("another");
    }
  };
  EXPECT_EQ(message_of<ShapeError>([] { Tries()(zeros({2})); }), "another\nin Tries, input [2]");
}

TEST(ErrorPath, OfSeveralInputs) {
  struct Loss : nn::ModuleOf<Tensor(const Tensor&, const Tensor&, int)> {
    CRESSET_MODULE()
    Tensor forward(const Tensor&, const Tensor&, int) override { throw ValueError("no"); }
  };
  EXPECT_EQ(message_of<ValueError>([] { Loss()(zeros({4, 10}), zeros({4}), 3); }), "no\nin Loss, input [4, 10], [4]");
}

TEST(ErrorPath, OfALayersOwnError) {
  nn::Sequential net{nn::Linear{3, 2}};
  const std::string message = message_of<ShapeError>([&] { net(zeros({4, 300})); });
  EXPECT_TRUE(message.ends_with("\nin Sequential.0 (Linear), input [4, 300]")) << message;
}

}  // namespace
}  // namespace cresset::test
