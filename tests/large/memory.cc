#include "tests/large/memory.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace gale::large {
namespace {

size_t held = 0, peak = 0;

void* Take(size_t size) {
  void* p = std::malloc(size);
  if (p == nullptr) throw std::bad_alloc();
  held += malloc_usable_size(p);
  peak = std::max(peak, held);
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
void operator delete(void* p) noexcept { gale::large::Give(p); }
void operator delete[](void* p) noexcept { gale::large::Give(p); }
void operator delete(void* p, size_t) noexcept { gale::large::Give(p); }
void operator delete[](void* p, size_t) noexcept { gale::large::Give(p); }
