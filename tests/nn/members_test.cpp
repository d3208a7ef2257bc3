// What a module lists, under which names and in which order.
#include <gmock/gmock.h>

#include "nn/nets.h"

namespace cresset::test {
namespace {

using testing::ElementsAre;

template <class T>
std::vector<std::string> names(const std::vector<T>& items) {
  std::vector<std::string> result;
  for (const auto& item : items) result.push_back(item.name);
  return result;
}

TEST(Members, ParametersBuffersAndModulesByTheirPaths) {
  Two net;
  EXPECT_THAT(names(net.named_parameters()), ElementsAre("first.scale", "second.scale"));
  EXPECT_THAT(names(net.named_buffers()), ElementsAre("first.offset", "second.offset"));
  EXPECT_THAT(names(net.named_modules()), ElementsAre("", "first", "second"));
  EXPECT_THAT(names(net.named_children()), ElementsAre("first", "second"));
  EXPECT_EQ(net.parameters().size(), 2u);
  EXPECT_EQ(net.buffers().size(), 2u);
  EXPECT_EQ(net.modules().size(), 3u);
  EXPECT_EQ(net.children().size(), 2u);
  EXPECT_TRUE(net.named_parameters(false).empty());
  EXPECT_THAT(names(net.first.named_parameters(false)), ElementsAre("scale"));
}

TEST(Members, StateDictHasParametersBeforeBuffersBeforeChildren) {
  struct Mixed : nn::Module {
    Affine child;
    nn::Buffer buffer{zeros({1})};
    nn::Parameter parameter{zeros({1})};
    CRESSET_MODULE(child, buffer, parameter)
    Tensor forward(const Tensor& input) override { return input; }
  } net;
  EXPECT_THAT(net.state_dict().keys(), ElementsAre("parameter", "buffer", "child.scale", "child.offset"));
  EXPECT_THAT(names(net.named_parameters()), ElementsAre("parameter", "child.scale"));
}

TEST(Members, OptionalsVectorsAndArrays) {
  struct Many : nn::Module {
    std::optional<Affine> there{std::in_place};
    std::optional<Affine> absent;
    std::vector<Affine> layers = std::vector<Affine>(2);
    std::array<Affine, 1> pair;
    Affine plain[2];
    std::vector<nn::Parameter> weights = {nn::Parameter(zeros({1})), nn::Parameter()};
    std::optional<nn::Buffer> buffer{zeros({1})};
    std::vector<std::vector<nn::ReLU>> nested = {{nn::ReLU()}, {nn::ReLU(), nn::ReLU()}};
    CRESSET_MODULE(there, absent, layers, pair, plain, weights, buffer, nested)
    Tensor forward(const Tensor& input) override { return input; }
  } net;
  EXPECT_THAT(names(net.named_parameters()), ElementsAre("weights.0", "there.scale", "layers.0.scale", "layers.1.scale",
                                                         "pair.0.scale", "plain.0.scale", "plain.1.scale"));
  EXPECT_THAT(names(net.named_children()), ElementsAre("there", "layers.0", "layers.1", "pair.0", "plain.0", "plain.1",
                                                       "nested.0.0", "nested.1.0", "nested.1.1"));
}

TEST(Members, MoreThanSixtyFourNames) {
  struct Wide : nn::Module {
    nn::ReLU a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, c6,
        c7, c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, e0, e1, e2, e3, e4, e5, e6, e7, e8, e9, f0, f1, f2, f3, f4,
        f5, f6, f7, f8, f9, g0, g1, g2, g3, g4;
    CRESSET_MODULE(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4,
                   c5, c6, c7, c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, e0, e1, e2, e3, e4, e5, e6, e7, e8, e9,
                   f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, g0, g1, g2, g3, g4)
    Tensor forward(const Tensor& input) override { return input; }
  } net;
  const auto children = names(net.named_children());
  ASSERT_EQ(children.size(), 65u);
  EXPECT_EQ(children.front(), "a0");
  EXPECT_EQ(children.back(), "g4");
}

TEST(Members, APersistentBufferIsSavedAnotherIsNot) {
  struct Net : nn::Module {
    nn::Buffer saved{zeros({1})}, scratch{zeros({1}), false};
    CRESSET_MODULE(saved, scratch)
    Tensor forward(const Tensor& input) override { return input; }
  } net;
  EXPECT_THAT(net.state_dict().keys(), ElementsAre("saved"));
  EXPECT_EQ(net.buffers().size(), 2u);
}

TEST(Members, ClassTemplatesAndSubclassesThatListTheirBasesMembers) {
  struct Wider : Two {
    nn::Parameter extra{zeros({1})};
    CRESSET_MODULE(first, second, extra)
  } net;
  EXPECT_THAT(names(net.named_parameters()), ElementsAre("extra", "first.scale", "second.scale"));
  EXPECT_EQ(net.class_name(), "Wider");
}

TEST(Members, AParameterSharesStorageNotHistory) {
  const Tensor data = ones({2}, {.requires_grad = true}) * 2;
  const nn::Parameter parameter(data);
  EXPECT_TRUE(parameter.is_leaf());
  EXPECT_TRUE(parameter.requires_grad());
  EXPECT_TRUE(parameter.is_view_of_same_storage(data));
  EXPECT_FALSE(nn::Parameter(data, false).requires_grad());
}

// ---- what is forgotten

struct NoMacro : nn::Module {
  Tensor forward(const Tensor& input) override { return input; }
};
struct SubclassWithoutMacro : Two {
  Affine third;
};
struct Forgets : nn::Module {
  Affine listed, forgotten;
  nn::Parameter weight{zeros({2, 3})};
  nn::Buffer statistics{zeros({4})};
  CRESSET_MODULE(listed)
  Tensor forward(const Tensor& input) override { return input; }
};
struct ForgetsItsBases : Two {
  Affine third;
  CRESSET_MODULE(third)
};
struct HidesInAVector : nn::Module {
  std::vector<nn::ReLU> layers = std::vector<nn::ReLU>(1);
  CRESSET_MODULE()
  Tensor forward(const Tensor& input) override { return input; }
};
struct HasAForgetfulChild : nn::Module {
  Forgets child;
  CRESSET_MODULE(child)
  Tensor forward(const Tensor& input) override { return input; }
};

const char* const kNoMacro =
    ": every class of module needs CRESSET_MODULE(…) with all its members, those of its base classes included; ";
const char* const kForgotten =
    ": CRESSET_MODULE(…) must list every module, parameter and buffer of the class and its base classes, but not "
    "listed: ";

TEST(ForgottenMembers, AClassWithoutTheMacroIsNamed) {
  EXPECT_EQ(message_of<ValueError>([] { NoMacro()(zeros({1})); }),
            std::string("NoMacro") + kNoMacro + "NoMacro has none of its own");
  EXPECT_EQ(message_of<ValueError>([] { SubclassWithoutMacro().parameters(); }),
            std::string("SubclassWithoutMacro") + kNoMacro + "SubclassWithoutMacro has none of its own");
  EXPECT_EQ(message_of<ValueError>([] { NoMacro().alias_copy(); }),
            "NoMacro: a class of module needs CRESSET_MODULE(…) to be copied");
}

TEST(ForgottenMembers, AnUnlistedMemberIsNamedByItsClass) {
  EXPECT_EQ(message_of<ValueError>([] { Forgets().state_dict(); }),
            std::string("Forgets") + kForgotten + "a Affine, a Parameter of shape [2, 3], a Buffer of shape [4]");
  EXPECT_EQ(message_of<ValueError>([] { HidesInAVector().to(kFloat64); }),
            std::string("HidesInAVector") + kForgotten + "a ReLU");
}

TEST(ForgottenMembers, TheBasesMembersTooAndTheClassAtFaultIsNamed) {
  EXPECT_EQ(message_of<ValueError>([] { ForgetsItsBases()(zeros({2})); }),
            std::string("ForgetsItsBases") + kForgotten + "a Affine, a Affine");
  EXPECT_TRUE(message_of<ValueError>([] { HasAForgetfulChild().parameters(); }).starts_with("Forgets:"));
}

TEST(ForgottenMembers, EveryWayOfUseFindsThem) {
  EXPECT_THROW(Forgets()(zeros({1})), ValueError);
  EXPECT_THROW(Forgets().parameters(), ValueError);
  EXPECT_THROW(Forgets().buffers(), ValueError);
  EXPECT_THROW(Forgets().children(), ValueError);
  EXPECT_THROW(Forgets().modules(), ValueError);
  EXPECT_THROW(Forgets().train(), ValueError);
  EXPECT_THROW(Forgets().zero_grad(), ValueError);
  EXPECT_THROW(Forgets().requires_grad_(false), ValueError);
  EXPECT_THROW(Forgets().apply([](nn::ModuleBase&) {}), ValueError);
  EXPECT_THROW(Forgets().load_state_dict({}), ValueError);
  EXPECT_THROW(Forgets().clone(), ValueError);
  EXPECT_THROW(Forgets().str(), ValueError);
  EXPECT_THROW((nn::Sequential{Forgets()}.parameters()), ValueError);
}

TEST(ForgottenMembers, AMemberThatComesLaterIsFoundToo) {
  nn::Sequential net{Affine()};
  EXPECT_EQ(net.parameters().size(), 1u);
  net.push_back(Forgets());
  EXPECT_THROW(net.parameters(), ValueError);
}

TEST(ForgottenMembers, OtherMembersNeedNoListing) {
  struct Net : nn::Module {
    Affine child;
    int count = 0;
    std::vector<double> numbers = {1, 2};
    Tensor scratch;
    std::shared_ptr<int> shared;
    CRESSET_MODULE(child)
    Tensor forward(const Tensor& input) override {
      ++count;
      return child(input);
    }
  } net;
  net(zeros({2}));
  EXPECT_EQ(net.count, 1);
  EXPECT_EQ(net.parameters().size(), 1u);
}

}  // namespace
}  // namespace cresset::test
