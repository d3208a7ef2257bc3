#include <cresset/cresset.h>
#include <gmock/gmock.h>

#include "nn/nets.h"

namespace cresset::test {
namespace {

using testing::ElementsAre;

TEST(Sequential, RunsOneAfterTheOther) {
  nn::Sequential net{Affine(), nn::Sequential{Affine(), nn::Identity()}};
  EXPECT_EQ(net(tensor({1.0, 1.0}))[0].item(), (1 * 2 + 1) * 2 + 1);
  EXPECT_EQ(nn::Sequential()(tensor({5.0}))[0].item(), 5);
}

TEST(Sequential, IsIndexedTypedAndIterable) {
  nn::Sequential net{Affine(), nn::ReLU()};
  EXPECT_EQ(net.size(), 2u);
  EXPECT_FALSE(net.empty());
  EXPECT_EQ(net[0].class_name(), "Affine");
  EXPECT_TRUE(net[-1].is_same(net[1]));
  nn::init::zeros_(net.at<Affine>(0).scale);
  EXPECT_EQ(net(tensor({1.0, 1.0}))[0].item(), 1);
  std::vector<std::string> classes;
  for (nn::Module& module : net) classes.push_back(module.class_name());
  EXPECT_THAT(classes, ElementsAre("Affine", "ReLU"));
  EXPECT_EQ(message_of<IndexError>([&] { net[2]; }), "Sequential: index 2 is out of range of 2 modules");
  EXPECT_THROW(net[-3], IndexError);
  EXPECT_EQ(message_of<ValueError>([&] { net.at<Affine>(1); }), "Sequential: element 1 must be a Affine, is a ReLU");
}

TEST(Sequential, NamesItsModules) {
  nn::Sequential net{{"in", Affine()}, {"act", nn::ReLU()}};
  net.push_back("out", Affine());
  net.push_back(Affine());
  EXPECT_THAT(net.state_dict().keys(),
              ElementsAre("in.scale", "in.offset", "out.scale", "out.offset", "3.scale", "3.offset"));
  EXPECT_EQ(message_of<ValueError>([&] { net.push_back("a.b", Affine()); }),
            "Sequential: a module's name must have at least one letter and no \".\", got \"a.b\"");
  EXPECT_THROW(net.push_back("", Affine()), ValueError);
  EXPECT_EQ(message_of<ValueError>([&] { net.push_back("act", Affine()); }),
            "Sequential: there is a module \"act\" already");
}

TEST(Sequential, HoldsNeitherItselfNorItsHolder) {
  nn::Sequential inner{Affine()}, outer{inner};
  EXPECT_EQ(message_of<ValueError>([&] { inner.push_back("own", inner); }),
            "Sequential: \"own\" holds the Sequential that it is put into");
  EXPECT_EQ(message_of<ValueError>([&] { inner.push_back(outer); }),
            "Sequential: \"1\" holds the Sequential that it is put into");
  EXPECT_EQ(inner.size(), 1u);
}

TEST(Sequential, HoldsHandlesOfWhatItIsGiven) {
  Affine shared;
  nn::Sequential net{shared, shared};
  EXPECT_TRUE(net[0].is_same(shared));
  EXPECT_EQ(net.parameters().size(), 1u);
  EXPECT_EQ(net.state_dict().size(), 4u);
  nn::init::zeros_(shared.scale);
  EXPECT_EQ(net(tensor({1.0, 1.0}))[0].item(), 1);
}

TEST(Sequential, CannotHoldItself) {
  nn::Sequential s{nn::Linear{2, 2}}, outer{s};
  EXPECT_THROW(s.push_back(s), ValueError);
  EXPECT_THROW(s.push_back(outer), ValueError);
  EXPECT_EQ(s.size(), 1u);
  EXPECT_EQ(s.parameters().size(), 2u);
}

TEST(Sequential, ASubclassKeepsTheChildren) {
  struct Head : nn::Sequential {
    Head() : Sequential(Affine(), nn::ReLU()) {}
    nn::Parameter bias{zeros({2})};
    CRESSET_MODULE(bias)
    Tensor forward(const Tensor& input) override { return Sequential::forward(input) + bias; }
  } net;
  EXPECT_THAT(net.state_dict().keys(), ElementsAre("bias", "0.scale", "0.offset"));
  Head copy = net.clone();
  EXPECT_FALSE(copy[0].is_same(net[0]));
  EXPECT_EQ(net(tensor({1.0, 1.0}))[0].item(), 3);
}

}  // namespace
}  // namespace cresset::test
