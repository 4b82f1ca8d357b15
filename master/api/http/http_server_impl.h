// Inside of http_server: what its files share. Only they know Boost.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <map>
#include <set>
#include <thread>

#include "common/base/log.h"
#include "master/api/http/http_server.h"
#include "master/api/thread_pool.h"

namespace gale::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
// Errors come back as values.
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// Below TLS, if there is any: where the socket and the timeouts are.
template <class Stream>
beast::tcp_stream& Tcp(Stream& stream) {
  return beast::get_lowest_layer(stream);
}

inline Response Refusal(int status, std::string_view detail) {
  return {status, "application/json", fmt::format(R"({{"detail":"{}"}})", detail), {}};
}

// Whom there is news for, of the answers that go on: told from any thread, looked at by the I/O
// thread, which is woken once however many there are.
class WakeList : public std::enable_shared_from_this<WakeList> {
 public:
  using Wake = std::function<void(uint64_t id)>;

  WakeList(asio::io_context& io, Wake wake) : io_(&io), wake_(std::move(wake)) {}
  void Add(uint64_t id);
  // Nobody is woken any more; whoever still calls Add may.
  void Close();

 private:
  void Run();

  std::mutex mutex_;  // guards what follows
  asio::io_context* io_;
  std::vector<uint64_t> ids_;
  const Wake wake_;  // on the I/O thread
};

// An answer that goes on. Of the I/O thread.
struct Going {
  explicit Going(asio::io_context& io) : timer(io) {}

  asio::steady_timer timer;  // a place to wait
  beast::tcp_stream* writes = nullptr;
  bool woken = false;
  bool over = false;  // the client left, or the server stops
};

struct Server::Impl {
  Impl(Handler h, ServerOptions o, Sorter s)
      : handler(std::move(h)),
        sorter(std::move(s)),
        options(std::move(o)),
        acceptor(io),
        stop_timer(io),
        wakes(std::make_shared<WakeList>(io, [this](uint64_t id) { WakeGoing(id); })) {}

  Status PrepareTls();
  Status Listen();
  asio::awaitable<void> Accept();
  // One connection; Stream is PlainStream or TlsStream, here and below.
  template <class Stream>
  asio::awaitable<void> Serve(std::shared_ptr<Stream> stream);
  // False if there won't be any requests.
  asio::awaitable<bool> Greet(PlainStream&) { co_return true; }
  asio::awaitable<bool> Greet(TlsStream& stream);
  asio::awaitable<void> SayGoodbye(PlainStream&) { co_return; }
  asio::awaitable<void> SayGoodbye(TlsStream& stream);
  // False if the connection is over.
  template <class Stream>
  asio::awaitable<bool> ServeOne(Stream& stream, beast::flat_buffer& buffer,
                                 const std::string& peer);
  asio::awaitable<Response> RunHandler(Request request);
  template <class Stream>
  asio::awaitable<bool> Answer(Stream& stream, Response response, bool head, bool keep_alive,
                               unsigned version);
  void WakeGoing(uint64_t id);
  // Writes what goes on until it ends; the connection is over then.
  template <class Stream>
  asio::awaitable<void> GoOn(Stream& stream, Response response, bool head, unsigned version);
  template <class Stream>
  asio::awaitable<void> WritePieces(Stream& stream, Source& source, Going& going);
  // Ends all connections that wait for a request or go on; the others end with their answer.
  void BeginStop();

  const Handler handler;
  const Sorter sorter;
  const ServerOptions options;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::steady_timer stop_timer;
  std::optional<ssl::context> tls;
  std::unique_ptr<ThreadPool> pool, login_pool;
  std::thread thread;
  // So that the thread waits for Open, if that comes later.
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> stays;
  // Touched by the I/O thread only.
  std::set<beast::tcp_stream*> connections, idle;
  std::map<uint64_t, std::shared_ptr<Going>> going;
  uint64_t last_going = 0;
  bool stopping = false;
  uint16_t port = 0;
  const std::shared_ptr<WakeList> wakes;
  // For any thread.
  Gauge open_connections, open_streams;
  Counter connections_refused, requests_refused, logins_refused, requests_too_large,
      streams_refused, stream_bytes;
};

}  // namespace gale::http
