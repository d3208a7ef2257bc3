// A line that shows how far a loop is, in the words of Python's tqdm: `for (auto [x, y] : data::tqdm(loader))`.
#pragma once

#include <cresset/export.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cresset::data {

struct ProgressOptions {
  std::string desc = {};     // stands before the bar
  std::int64_t total = 0;    // steps; 0: not known, no bar is drawn
  bool leave = true;         // the line stays when the loop is over
  double mininterval = 0.1;  // seconds between two drawings
  bool disable = false;      // nothing is shown
  std::string unit = "it";   // what a step is
  std::int64_t initial = 0;  // steps done before, by an earlier run
};

// A figure behind the bar: a number, written with three digits as tqdm does, or a text.
struct PostfixItem {
  template <class T>
  requires std::is_arithmetic_v<T> PostfixItem(std::string item_name, T number)
      : PostfixItem(std::move(item_name),
                    format(static_cast<std::conditional_t<std::is_integral_v<T>, std::int64_t, double>>(number))) {}
  PostfixItem(std::string item_name, std::string item_text) : name(std::move(item_name)), text(std::move(item_text)) {}
  CRESSET_API static std::string format(double number);
  CRESSET_API static std::string format(std::int64_t number);
  std::string name, text;
};

// What a line shows.
struct ProgressState {
  std::string desc = {};
  std::int64_t n = 0, total = 0, initial = 0;
  double seconds = 0;               // since the start
  std::optional<double> rate = {};  // steps a second; none: the mean since the start
  std::string unit = "it", postfix = {};
};
// "desc:  40%|████      | 3/10 [00:01<00:03,  2.00it/s, loss=0.5]", with a bar that fills `columns` columns (0: no bar,
// none: a bar of 10), drawn with "#" where `ascii`. https://github.com/tqdm/tqdm, format_meter.
CRESSET_API std::string progress_text(const ProgressState& state, std::optional<int> columns = {}, bool ascii = false);

// On a terminal one live line of standard error; elsewhere the last line alone, once it is over. For one thread.
class CRESSET_API ProgressBar {
 public:
  explicit ProgressBar(ProgressOptions options = {});
  ~ProgressBar();  // closes
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(std::int64_t steps = 1);
  void set_description(const std::string& desc);
  // Behind the bar, from the next drawing on: `bar.set_postfix({{"loss", loss.item()}})`.
  void set_postfix(const std::vector<PostfixItem>& items);
  // A line on standard output that stays, above the bar.
  void write(std::string_view line);
  // Draws the line a last time; later calls do nothing.
  void close();

  // Whether anything is drawn before the end.
  bool is_live() const;
  std::int64_t n() const;
  double seconds() const;  // since it was made
  // The line as it would be drawn now, a bar of 10.
  std::string str() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Goes over a loader (or any range) and counts on a bar. Copies share the bar; each begin() starts the loop anew, and
// the bar is meant for one of them.
template <class Range>
class Tqdm {
  using Inner = decltype(std::declval<const Range&>().begin());
  using End = decltype(std::declval<const Range&>().end());

 public:
  Tqdm(Range range, ProgressOptions options)
      : range_(std::move(range)), bar_(std::make_shared<ProgressBar>(std::move(options))) {}

  class Iterator {
   public:
    Iterator(Inner inner, End end, std::shared_ptr<ProgressBar> bar)
        : inner_(std::move(inner)), end_(std::move(end)), bar_(std::move(bar)) {}
    decltype(auto) operator*() const { return *inner_; }
    Iterator& operator++() {
      ++inner_;
      bar_->update();
      if (inner_ == end_) bar_->close();
      return *this;
    }
    friend bool operator==(const Iterator& a, const End& end) { return a.inner_ == end; }

   private:
    Inner inner_;
    End end_;
    std::shared_ptr<ProgressBar> bar_;
  };
  Iterator begin() const { return Iterator(range_.begin(), range_.end(), bar_); }
  End end() const { return range_.end(); }

  void set_description(const std::string& desc) const { bar_->set_description(desc); }
  void set_postfix(const std::vector<PostfixItem>& items) const { bar_->set_postfix(items); }
  void write(std::string_view line) const { bar_->write(line); }
  ProgressBar& bar() const { return *bar_; }

 private:
  Range range_;
  std::shared_ptr<ProgressBar> bar_;
};

// The total, where not given, is the range's size. The range is kept by value: loaders are handles, other ranges are
// copied or moved.
template <class Range>
Tqdm<Range> tqdm(Range range, ProgressOptions options = {}) {
  if constexpr (requires { range.size(); }) {
    if (options.total == 0) options.total = static_cast<std::int64_t>(range.size());
  }
  return Tqdm<Range>(std::move(range), std::move(options));
}

}  // namespace cresset::data
