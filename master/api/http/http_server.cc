#include "master/api/http/http_server.h"

#include <fcntl.h>

#include "master/api/http/http_server_impl.h"

namespace gale::http {
namespace {

using Parser = bhttp::request_parser<bhttp::string_body>;
// How long a connection may take to end after its last answer.
constexpr std::chrono::milliseconds kGoodbyeMax{2000};

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

// A child that outlives us (the parse server, a keeper) must not keep the port.
template <class Socket>
void CloseOnExec(Socket& socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
}

Status Server::Impl::PrepareTls() {
  if (options.cert_pem.empty() && options.key_pem.empty()) return OkStatus();
  tls.emplace(ssl::context::tls_server);
  beast::error_code error;
  tls->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                       ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                       ssl::context::single_dh_use,
                   error);
  if (!error) tls->use_certificate_chain(asio::buffer(options.cert_pem), error);
  if (!error) tls->use_private_key(asio::buffer(options.key_pem), ssl::context::pem, error);
  if (!error) return OkStatus();
  return InvalidArgument("HTTPS: the certificate and its key can't be used: {}", error.message());
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
    if (tls) {
      asio::co_spawn(io, Serve(std::make_shared<TlsStream>(std::move(socket), *tls)),
                     asio::detached);
    } else {
      asio::co_spawn(io, Serve(std::make_shared<PlainStream>(std::move(socket))), asio::detached);
    }
  }
}

asio::awaitable<bool> Server::Impl::Greet(TlsStream& stream) {
  idle.insert(&Tcp(stream));
  Tcp(stream).expires_after(options.handshake_timeout);
  auto [error] = co_await stream.async_handshake(ssl::stream_base::server, kAwait);
  idle.erase(&Tcp(stream));
  if (error.category() == asio::error::get_ssl_category() &&
      ERR_GET_REASON(error.value()) == SSL_R_HTTP_REQUEST) {
    co_await Answer(Tcp(stream), Refusal(400, "this port speaks HTTPS: write https://"), false,
                    false, 11);
  }
  co_return !error;
}

// So that the client knows that nothing was cut off. It may answer, or not.
asio::awaitable<void> Server::Impl::SayGoodbye(TlsStream& stream) {
  idle.insert(&Tcp(stream));
  Tcp(stream).expires_after(stopping ? kGoodbyeMax / 10 : kGoodbyeMax);
  co_await stream.async_shutdown(kAwait);
  idle.erase(&Tcp(stream));
}

template <class Stream>
asio::awaitable<void> Server::Impl::Serve(std::shared_ptr<Stream> whole) {
  beast::tcp_stream* const stream = &Tcp(*whole);
  beast::error_code error;
  const auto endpoint = stream->socket().remote_endpoint(error);
  const std::string peer = error ? "unknown" : endpoint.address().to_string();
  if (connections.size() >= options.connections_max) {
    connections_refused.Add();
    // Not worth a handshake: with TLS it is just closed.
    if constexpr (std::is_same_v<Stream, PlainStream>) {
      co_await Answer(*whole, Refusal(503, "too many connections (kHttpConnectionsMax)"), false,
                      false, 11);
    }
  } else {
    connections.insert(stream);
    open_connections.Add(1);
    if (co_await Greet(*whole)) {
      beast::flat_buffer buffer;
      while (co_await ServeOne(*whole, buffer, peer)) {
      }
      co_await SayGoodbye(*whole);
    }
    connections.erase(stream);
    open_connections.Add(-1);
  }
  stream->socket().shutdown(tcp::socket::shutdown_send, error);
  // What the client still sends (a body that was refused) is read for a moment: closing at once
  // would reset the connection, and the client might never see the answer.
  char waste[4096];
  stream->expires_after(kGoodbyeMax);
  for (size_t left = 1 << 20; left > 0 && !stopping;) {
    auto [failed, n] = co_await stream->async_read_some(asio::buffer(waste), kAwait);
    if (failed) break;
    left -= std::min(left, n);
  }
  stream->close();
}

template <class Stream>
asio::awaitable<bool> Server::Impl::ServeOne(Stream& stream, beast::flat_buffer& buffer,
                                             const std::string& peer) {
  if (buffer.size() == 0) {  // else the next request is here already
    if (stopping) co_return false;
    idle.insert(&Tcp(stream));
    Tcp(stream).expires_after(options.idle_timeout);
    auto [error, n] = co_await stream.async_read_some(buffer.prepare(4096), kAwait);
    idle.erase(&Tcp(stream));
    if (error) co_return false;
    buffer.commit(n);
  }
  Parser parser;
  parser.header_limit(limits::kHttpHeaderBytesMax);
  parser.body_limit(options.body_bytes_max);
  Tcp(stream).expires_after(options.request_timeout);
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
    requests_too_large.Add();
    co_return co_await Answer(
        stream,
        Refusal(413, fmt::format("the body is larger than {} bytes (kHttpBodyBytesMax)",
                                 options.body_bytes_max)),
        false, false, 11);
  }
  if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow) {
    co_return co_await Answer(stream, Refusal(431, "the header is too large (kHttpHeaderBytesMax)"),
                              false, false, 11);
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
  request.tls = tls.has_value();
  Tcp(stream).expires_never();
  Response response = co_await RunHandler(std::move(request));
  if (response.goes_on) {
    co_await GoOn(stream, std::move(response), head, version);
    co_return false;
  }
  co_return co_await Answer(stream, std::move(response), head, keep_alive && !stopping, version);
}

