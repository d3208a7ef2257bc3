// What was found out for a key, shared by all threads.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace cresset::cuda::backend {

// Holds the `most` that were asked for last. A key has hash() and ==.
template <class Key, class Value>
class RecentlyUsed {
 public:
  explicit RecentlyUsed(std::size_t most) : most_(most) {}

  // The key's value, made empty where there is none; whoever fills it sees to it that others wait. One that is let go
  // lives on with those who have it.
  std::shared_ptr<Value> get(const Key& key) {
    std::shared_ptr<Value> dropped;  // destroyed outside the lock
    const std::scoped_lock lock(mutex_);
    if (const auto found = places_.find(key); found != places_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->second;
    }
    entries_.emplace_front(key, std::make_shared<Value>());
    places_.emplace(key, entries_.begin());
    if (entries_.size() > most_) {
      dropped = std::move(entries_.back().second);
      places_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return entries_.front().second;
  }

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const { return key.hash(); }
  };

  const std::size_t most_;
  std::mutex mutex_;
  std::list<std::pair<Key, std::shared_ptr<Value>>> entries_;  // the last asked for first
  std::unordered_map<Key, typename decltype(entries_)::iterator, Hash> places_;
};

}  // namespace cresset::cuda::backend
