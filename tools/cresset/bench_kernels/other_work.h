// How busy other processes keep the processors.
#pragma once

namespace cresset::program::bench {

// From its making on: what share of all processors' time went to other processes. 0 where Linux does not tell.
class OtherWork {
 public:
  OtherWork();
  double share() const;

 private:
  struct Seconds {
    double all = 0, busy = 0, own = 0;
  };
  static Seconds now();
  Seconds begin_;
};

}  // namespace cresset::program::bench
