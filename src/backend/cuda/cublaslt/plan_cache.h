// Plans of NVIDIA's libraries, kept by everything that went into them. One cache serves all threads.
#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace cresset::cuda::backend {

// std::size_t hash(const Key&) is found by the key's namespace.
template <class Key, class Plan>
class PlanCache {
 public:
  // Holds the `most` that were asked for last.
  explicit PlanCache(std::size_t most) : most_(most) {}

  // The plan of the key, made where there is none. Making takes no lock: others get theirs, and whoever wants the same
  // waits for it. What `make` throws, all of these get; the next asks anew.
  template <class Make>
  std::shared_ptr<const Plan> get(const Key& key, const Make& make) {
    std::promise<std::shared_ptr<const Plan>> promise;
    std::uint64_t number = 0;
    {
      std::unique_lock lock(mutex_);
      if (const auto found = places_.find(key); found != places_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        const auto plan = found->second->plan;
        lock.unlock();
        return plan.get();
      }
      number = ++made_;
      entries_.push_front({key, promise.get_future().share(), number});
      places_.emplace(key, entries_.begin());
      if (entries_.size() > most_) forget(std::prev(entries_.end()));
    }
    try {
      const auto plan = std::make_shared<const Plan>(make());
      promise.set_value(plan);
      return plan;
    } catch (...) {
      promise.set_exception(std::current_exception());
      const std::lock_guard lock(mutex_);
      if (const auto found = places_.find(key); found != places_.end() && found->second->number == number)
        forget(found->second);
      throw;
    }
  }

 private:
  struct Entry {
    Key key;
    std::shared_future<std::shared_ptr<const Plan>> plan;
    std::uint64_t number;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return hash(key); }
  };
  void forget(typename std::list<Entry>::iterator entry) {
    places_.erase(entry->key);
    entries_.erase(entry);
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the last asked for first
  std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> places_;
  std::uint64_t made_ = 0;
};

// For hash(): mixes the numbers' bits, in order.
template <class... T>
std::size_t hash_of(const T&... numbers) {
  std::uint64_t bits = 0x9e3779b97f4a7c15;
  ((bits = (bits ^ static_cast<std::uint64_t>(numbers)) * 0xff51afd7ed558ccd, bits ^= bits >> 32), ...);
  return bits;
}

}  // namespace cresset::cuda::backend