asio::awaitable<Response> Server::Impl::RunHandler(Request request) {
  const Lane lane = sorter ? sorter(request) : Lane::kCommon;
  if (lane == Lane::kAtOnce) co_return handler(request);
  ThreadPool& threads = lane == Lane::kLogin ? *login_pool : *pool;
  // The timer is only a place to wait: the pool's thread posts its cancel.
  auto done = std::make_shared<asio::steady_timer>(io, asio::steady_timer::time_point::max());
  auto answer = std::make_shared<std::optional<Response>>();
  const bool posted = threads.Post([this, done, answer, request = std::move(request)] {
    auto response = std::make_shared<Response>(handler(request));
    asio::post(io, [done, answer, response] {
      *answer = std::move(*response);
      done->cancel();
    });
  });
  if (!posted) (lane == Lane::kLogin ? logins_refused : requests_refused).Add();
  if (!posted && lane == Lane::kLogin) {
    co_return Refusal(429, "too many logins at once; try again in a second");
  }
  if (!posted) co_return Refusal(503, "the server is overloaded or stopping; try again");
  while (!*answer) co_await done->async_wait(kAwait);
  co_return std::move(**answer);
}

template <class Stream>
asio::awaitable<bool> Server::Impl::Answer(Stream& stream, Response response, bool head,
                                           bool keep_alive, unsigned version) {
  bhttp::response<bhttp::string_body> message(static_cast<bhttp::status>(response.status), version);
  message.set(bhttp::field::content_type, response.content_type);
  message.set(bhttp::field::cache_control, "no-store");
  message.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(keep_alive);
  const size_t size = response.body.size();
  if (!head) message.body() = std::move(response.body);
  if (response.status != 204 && response.status != 304) message.content_length(size);
  Tcp(stream).expires_after(options.write_timeout);
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

template asio::awaitable<bool> Server::Impl::Answer(PlainStream&, Response, bool, bool, unsigned);
template asio::awaitable<bool> Server::Impl::Answer(TlsStream&, Response, bool, bool, unsigned);

void Server::Impl::BeginStop() {
  stopping = true;
  beast::error_code ignored;
  acceptor.close(ignored);
  for (beast::tcp_stream* stream : idle) stream->cancel();
  wakes->Close();
  for (auto& [id, one] : going) {
    one->over = true;
    one->timer.cancel();
    if (one->writes != nullptr) one->writes->cancel();
  }
}

Server::Server(Handler handler, ServerOptions options, Sorter sorter)
    : impl_(std::make_unique<Impl>(std::move(handler), std::move(options), std::move(sorter))) {}

Server::~Server() { Stop(Clock::Real().Mono()); }

Status Server::Start() {
  GALE_RETURN_IF_ERROR(impl_->PrepareTls());
  GALE_RETURN_IF_ERROR(impl_->Listen());
  impl_->pool = std::make_unique<ThreadPool>("rest verb", impl_->options.handler_threads,
                                             impl_->options.waiting_requests_max);
  impl_->login_pool = std::make_unique<ThreadPool>("login", impl_->options.login_threads,
                                                   impl_->options.waiting_logins_max);
  impl_->stays.emplace(impl_->io.get_executor());
  if (!impl_->options.open_later) Open();
  impl_->thread = NamedThread("rest", [this] { impl_->io.run(); });
  return OkStatus();
}

void Server::Open() { asio::co_spawn(impl_->io, impl_->Accept(), asio::detached); }

void Server::Stop(MonoTime deadline) {
  if (!impl_->thread.joinable()) return;
  impl_->stays.reset();
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
  impl_->login_pool->Stop();
}

uint16_t Server::port() const { return impl_->port; }

void Server::Report(MetricSink& sink) const {
  const auto level = [&](std::string_view name, std::string_view help, size_t value) {
    sink.Level(name, help, static_cast<double>(value));
  };
  level("gale_http_connections", "Open connections.",
        static_cast<size_t>(impl_->open_connections.value()));
  level("gale_http_connections_max", "Beyond it connections are refused (503).",
        impl_->options.connections_max);
  sink.Count("gale_http_connections_refused_total", "Connections beyond the limit.",
             impl_->connections_refused.value());
  level("gale_http_streams", "Answers that go on: pages that watch.",
        static_cast<size_t>(impl_->open_streams.value()));
  level("gale_http_streams_max", "Beyond it streams are refused (503).",
        impl_->options.streams_max);
  sink.Count("gale_http_streams_refused_total", "Streams beyond the limit (503).",
             impl_->streams_refused.value());
  sink.Count("gale_http_stream_bytes_total", "What was written of streams.",
             impl_->stream_bytes.value());
  if (impl_->pool) {
    level("gale_http_requests_waiting", "Requests that wait for a handler thread.",
          impl_->pool->waiting());
    level("gale_http_logins_waiting", "Logins that wait for their threads.",
          impl_->login_pool->waiting());
  }
  level("gale_http_requests_waiting_max", "Beyond it requests are refused (503).",
        impl_->options.waiting_requests_max);
  level("gale_http_logins_waiting_max", "Beyond it logins are refused (429).",
        impl_->options.waiting_logins_max);
  sink.Count("gale_http_requests_refused_total", "Requests that found the threads busy (503).",
             impl_->requests_refused.value());
  sink.Count("gale_http_logins_refused_total", "Logins that found their threads busy (429).",
             impl_->logins_refused.value());
  sink.Count("gale_http_requests_too_large_total", "Bodies beyond the limit (413).",
             impl_->requests_too_large.value());
}

}  // namespace gale::http
