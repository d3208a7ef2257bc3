// state_dict() and load_state_dict(), with PyTorch's words.
#include <cresset/optim.h>
#include <gmock/gmock.h>

#include <sstream>

#include "nn/nets.h"

namespace cresset::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string printed(const nn::IncompatibleKeys& keys) {
  std::ostringstream out;
  out << keys;
  return out.str();
}

TEST(StateDict, SharesStorageAndHasNoHistory) {
  Affine net;
  const StateDict dict = net.state_dict();
  EXPECT_TRUE(dict.at("scale").is_view_of_same_storage(net.scale));
  EXPECT_FALSE(dict.at("scale").requires_grad());
  nn::init::constant_(net.scale, 5);
  EXPECT_EQ(dict.at("scale")[0].item(), 5);
}

TEST(StateDict, IsAnOrderedMap) {
  StateDict dict{{"b", ones({1})}, {"a", zeros({1})}};
  dict["c"] = ones({2});
  dict.set("b", zeros({3}));
  EXPECT_THAT(dict.keys(), ElementsAre("b", "a", "c"));
  EXPECT_EQ(dict.at("b").numel(), 3);
  EXPECT_TRUE(dict.erase("b"));
  EXPECT_FALSE(dict.erase("b"));
  EXPECT_THAT(dict.keys(), ElementsAre("a", "c"));
  EXPECT_EQ(dict.at("c").numel(), 2);
  EXPECT_EQ(dict.find("b"), nullptr);
  StateDict outer;
  outer.merge("model.", dict);
  EXPECT_THAT(outer.keys(), ElementsAre("model.a", "model.c"));
  EXPECT_THAT(outer.sub_dict("model.").keys(), ElementsAre("a", "c"));
  EXPECT_EQ(message_of<ValueError>([&] { dict.at("weight"); }), "StateDict: there is no \"weight\"");
}

TEST(LoadStateDict, ChangesValuesNotObjects) {
  Two from, to;
  nn::init::constant_(from.first.scale, 11);
  Two copy = to;
  const Tensor weight = to.first.scale;
  optim::SGD opt{to.parameters(), {.lr = 1}};
  EXPECT_EQ(printed(to.load_state_dict(from.state_dict())), "<All keys matched successfully>");
  EXPECT_EQ(weight[0].item(), 11);
  EXPECT_TRUE(copy.first.scale.is_same(weight));
  EXPECT_FALSE(weight.is_view_of_same_storage(from.first.scale));
  EXPECT_TRUE(weight.requires_grad());
}

TEST(LoadStateDict, ConvertsTheDType) {
  Affine net;
  net.load_state_dict({{"scale", tensor({0.5, 1.5}, {.dtype = kFloat64})}, {"offset", tensor({1, 2})}});
  EXPECT_EQ(net.scale.dtype(), kFloat32);
  EXPECT_EQ(net.scale[1].item(), 1.5);
  EXPECT_EQ(net.offset[1].item(), 2);
}

TEST(LoadStateDict, MissingUnexpectedAndMismatchedInPyTorchsWords) {
  Two net;
  EXPECT_EQ(message_of<ValueError>([&] {
              net.load_state_dict({{"first.scale", zeros({3, 1})},
                                   {"first.offset", zeros({2})},
                                   {"second.scale", zeros({2})},
                                   {"other.weight", zeros({2})},
                                   {"x", zeros({2})}});
            }),
            "Error(s) in loading state_dict for Two:\n"
            "\tMissing key(s) in state_dict: \"second.offset\". \n"
            "\tUnexpected key(s) in state_dict: \"other.weight\", \"x\". \n"
            "\tsize mismatch for first.scale: copying a param with shape torch.Size([3, 1]) from checkpoint, the shape "
            "in current model is torch.Size([2]).");
  EXPECT_EQ(net.first.offset[0].item(), 1) << "an error changes nothing";
  EXPECT_EQ(net.second.scale[0].item(), 2) << "an error changes nothing";
}

// PyTorch 2.15 wrote this of the same module and names.
TEST(LoadStateDict, ListsEverythingAtOnceInPyTorchsOrder) {
  Two net;
  const auto z = [](const Shape& shape) { return zeros(shape); };
  EXPECT_EQ(message_of<ValueError>([&] {
              net.load_state_dict({{"second.extra", z({1})},
                                   {"first.scale", z({3, 1})},
                                   {"third.scale", z({1})},
                                   {"second.offset", z({})},
                                   {"first.scale.more", z({1})},
                                   {"second.scale", z({2})},
                                   {"x", z({2})},
                                   {"second.deep.er", z({1})},
                                   {"first.more", z({1})}});
            }),
            "Error(s) in loading state_dict for Two:\n"
            "\tMissing key(s) in state_dict: \"first.offset\". \n"
            "\tUnexpected key(s) in state_dict: \"third.scale\", \"x\", \"first.scale.more\", \"first.more\", "
            "\"second.extra\", \"second.deep.er\". \n"
            "\tsize mismatch for first.scale: copying a param with shape torch.Size([3, 1]) from checkpoint, the shape "
            "in current model is torch.Size([2]).\n"
            "\tsize mismatch for second.offset: copying a param with shape torch.Size([]) from checkpoint, the shape "
            "in current model is torch.Size([2]).");
}

TEST(LoadStateDict, NotStrictReportsAndLoadsTheRest) {
  Affine net;
  const auto keys = net.load_state_dict({{"scale", zeros({2})}, {"x", zeros({2})}}, {.strict = false});
  EXPECT_THAT(keys.missing_keys, ElementsAre("offset"));
  EXPECT_THAT(keys.unexpected_keys, ElementsAre("x"));
  EXPECT_EQ(printed(keys), "_IncompatibleKeys(missing_keys=['offset'], unexpected_keys=['x'])");
  EXPECT_EQ(net.scale[0].item(), 0);
  EXPECT_THROW(net.load_state_dict({{"scale", zeros({3})}}, {.strict = false}), ValueError);
}

TEST(LoadStateDict, OfNothingIntoNothing) {
  const auto keys = nn::ReLU().load_state_dict({});
  EXPECT_THAT(keys.missing_keys, IsEmpty());
  EXPECT_EQ(printed(keys), "<All keys matched successfully>");
}

}  // namespace
}  // namespace cresset::test
