#include "tests/simulation/network.h"

namespace gale::sim {

StreamPtr Network::Open(size_t worker, uint64_t worker_life, size_t master, uint64_t master_life) {
  auto stream = std::make_shared<Stream>();
  stream->id = ++last_id_;
  stream->worker = worker;
  stream->worker_life = worker_life;
  stream->master = master;
  stream->master_life = master_life;
  stream->dice = Dice(context_.seed * 1000 + last_id_);
  streams_.push_back(stream);
  return stream;
}

void Network::SendUp(const StreamPtr& stream, std::function<void()> deliver) {
  Send(stream, true, std::move(deliver));
}

void Network::SendDown(const StreamPtr& stream, std::function<void()> deliver) {
  Send(stream, false, std::move(deliver));
}

void Network::Send(const StreamPtr& stream, bool up, std::function<void()> deliver) {
  if (stream->broken) return;
  Pipe& pipe = up ? stream->up : stream->down;
  const Duration latency = context_.faults && stream->dice.Chance(3) ? stream->dice.Ms(100, 1500)
                                                                     : stream->dice.Ms(0, 8);
  pipe.last = std::max(pipe.last, context_.now() + latency);
  pipe.under_way.emplace_back(pipe.last, std::move(deliver));
  context_.agenda.At(pipe.last, [this, stream, up] { Pump(stream, up); });
}

void Network::Pump(const StreamPtr& stream, bool up) {
  Pipe& pipe = up ? stream->up : stream->down;
  while (!IsCut(*stream, up) && !pipe.under_way.empty() &&
         pipe.under_way.front().first <= context_.now()) {
    auto deliver = std::move(pipe.under_way.front().second);
    pipe.under_way.pop_front();
    deliver();
  }
}

void Network::Break(const StreamPtr& stream) {
  if (stream->broken) return;
  stream->broken = true;
  for (Pipe* pipe : {&stream->up, &stream->down}) {
    const size_t kept =
        stream->dice.Chance(50) ? stream->dice.Below(pipe->under_way.size() + 1) : 0;
    while (pipe->under_way.size() > kept) pipe->under_way.pop_back();
  }
}

void Network::Cut(size_t worker, size_t master, bool up, bool down) {
  cuts_[worker * masters_ + master] = {up, down};
  for (const StreamPtr& stream : streams_) {
    if (stream->worker != worker || stream->master != master) continue;
    for (bool way : {true, false}) {
      if (!IsCut(*stream, way)) {
        context_.agenda.In(Duration(0), [this, stream, way] { Pump(stream, way); });
      }
    }
  }
}

void Network::Forget(const StreamPtr& stream) {
  Empty(*stream);
  std::erase(streams_, stream);
}

}  // namespace gale::sim
