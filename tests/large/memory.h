// What this program holds on its heap: operator new and delete count. One thread.
#pragma once

#include <cstddef>

namespace gale::large {

size_t HeapBytes();      // held now
size_t HeapBytesPeak();  // the most since ResetPeak
void ResetPeak();

}  // namespace gale::large
