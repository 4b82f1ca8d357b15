// Answers that go on (stream.h): one piece after the other, as fast as the client takes them.
#include "master/api/http/http_server_impl.h"

namespace gale::http {
namespace {

// For the end to be told to a client that may not listen.
constexpr std::chrono::milliseconds kGoodbyeMax{200};

MonoTime Now() { return Clock::Real().Mono(); }

}  // namespace

void WakeList::Add(uint64_t id) {
  std::lock_guard lock(mutex_);
  if (io_ == nullptr) return;
  ids_.push_back(id);
  if (ids_.size() > 1) return;  // it is on its way
  asio::post(*io_, [self = shared_from_this()] { self->Run(); });
}

void WakeList::Close() {
  std::lock_guard lock(mutex_);
  io_ = nullptr;
}

void WakeList::Run() {
  std::vector<uint64_t> ids;
  {
    std::lock_guard lock(mutex_);
    if (io_ == nullptr) return;
    ids.swap(ids_);
  }
  for (const uint64_t id : ids) wake_(id);
}

void Server::Impl::WakeGoing(uint64_t id) {
  auto found = going.find(id);
  if (found == going.end()) return;
  found->second->woken = true;
  found->second->timer.cancel();
}

template <class Stream>
asio::awaitable<void> Server::Impl::GoOn(Stream& stream, Response response, bool head,
                                         unsigned version) {
  if (version < 11) {
    co_await Answer(stream, Refusal(400, "an answer that goes on needs HTTP/1.1"), head, false,
                    version);
    co_return;
  }
  if (going.size() >= options.streams_max) {
    streams_refused.Add();
    co_await Answer(stream, Refusal(503, "too many streams (kHttpStreamsMax)"), head, false,
                    version);
    co_return;
  }
  bhttp::response<bhttp::empty_body> message(static_cast<bhttp::status>(response.status), version);
  message.set(bhttp::field::content_type, response.content_type);
  message.set(bhttp::field::cache_control, "no-store");
  message.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(false);
  message.chunked(true);
  bhttp::response_serializer<bhttp::empty_body> header(message);
  Tcp(stream).expires_after(options.write_timeout);
  auto [error, n] = co_await bhttp::async_write_header(stream, header, kAwait);
  if (error || head || stopping) co_return;

  const uint64_t id = ++last_going;
  const auto one = std::make_shared<Going>(io);
  going[id] = one;
  open_streams.Add(1);
  // Whatever the client says now, it says that it has left: it has its answer's end to wait for.
  Tcp(stream).socket().async_wait(tcp::socket::wait_read, [one](beast::error_code failed) {
    if (failed) return;
    one->over = true;
    one->timer.cancel();
  });
  response.goes_on->OnWake([list = wakes, id] { list->Add(id); });
  co_await WritePieces(stream, *response.goes_on, *one);
  beast::error_code ignored;
  Tcp(stream).socket().cancel(ignored);
  going.erase(id);
  open_streams.Add(-1);
}

template <class Stream>
asio::awaitable<void> Server::Impl::WritePieces(Stream& stream, Source& source, Going& one) {
  while (!one.over) {
    one.woken = false;  // by what is taken now
    const Source::Piece piece = source.Take();
    if (!piece.text.empty()) {
      Tcp(stream).expires_after(options.write_timeout);
      one.writes = &Tcp(stream);
      auto [error, n] =
          co_await asio::async_write(stream, bhttp::make_chunk(asio::buffer(piece.text)), kAwait);
      one.writes = nullptr;
      if (error) co_return;
      stream_bytes.Add(n);
      Tcp(stream).expires_never();
    }
    if (piece.last) break;
    while (!one.over) {
      const MonoTime due = one.woken ? std::min(piece.not_before, piece.again) : piece.again;
      const MonoTime now = Now();
      if (now >= due) break;
      one.timer.expires_after(due - now);
      co_await one.timer.async_wait(kAwait);
    }
  }
  Tcp(stream).expires_after(one.over ? kGoodbyeMax : options.write_timeout);
  co_await asio::async_write(stream, bhttp::make_chunk_last(), kAwait);
}

template asio::awaitable<void> Server::Impl::GoOn(PlainStream&, Response, bool, unsigned);
template asio::awaitable<void> Server::Impl::GoOn(TlsStream&, Response, bool, unsigned);

}  // namespace gale::http
