// The only file that knows Boost.
#include "master/api/http/http_server.h"

#include <fcntl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <set>
#include <thread>

#include "common/base/log.h"
#include "master/api/thread_pool.h"

namespace gale::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;
using Parser = bhttp::request_parser<bhttp::string_body>;
// Errors come back as values.
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

Response Refusal(int status, std::string_view detail) {
  return {status, "application/json", fmt::format(R"({{"detail":"{}"}})", detail), {}};
}

Request FromBeast(Parser::value_type&& message, const std::string& peer, bool& well_formed) {
  Request request;
  request.method = std::string(message.method_string());
  request.peer = peer;
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    request.headers[name] = std::string(field.value());
  }
  request.body = std::move(message.body());
  well_formed =
      request.SetTarget(std::string_view(message.target().data(), message.target().size()));
  return request;
}

}  // namespace

struct Server::Impl {
  Impl(Handler h, ServerOptions o)
      : handler(std::move(h)), options(std::move(o)), acceptor(io), stop_timer(io) {}

  Status Listen();
  asio::awaitable<void> Accept();
  asio::awaitable<void> Serve(std::shared_ptr<beast::tcp_stream> stream);
  // False if the connection is over.
  asio::awaitable<bool> ServeOne(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                 const std::string& peer);
  asio::awaitable<Response> RunHandler(Request request);
  asio::awaitable<bool> Answer(beast::tcp_stream& stream, Response response, bool head,
                               bool keep_alive, unsigned version);
  // Ends all connections that wait for a request; the others end with their answer.
  void BeginStop();

  const Handler handler;
  const ServerOptions options;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::steady_timer stop_timer;
  std::unique_ptr<ThreadPool> pool;
  std::thread thread;
  // Touched by the I/O thread only.
  std::set<beast::tcp_stream*> connections, idle;
  bool stopping = false;
  uint16_t port = 0;
};

// A child that outlives us (the parse server, a keeper) must not keep the port.
template <class Socket>
void CloseOnExec(Socket& socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

Status Server::Impl::Listen() {
  beast::error_code error;
  const auto address = asio::ip::make_address(options.host, error);
  if (error) return InvalidArgument("HTTP: '{}' is no address to listen on", options.host);
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) CloseOnExec(acceptor);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return Unavailable("HTTP can't listen on {}:{}: {} (choose another port with --port)",
                       options.host, options.port, error.message());
  }
  port = acceptor.local_endpoint(error).port();
  return OkStatus();
}

asio::awaitable<void> Server::Impl::Accept() {
  while (!stopping) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (stopping) break;
    if (error) {
      // Out of file descriptors, most likely: some will come back.
      GALE_WARN("HTTP: accept: {}", error.message());
      asio::steady_timer pause(io, std::chrono::milliseconds(100));
      co_await pause.async_wait(kAwait);
      continue;
    }
    beast::error_code ignored;
    CloseOnExec(socket);
    socket.set_option(tcp::no_delay(true), ignored);
    asio::co_spawn(io, Serve(std::make_shared<beast::tcp_stream>(std::move(socket))),
                   asio::detached);
  }
}

asio::awaitable<void> Server::Impl::Serve(std::shared_ptr<beast::tcp_stream> stream) {
  beast::error_code error;
  const auto endpoint = stream->socket().remote_endpoint(error);
  const std::string peer = error ? "unknown" : endpoint.address().to_string();
  if (connections.size() >= options.connections_max) {
    co_await Answer(*stream, Refusal(503, "too many connections"), false, false, 11);
  } else {
    connections.insert(stream.get());
    beast::flat_buffer buffer;
    while (co_await ServeOne(*stream, buffer, peer)) {
    }
    connections.erase(stream.get());
  }
  stream->socket().shutdown(tcp::socket::shutdown_send, error);
  // What the client still sends (a body that was refused) is read for a moment: closing at once
  // would reset the connection, and the client might never see the answer.
  char waste[4096];
  stream->expires_after(std::chrono::seconds(2));
  for (size_t left = 1 << 20; left > 0 && !stopping;) {
    auto [failed, n] = co_await stream->async_read_some(asio::buffer(waste), kAwait);
    if (failed) break;
    left -= std::min(left, n);
  }
  stream->close();
}

