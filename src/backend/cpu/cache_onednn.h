// A bounded cache of primitives: the least recently used is dropped. Safe for threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace cresset::cpu::onednn {

// Of the numbers that a key has.
inline std::size_t hash(std::initializer_list<std::int64_t> key) {
  std::size_t made = 0;
  for (const std::int64_t v : key) made = (made ^ static_cast<std::size_t>(v)) * 0x9e3779b97f4a7c15u + (made >> 29);
  return made;
}

template <class Key, class Value, class Hash>
class Cache {
 public:
  explicit Cache(std::size_t capacity) : capacity_(capacity) {}

  // The value of `key`, made by make() where there is none. Two threads may make the same value at once; the first
  // stays. What make() throws passes through.
  template <class Make>
  std::shared_ptr<const Value> get(const Key& key, Make&& make) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = index_.find(key); found != index_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->second;
      }
    }
    std::shared_ptr<const Value> value = make();
    const std::lock_guard lock(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) return found->second->second;
    entries_.emplace_front(key, value);
    index_.emplace(key, entries_.begin());
    if (entries_.size() > capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return value;
  }

 private:
  using Entry = std::pair<Key, std::shared_ptr<const Value>>;
  std::size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the most recently used first
  std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> index_;
};

}  // namespace cresset::cpu::onednn
