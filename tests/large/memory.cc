#include "tests/large/memory.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace gale::large {
namespace {

size_t held = 0, peak = 0;

void* TakeIfThere(size_t size) noexcept {
  void* p = std::malloc(size);
  if (p == nullptr) return nullptr;
  held += malloc_usable_size(p);
  peak = std::max(peak, held);
  return p;
}

void* Take(size_t size) {
  void* p = TakeIfThere(size);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

void Give(void* p) noexcept {
  if (p == nullptr) return;
  held -= malloc_usable_size(p);
  std::free(p);
}

}  // namespace

size_t HeapBytes() { return held; }
size_t HeapBytesPeak() { return peak; }
void ResetPeak() { peak = held; }

}  // namespace gale::large

void* operator new(size_t size) { return gale::large::Take(size); }
void* operator new[](size_t size) { return gale::large::Take(size); }
// std::stable_sort asks with this one, and gives back with the plain delete: under a sanitizer, whose
// own it would be otherwise, the two don't fit.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return gale::large::TakeIfThere(size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return gale::large::TakeIfThere(size);
}
void operator delete(void* p) noexcept { gale::large::Give(p); }
void operator delete[](void* p) noexcept { gale::large::Give(p); }
void operator delete(void* p, size_t) noexcept { gale::large::Give(p); }
void operator delete[](void* p, size_t) noexcept { gale::large::Give(p); }