asio::awaitable<bool> Server::Impl::ServeOne(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                             const std::string& peer) {
  if (buffer.size() == 0) {  // else the next request is here already
    if (stopping) co_return false;
    idle.insert(&stream);
    stream.expires_after(options.idle_timeout);
    auto [error, n] = co_await stream.async_read_some(buffer.prepare(4096), kAwait);
    idle.erase(&stream);
    if (error) co_return false;
    buffer.commit(n);
  }
  Parser parser;
  parser.header_limit(limits::kHttpHeaderBytesMax);
  parser.body_limit(options.body_bytes_max);
  stream.expires_after(options.request_timeout);
  auto [error, n] = co_await bhttp::async_read_header(stream, buffer, parser, kAwait);
  const unsigned version = parser.get().version();
  if (!error && beast::iequals(parser.get()[bhttp::field::expect], "100-continue")) {
    bhttp::response<bhttp::empty_body> go_on(bhttp::status::continue_, version);
    auto [sent, m] = co_await bhttp::async_write(stream, go_on, kAwait);
    if (sent) co_return false;
  }
  if (!error) {
    auto [body_error, m] = co_await bhttp::async_read(stream, buffer, parser, kAwait);
    error = body_error;
  }
  if (error == bhttp::error::body_limit) {
    co_return co_await Answer(
        stream,
        Refusal(413, fmt::format("the body is larger than {} bytes", options.body_bytes_max)),
        false, false, 11);
  }
  if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow) {
    co_return co_await Answer(stream, Refusal(431, "the header is too large"), false, false, 11);
  }
  if (error) {
    const bool said_something =
        error.category() == bhttp::make_error_code(bhttp::error::bad_method).category();
    if (!said_something || error == bhttp::error::end_of_stream ||
        error == bhttp::error::partial_message) {
      co_return false;
    }
    co_return co_await Answer(stream, Refusal(400, "this is no HTTP request"), false, false, 11);
  }
  const bool keep_alive = parser.keep_alive();
  const bool head = parser.get().method() == bhttp::verb::head;
  bool well_formed = false;
  Request request = FromBeast(parser.release(), peer, well_formed);
  if (!well_formed) {
    co_return co_await Answer(stream, Refusal(400, "malformed path or query"), head, keep_alive,
                              version);
  }
  if (head) request.method = "GET";
  stream.expires_never();
  Response response = co_await RunHandler(std::move(request));
  co_return co_await Answer(stream, std::move(response), head, keep_alive && !stopping, version);
}

asio::awaitable<Response> Server::Impl::RunHandler(Request request) {
  // The timer is only a place to wait: the pool's thread posts its cancel.
  auto done = std::make_shared<asio::steady_timer>(io, asio::steady_timer::time_point::max());
  auto answer = std::make_shared<std::optional<Response>>();
  const bool posted = pool->Post([this, done, answer, request = std::move(request)] {
    auto response = std::make_shared<Response>(handler(request));
    asio::post(io, [done, answer, response] {
      *answer = std::move(*response);
      done->cancel();
    });
  });
  if (!posted) co_return Refusal(503, "the server is overloaded or stopping; try again");
  while (!*answer) co_await done->async_wait(kAwait);
  co_return std::move(**answer);
}

asio::awaitable<bool> Server::Impl::Answer(beast::tcp_stream& stream, Response response, bool head,
                                           bool keep_alive, unsigned version) {
  bhttp::response<bhttp::string_body> message(static_cast<bhttp::status>(response.status), version);
  message.set(bhttp::field::content_type, response.content_type);
  message.set(bhttp::field::cache_control, "no-store");
  message.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(keep_alive);
  const size_t size = response.body.size();
  if (!head) message.body() = std::move(response.body);
  if (response.status != 204) message.content_length(size);
  stream.expires_after(options.write_timeout);
  beast::error_code error;
  if (head) {
    bhttp::response_serializer<bhttp::string_body> serializer(message);
    auto [e, n] = co_await bhttp::async_write_header(stream, serializer, kAwait);
    error = e;
  } else {
    auto [e, n] = co_await bhttp::async_write(stream, message, kAwait);
    error = e;
  }
  co_return !error && keep_alive;
}

void Server::Impl::BeginStop() {
  stopping = true;
  beast::error_code ignored;
  acceptor.close(ignored);
  for (beast::tcp_stream* stream : idle) stream->cancel();
}

Server::Server(Handler handler, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(handler), std::move(options))) {}

Server::~Server() { Stop(Clock::Real().Mono()); }

Status Server::Start() {
  GALE_RETURN_IF_ERROR(impl_->Listen());
  impl_->pool = std::make_unique<ThreadPool>(impl_->options.handler_threads,
                                             impl_->options.waiting_requests_max);
  asio::co_spawn(impl_->io, impl_->Accept(), asio::detached);
  impl_->thread = std::thread([this] { impl_->io.run(); });
  return OkStatus();
}

void Server::Stop(MonoTime deadline) {
  if (!impl_->thread.joinable()) return;
  asio::post(impl_->io, [this] { impl_->BeginStop(); });
  const Duration left = std::max(Duration(0), deadline - Clock::Real().Mono());
  asio::post(impl_->io, [this, left] {
    impl_->stop_timer.expires_after(left);
    impl_->stop_timer.async_wait([this](beast::error_code error) {
      if (!error) impl_->io.stop();
    });
    // io.run() returns by itself once nothing is left; the timer mustn't keep it.
    asio::co_spawn(
        impl_->io,
        [](Impl& impl) -> asio::awaitable<void> {
          while (!impl.connections.empty()) {
            asio::steady_timer pause(impl.io, std::chrono::milliseconds(5));
            co_await pause.async_wait(kAwait);
          }
          impl.stop_timer.cancel();
        }(*impl_),
        asio::detached);
  });
  impl_->thread.join();
  impl_->pool->Stop();
}

uint16_t Server::port() const { return impl_->port; }

}  // namespace gale::http
